/** The graph without the channels that go: activations, filters, biases and scales are cut, constants go into biases. */
import type { Graph, Operator, Quantization, Tensor, WeightedOperator } from '../graph/graph.js';
import { channelsOf, elements } from '../graph/graph.js';
import { filterAxis, isDepthwise } from '../graph/weighted.js';
import { definitionOf, isWeighted } from '../operators/index.js';
import type { Constants } from './dead-channels-constants.js';
import type { Kept } from './dead-channels-keep.js';
import type { Layer } from './dead-channels-layers.js';

/** `kept` and `constants` must be of this graph; what goes and has a weight somewhere that stays must be constant. */
export function withoutDeadChannels(
  graph: Graph,
  layers: ReadonlyMap<Operator, Layer>,
  constants: Constants,
  kept: Kept,
): Graph {
  const written = new Set(graph.operators.flatMap(({ outputs }) => outputs));
  const tensors = graph.tensors.map((tensor) =>
    written.has(tensor.index) ? narrowed(tensor, kept[tensor.index]) : tensor,
  );
  const changed = (index: number) => tensors[index] !== graph.tensors[index];
  const uses = new Map<number, number>();
  for (const index of graph.operators.flatMap(({ inputs }) => inputs)) uses.set(index, (uses.get(index) ?? 0) + 1);

  /** Puts a constant in the place of another, or behind all where others still read the old one. */
  const put = (tensor: Tensor, replaced = -1): number => {
    const index = uses.get(replaced) === 1 && replaced >= 0 ? replaced : tensors.length;
    tensors[index] = { ...tensor, index };
    return index;
  };
  const operators = graph.operators.map((operator): Operator => {
    if (![...operator.inputs, ...operator.outputs].some(changed)) return operator;
    if (!isWeighted(operator)) return definitionOf(operator).narrowed?.(operator) ?? operator;
    const [x, filterIndex, biasIndex = -1] = operator.inputs;
    const [ins, outs] = [kept[x], kept[operator.outputs[0]]];
    const filter = put(cutFilter(operator, graph.tensors[filterIndex], ins, outs), filterIndex);
    const values = biases(layers.get(operator)!, outs, ins, constants[x]);
    const old: Tensor | undefined = graph.tensors[biasIndex];
    const inputs = [x, filter];
    if (old || values.some((value) => value !== 0)) {
      inputs.push(put(cutBias(old ?? noBias(graph.tensors[filterIndex]), values, outs), biasIndex));
    }
    if (!isDepthwise(operator)) return { ...operator, inputs };
    return { ...operator, inputs, depthMultiplier: channelsOf(tensors[operator.outputs[0]]) / channelsOf(tensors[x]) };
  });
  return { ...graph, tensors, operators };
}

const noBias = (filter: Tensor): Tensor => ({ ...filter, name: `${filter.name}/bias`, quantization: undefined });

const count = (kept: Uint8Array): number => kept.reduce((sum, one) => sum + one, 0);

function narrowed(tensor: Tensor, kept: Uint8Array): Tensor {
  const channels = count(kept);
  return channels === kept.length ? tensor : { ...tensor, shape: [...tensor.shape.slice(0, -1), channels] };
}

/** Where there is one scale for each output channel, those of the outputs that stay. */
function cutScales(quantization: Quantization | undefined, outs: Uint8Array, axis: number): Quantization | undefined {
  if (!quantization || quantization.scale.length === 1) return quantization;
  const { scale, zeroPoint } = quantization;
  const stays = (_: number, o: number) => outs[o] === 1;
  return { scale: scale.filter(stays), zeroPoint: zeroPoint.filter(stays), axis };
}

function cutFilter(operator: WeightedOperator, filter: Tensor, ins: Uint8Array, outs: Uint8Array): Tensor {
  const row = elements(filter.shape) / outs.length;
  const stays = isDepthwise(operator)
    ? (i: number) => outs[i % outs.length] === 1
    : (i: number) => outs[Math.floor(i / row)] === 1 && ins[i % ins.length] === 1;
  const data = (filter.data as Int8Array).filter((_, i) => stays(i));
  const axis = filterAxis(operator);
  const shape = [...filter.shape];
  shape[axis] = count(outs);
  // Inputs that are left, all of them where a row of weights is one flattened map.
  shape[shape.length - 1] = data.length / elements(shape.slice(0, -1));
  const quantization = cutScales(filter.quantization, outs, axis);
  return { ...filter, shape, data, quantization };
}

/** Biases of the outputs that stay, with all that the inputs that go would have added to their sums. */
function biases(layer: Layer, outs: Uint8Array, ins: Uint8Array, constants: Constants[number]): number[] {
  return [...outs.keys()]
    .filter((o) => outs[o])
    .map((o) => {
      let bias = layer.bias(o);
      const row = layer.row(o);
      for (let i = 0; i < row.length; i++) {
        const channel = layer.channel(o, i);
        // Inputs that go and have a weight are constants.
        if (row[i] !== 0 && !ins[channel]) bias += (constants[channel]! - layer.inputZeroPoint) * row[i];
      }
      return bias;
    });
}

function cutBias(bias: Tensor, values: readonly number[], outs: Uint8Array): Tensor {
  const data = Int32Array.from(values);
  const quantization = cutScales(bias.quantization, outs, 0);
  return { ...bias, dtype: 'int32', shape: [data.length], data, quantization };
}
