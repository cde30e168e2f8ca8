/**
 * Exact dead-channel elimination. Channels that hold a constant go into the biases of the layers that read them, channels
 * that nobody reads are not computed; every output byte stays what it was. In MLPerf Tiny's visual wake words model they
 * hold six sevenths of the weights (208,112 B, of which 29,286 B are live).
 *
 *   constants  forward: which channels are the same for every input   dead-channels-constants.ts
 *   keep       backward: which channels the outputs ask for           dead-channels-keep.ts
 *   rewrite    a smaller graph of the same operators                  dead-channels-rewrite.ts
 *
 * Before calibration, keep asks for more: dead-channels-uncalibrated.ts.
 */
import { graphCost } from '../analysis/cost.js';
import type { Graph, Operator } from '../graph/graph.js';
import { channelsOf } from '../graph/graph.js';
import type { Rounding } from '../kernels/reference/fixedpoint.js';
import { isWeighted } from '../operators/index.js';
import { type Constants, constantChannels } from './dead-channels-constants.js';
import { type Kept, keptChannels } from './dead-channels-keep.js';
import { layersOf } from './dead-channels-layers.js';
import { withoutDeadChannels } from './dead-channels-rewrite.js';
import { keptWhateverRanges } from './dead-channels-uncalibrated.js';

/** Output channels of a layer with weights, and why some go. */
export interface LayerChannels {
  /** Position of the operator in the file. */
  index: number;
  /** Name of the output tensor. */
  name: string;
  before: number;
  after: number;
  /** Constant for every input: part of the biases of the layers behind. */
  constant: number;
  /** No layer behind has a weight for them. */
  unread: number;
}

export interface DeadChannels {
  /** Output channels of all layers with weights. */
  channels: number;
  removed: number;
  constant: number;
  unread: number;
  macs: { before: number; after: number };
  /** Bytes of the filters. */
  weightBytes: { before: number; after: number };
  /** Every layer with weights, in the order in which they run. */
  layers: LayerChannels[];
}

/**
 * Removes dead channels. Inputs and outputs of the model, names and indices stay; a graph without dead channels is
 * returned as it is. `rounding` must be that of the kernels: constants depend on it.
 */
export function eliminateDeadChannels(
  graph: Graph,
  rounding: Rounding = 'double',
): { graph: Graph; report: DeadChannels } {
  const reasons = graph.operators.map(() => ({ constant: 0, unread: 0 }));
  let smaller = graph;
  do {
    const layers = layersOf(smaller);
    const constants = constantChannels(smaller, layers, rounding);
    const kept = graph.uncalibrated ? keptWhateverRanges(graph.uncalibrated) : keptChannels(smaller, layers, constants);
    if (!smaller.operators.some(({ outputs }) => outputs.some((output) => kept[output].includes(0)))) break;
    smaller.operators.forEach((operator, i) => {
      countReasons(operator, constants, kept, reasons[i]);
    });
    smaller = withoutDeadChannels(smaller, layers, constants, kept);
    // Once is all that a float graph can tell: it keeps the channels of before.
  } while (!graph.uncalibrated);
  return { graph: smaller, report: reportOf(graph, smaller, reasons) };
}

interface Reasons {
  constant: number;
  unread: number;
}

function countReasons(operator: Operator, constants: Constants, kept: Kept, reasons: Reasons): void {
  const [output] = operator.outputs;
  kept[output].forEach((stays, channel) => {
    if (!stays) reasons[constants[output][channel] === undefined ? 'unread' : 'constant']++;
  });
}

function reportOf(before: Graph, after: Graph, reasons: readonly Reasons[]): DeadChannels {
  const layers = before.operators.flatMap((operator, i) => {
    if (!isWeighted(operator)) return [];
    const [from, to] = [before, after].map(({ tensors }) => tensors[operator.outputs[0]]);
    return [{ index: operator.index, name: from.name, before: channelsOf(from), after: channelsOf(to), ...reasons[i] }];
  });
  const total = (of: (layer: LayerChannels) => number) => layers.reduce((sum, layer) => sum + of(layer), 0);
  const [was, is] = [before, after].map(graphCost);
  return {
    channels: total((layer) => layer.before),
    removed: total((layer) => layer.before - layer.after),
    constant: total((layer) => layer.constant),
    unread: total((layer) => layer.unread),
    macs: { before: was.macs, after: is.macs },
    weightBytes: { before: was.weightBytes, after: is.weightBytes },
    layers,
  };
}
