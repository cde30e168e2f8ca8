/** Small networks with random weights, and samples for them. */
import type { Graph } from '../../src/graph/graph.js';
import { elements } from '../../src/graph/graph.js';
import { importOnnx } from '../../src/import/onnx/import.js';
import { randomValues } from '../import/onnx/blocks.js';
import { buildOnnx, type NodeSpec } from '../import/onnx/build.js';

export const INPUT = { scale: Math.fround(1 / 64), zeroPoint: -3 };

/** Convolution, depthwise, pointwise, mean, fully connected, with channels of very different size. */
export function network(activation: 'Relu' | 'Clip', seed: number): Graph {
  const bounds = activation === 'Clip' ? ['low', 'high'] : [];
  const conv = (n: number, from: string, attributes: NodeSpec['attributes']): NodeSpec[] => [
    { op: 'Conv', inputs: [from, `w${n}`, `b${n}`], outputs: [`c${n}`], attributes },
    { op: activation, inputs: [`c${n}`, ...bounds], outputs: [`a${n}`] },
  ];
  const nodes: NodeSpec[] = [
    ...conv(0, 'x', { pads: [1, 1, 1, 1] }),
    ...conv(1, 'a0', { pads: [0, 0, 1, 1], strides: [2, 2], group: 6 }),
    ...conv(2, 'a1', {}),
    { op: 'GlobalAveragePool', inputs: ['a2'], outputs: ['m'] },
    { op: 'Flatten', inputs: ['m'], outputs: ['f'] },
    { op: 'Gemm', inputs: ['f', 'w3', 'b3'], outputs: ['y'], attributes: { transB: 1 } },
  ];
  /** Output channel c is 2^-(c % 4) as large. */
  const uneven = (shape: number[], part: number) => {
    const perChannel = elements(shape) / shape[0];
    const data = randomValues(elements(shape), seed + part);
    return { shape, data: data.map((value, i) => value * 2 ** -(Math.floor(i / perChannel) % 4)) };
  };
  const constants = {
    w0: uneven([6, 2, 3, 3], 1),
    b0: uneven([6], 2),
    w1: uneven([6, 1, 3, 3], 3),
    b1: uneven([6], 4),
    w2: uneven([5, 6, 1, 1], 5),
    b2: uneven([5], 6),
    w3: uneven([4, 5], 7),
    b3: uneven([4], 8),
    low: { shape: [], data: Float32Array.of(0) },
    high: { shape: [], data: Float32Array.of(6) },
  };
  return importOnnx(buildOnnx({ nodes, constants, inputs: { x: [1, 2, 6, 6] }, outputs: ['y'] }), 'network');
}

/** int8 bytes of the first input. */
export function bytesFor(graph: Graph, count: number, seed: number): Uint8Array[][] {
  const size = elements(graph.tensors[graph.inputs[0]].shape);
  return Array.from({ length: count }, (_, i) => [
    Uint8Array.from(randomValues(size, seed + 977 * i), (value) => Math.floor(value * 128)),
  ]);
}
