/** Dilated, grouped and transposed convolutions, resizing, reductions, normalisation: our float graph against ONNX Runtime. */
import test from 'ava';
import type { OperatorName } from '../../../src/graph/graph.js';
import { agree } from './agree.js';
import { randomValues } from './blocks.js';
import type { Constant, NodeSpec } from './build.js';

const values = (shape: number[], seed: number): Constant => ({
  shape,
  data: randomValues(
    shape.reduce((a, b) => a * b, 1),
    seed,
  ),
});
const ints = (...data: number[]): Constant => ({ shape: [data.length], data });

interface Case {
  title: string;
  x?: number[];
  nodes: NodeSpec[];
  constants?: Record<string, Constant>;
  opset?: number;
  kinds?: OperatorName[];
}

const one = (op: string, attributes: NodeSpec['attributes'] = {}, ...inputs: string[]): NodeSpec[] => [
  { op, inputs: ['x', ...inputs], outputs: ['y'], attributes },
];

const NEAREST = (
  [
    ['asymmetric', 'floor'],
    ['half_pixel', 'round_prefer_ceil'],
    ['align_corners', 'round_prefer_ceil'],
  ] as const
).flatMap((mode) => [[13, 20] as const, [4, 7] as const].map((to) => [to, ...mode] as const));

/** Of 9 x 10 pixels. */
const POOLS: [title: string, kernel: number, attributes: Record<string, number | number[]>, kinds: OperatorName[]][] = [
  ['padding that counts', 3, { pads: [1, 1, 1, 1], strides: [2, 2], count_include_pad: 1 }, ['AVERAGE_POOL_2D']],
  ['padding that does not count, as SAME', 3, { pads: [1, 1, 1, 1] }, ['AVERAGE_POOL_2D']],
  ['padding that does not count, another one', 3, { pads: [1, 1, 1, 1], strides: [2, 2] }, ['AVERAGE_POOL_2D', 'MUL']],
  ['ceil_mode', 2, { strides: [2, 2], ceil_mode: 1 }, ['AVERAGE_POOL_2D']],
  ['ceil_mode and padding', 3, { pads: [0, 0, 1, 1], strides: [2, 2], ceil_mode: 1 }, ['AVERAGE_POOL_2D', 'MUL']],
];

const CASES: Case[] = [
  {
    title: 'dilated Conv',
    nodes: one('Conv', { dilations: [2, 3], pads: [2, 3, 2, 3] }, 'w', 'b'),
    constants: { w: values([4, 3, 3, 3], 2), b: values([4], 3) },
    kinds: ['CONV_2D'],
  },
  {
    title: 'Conv of three groups, with stride',
    x: [1, 6, 9, 8],
    nodes: one('Conv', { group: 3, strides: [2, 1] }, 'w', 'b'),
    constants: { w: values([9, 2, 3, 2], 2), b: values([9], 3) },
    kinds: ['CONV_2D'],
  },
  {
    title: 'dilated depthwise Conv',
    nodes: one('Conv', { group: 3, dilations: [2, 2], pads: [2, 2, 2, 2] }, 'w'),
    constants: { w: values([3, 1, 3, 3], 2) },
    kinds: ['DEPTHWISE_CONV_2D'],
  },
  ...[
    { title: 'kernel 4, stride 2, padding 1', kernel: 4, attributes: { strides: [2, 2], pads: [1, 1, 1, 1] } },
    { title: 'kernel 2, stride 2', kernel: 2, attributes: { strides: [2, 2] } },
    {
      title: 'kernel 3, stride 2, padding 1, a row behind',
      kernel: 3,
      attributes: { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] },
    },
    { title: 'kernel 3, stride 3, uneven padding', kernel: 3, attributes: { strides: [3, 3], pads: [2, 1, 0, 1] } },
    { title: 'kernel 5, stride 1', kernel: 5, attributes: { pads: [0, 2, 0, 2] } },
  ].map(
    ({ title, kernel, attributes }: { title: string; kernel: number; attributes: object }): Case => ({
      title: `ConvTranspose, ${title}`,
      nodes: one('ConvTranspose', attributes as NodeSpec['attributes'], 'w', 'b'),
      constants: { w: values([3, 4, kernel, kernel], 2), b: values([4], 3) },
      kinds: ['TRANSPOSE_CONV'],
    }),
  ),
  ...(['asymmetric', 'align_corners', 'half_pixel'] as const).map(
    (mode): Case => ({
      title: `Resize, linear, ${mode}, by sizes`,
      nodes: one('Resize', { mode: 'linear', coordinate_transformation_mode: mode }, '', '', 'sizes'),
      constants: { sizes: ints(1, 3, 13, 20) },
      kinds: ['RESIZE_BILINEAR'],
    }),
  ),
  {
    title: 'Resize, linear, half_pixel, by scales',
    nodes: one('Resize', { mode: 'linear' }, '', 'scales'),
    constants: { scales: { shape: [4], data: Float32Array.of(1, 1, 2, 0.5) } },
    kinds: ['RESIZE_BILINEAR'],
  },
  ...(['ReduceMean', 'ReduceSum', 'ReduceMax', 'ReduceMin'] as const).flatMap((op) =>
    [[1], [2], [3], [2, 3], [-1, 1], [1, 2, 3]].map(
      (axes): Case => ({
        title: `${op} over ${axes}`,
        nodes: op === 'ReduceSum' ? one(op, {}, 'axes') : one(op, { axes }),
        constants: op === 'ReduceSum' ? { axes: ints(...axes) } : undefined,
        opset: 13,
      }),
    ),
  ),
  {
    title: 'LpNormalization over the channels',
    nodes: one('LpNormalization', { axis: 1, p: 2 }),
    kinds: ['L2_NORMALIZATION'],
  },
  ...NEAREST.map(
    ([to, coordinates, rounding]): Case => ({
      title: `Resize to ${to}, nearest, ${coordinates}, ${rounding}`,
      nodes: one(
        'Resize',
        { coordinate_transformation_mode: coordinates, nearest_mode: rounding },
        ...['', '', 'sizes'],
      ),
      constants: { sizes: ints(1, 3, ...to) },
      kinds: ['RESIZE_NEAREST_NEIGHBOR'],
    }),
  ),
  {
    title: 'Resize, nearest, as torch writes Upsample',
    nodes: one('Resize', { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }, '', 'scales'),
    constants: { scales: { shape: [4], data: Float32Array.of(1, 1, 2, 2) } },
    kinds: ['RESIZE_NEAREST_NEIGHBOR'],
  },
  {
    title: 'Upsample, nearest',
    nodes: one('Upsample', { mode: 'nearest' }, 'scales'),
    constants: { scales: { shape: [4], data: Float32Array.of(1, 1, 3, 2) } },
    opset: 9,
    kinds: ['RESIZE_NEAREST_NEIGHBOR'],
  },
  {
    title: 'DepthToSpace',
    x: [1, 12, 3, 5],
    nodes: one('DepthToSpace', { blocksize: 2 }),
    kinds: ['DEPTH_TO_SPACE'],
  },
  {
    title: 'SpaceToDepth',
    x: [1, 3, 6, 9],
    nodes: one('SpaceToDepth', { blocksize: 3 }),
    kinds: ['SPACE_TO_DEPTH'],
  },
  ...POOLS.map(
    ([title, kernel, attributes, kinds]): Case => ({
      title: `AveragePool ${kernel}x${kernel}, ${title}`,
      nodes: one('AveragePool', { kernel_shape: [kernel, kernel], ...attributes }),
      kinds,
    }),
  ),
  ...[2, 3].map(
    (kernel): Case => ({
      title: `MaxPool ${kernel}x${kernel}, ceil_mode`,
      x: [1, 3, 10, 8],
      nodes: one('MaxPool', { kernel_shape: [kernel, kernel], strides: [2, 2], ceil_mode: 1 }),
      kinds: ['MAX_POOL_2D'],
    }),
  ),
  { title: 'GlobalMaxPool', nodes: one('GlobalMaxPool'), kinds: ['REDUCE_MAX'] },
  { title: 'Softmax of a map over its channels', nodes: one('Softmax', { axis: 1 }), opset: 13, kinds: ['SOFTMAX'] },
];

for (const { title, x = [1, 3, 9, 10], nodes, constants = {}, opset = 13, kinds } of CASES) {
  test(title, async (t) => {
    const graph = await agree(t, { nodes, inputs: { x }, outputs: ['y'], constants, opset });
    const found = graph.operators.map(({ op }) => op).filter((op) => op !== 'PAD');
    if (kinds) t.deepEqual(found, kinds);
    else t.is(found.length, 1);
  });
}
