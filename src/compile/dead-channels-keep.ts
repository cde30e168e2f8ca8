/**
 * Which channels must stay: backwards from the outputs of the model, growing until nothing more is asked for. A channel
 * goes if no operator that reads its tensor asks for it.
 */
import type { DepthwiseOperator, Graph, Operator } from '../graph/graph.js';
import { channelsOf } from '../graph/graph.js';
import { groupsOf, isDepthwise } from '../graph/weighted.js';
import type { Link } from '../operators/definition.js';
import { definitionOf, isWeighted } from '../operators/index.js';
import { type Constants, folds } from './dead-channels-constants.js';
import { type Layer, linksOf } from './dead-channels-layers.js';

/** Kept channels by tensor and channel: 1 where one stays. Empty for constants. */
export type Kept = readonly Uint8Array[];

const INT32_MAX = 2 ** 31 - 1;

export function keptChannels(graph: Graph, layers: ReadonlyMap<Operator, Layer>, constants: Constants): Kept {
  return new Keeping(graph, layers, constants).kept();
}

class Keeping {
  private readonly keep: Uint8Array[];
  /** Outputs of each layer whose inputs have been asked for. */
  private readonly asked = new Map<Operator, Uint8Array>();
  private readonly links = new Map<Operator, Link[] | undefined>();
  private grew = false;

  constructor(
    private readonly graph: Graph,
    private readonly layers: ReadonlyMap<Operator, Layer>,
    private readonly constants: Constants,
  ) {
    this.keep = graph.tensors.map((tensor) => new Uint8Array(tensor.data ? 0 : channelsOf(tensor)));
    for (const index of [...graph.inputs, ...graph.outputs]) this.keep[index].fill(1);
    for (const operator of graph.operators) {
      if (isWeighted(operator)) this.asked.set(operator, new Uint8Array(layers.get(operator)!.outputs));
      else this.links.set(operator, linksOf(graph, operator));
    }
  }

  kept(): Kept {
    const backwards = [...this.graph.operators].reverse();
    do {
      this.grew = false;
      for (const operator of backwards) this.ask(operator);
      if (!this.grew) for (const operator of backwards) this.leaveSome(operator);
    } while (this.grew);
    return this.keep;
  }

  private add(tensor: number, channel: number): void {
    if (this.keep[tensor][channel]) return;
    this.keep[tensor][channel] = 1;
    this.grew = true;
  }

  private ask(operator: Operator): void {
    const { inputs, outputs } = operator;
    if (isWeighted(operator) && groupsOf(this.graph, operator) === 1) {
      if (isDepthwise(operator)) this.depthwise(operator);
      else this.weighted(operator, this.layers.get(operator)!);
      return;
    }
    // Groups are of equal size, so all of their channels stay.
    const links = this.links.get(operator);
    if (!links) {
      const activations = inputs.slice(0, definitionOf(operator).activations ?? 1);
      for (const tensor of [...activations, ...outputs]) {
        for (let channel = 0; channel < this.keep[tensor].length; channel++) this.add(tensor, channel);
      }
      return;
    }
    for (const { input, from, output = 0, to } of links) {
      if (this.keep[outputs[output]][to]) this.add(inputs[input], from);
      else if (this.keep[inputs[input]][from]) this.add(outputs[output], to);
    }
  }

  /** An output asks for every input that it has a weight for, but for constants, which its bias takes in. */
  private weighted(operator: Operator, layer: Layer): void {
    const input = operator.inputs[0];
    const constants = this.constants[input];
    const asked = this.asked.get(operator)!;
    for (let o = 0; o < layer.outputs; o++) {
      if (asked[o] || !this.keep[operator.outputs[0]][o]) continue;
      asked[o] = 1;
      const folded = new Set<number>();
      let most = Math.abs(layer.bias(o));
      const row = layer.row(o);
      for (let i = 0; i < row.length; i++) {
        if (row[i] === 0) continue;
        const channel = layer.channel(o, i);
        const value = constants[channel];
        if (value === undefined || !folds(layer, value)) this.add(input, channel);
        else if (value !== layer.inputZeroPoint) {
          most += Math.abs((value - layer.inputZeroPoint) * row[i]);
          folded.add(channel);
        }
      }
      // In this bound no part of the constants, whichever go in the end, makes the bias leave 32 bits.
      if (most > INT32_MAX) for (const channel of folded) this.add(input, channel);
    }
  }

  /** Outputs ask for their input; every input that stays keeps as many outputs as the one that keeps most. */
  private depthwise({ inputs, outputs, depthMultiplier }: DepthwiseOperator): void {
    const [input, output] = [inputs[0], outputs[0]];
    const keep = this.keep[output];
    keep.forEach((kept, o) => {
      if (kept) this.add(input, Math.floor(o / depthMultiplier));
    });
    const of = (channel: number) => keep.subarray(channel * depthMultiplier, (channel + 1) * depthMultiplier);
    const count = (channel: number) => of(channel).reduce((sum, kept) => sum + kept, 0);
    const staying = [...this.keep[input].keys()].filter((channel) => this.keep[input][channel]);
    const most = Math.max(1, ...staying.map(count));
    for (const channel of staying) {
      for (let missing = most - count(channel); missing > 0; missing--) {
        this.add(output, channel * depthMultiplier + of(channel).indexOf(0));
      }
    }
  }

  /** No tensor goes altogether. Of all channels a constant one asks least of the layers before. */
  private leaveSome(operator: Operator): void {
    if (this.grew) return;
    // One scale left of several would be read as one scale for all, which TFLite multiplies in float32 here.
    const scales = this.graph.tensors[operator.inputs[1]]?.quantization?.scale.length ?? 1;
    const least = definitionOf(operator).filter?.hasOneScale && scales > 1 ? 2 : 1;
    for (const output of operator.outputs) {
      const keep = this.keep[output];
      while (keep.reduce((sum, kept) => sum + kept, 0) < least) {
        const constant = this.constants[output].findIndex((value, c) => value !== undefined && !keep[c]);
        this.add(output, constant >= 0 ? constant : keep.indexOf(0));
      }
    }
  }
}
