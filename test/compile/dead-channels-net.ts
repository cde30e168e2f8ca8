/** Small networks with dead channels, and what must hold of every graph without them. */
import type { ExecutionContext } from 'ava';
import { validateGraph } from '../../src/analysis/validate.js';
import { type DeadChannels, eliminateDeadChannels } from '../../src/compile/dead-channels.js';
import { runReference } from '../../src/engines/reference.js';
import type { Graph, Quantization } from '../../src/graph/graph.js';
import type { Rounding } from '../../src/kernels/reference/fixedpoint.js';
import { difference } from '../difference.js';
import { GraphBuilder, seededRandom } from '../graph/builder.js';
import { inputBytes } from '../graphs.js';
import { zeroWeights } from './thinned.js';

export const ZERO_POINT = 3;
const SCALE: Quantization = { scale: [1], zeroPoint: [ZERO_POINT], axis: 0 };
/** A bias that saturates: the output is 127 whatever the scales. */
export const SATURATED = 2 ** 24;

/** A network whose activations are all quantised alike; a bias of 0 makes the zero point of a row of zeros. */
export class Net extends GraphBuilder {
  readonly x: number;

  constructor(channels = 3, side = 4, dtype: 'int8' | 'uint8' = 'int8') {
    super(seededRandom(7), dtype);
    this.x = this.input([1, side, side, channels]);
  }

  override quantization = (): Quantization => SCALE;

  writer = (tensor: number) => this.operators.find(({ outputs }) => outputs[0] === tensor)!;

  /** Makes channels of the layer that writes `tensor` constant. */
  constant(tensor: number, channels: number[], bias = 0): this {
    const operator = this.writer(tensor);
    zeroWeights(this, operator, channels);
    for (const channel of channels) this.tensors[operator.inputs[2]].data![channel] = bias;
    return this;
  }

  /** Makes the layer that writes `tensor` have no weights for channels of its input. */
  unread(tensor: number, channels: number[]): this {
    zeroWeights(this, this.writer(tensor), [], channels);
    return this;
  }

  point = (x: number, channels: number) => this.conv(x, channels, { kernel: [1, 1] });
}

/** Removes dead channels and checks all that must hold of any result. */
export function smaller(t: ExecutionContext, graph: Graph, rounding: Rounding = 'double') {
  const result = eliminateDeadChannels(validateGraph(graph), rounding);
  validateGraph(result.graph);
  for (const pattern of [0, 0, 1, 2, 3]) {
    const inputs = inputBytes(graph, pattern + 1, pattern);
    const expected = runReference(graph, inputs, { rounding });
    const found = runReference(result.graph, inputs, { rounding });
    for (const [i, output] of found.entries()) t.is(difference(output, expected[i]), 'equal');
  }
  t.is(eliminateDeadChannels(result.graph, rounding).graph, result.graph, 'a second time removes nothing more');
  const { tensors } = result.graph;
  for (const { index, name } of graph.tensors) t.is(tensors[index].name, name);
  for (const index of [...graph.inputs, ...graph.outputs])
    t.deepEqual(tensors[index].shape, graph.tensors[index].shape);
  return result;
}

export const after = (report: DeadChannels): number[] => report.layers.map((layer) => layer.after);
