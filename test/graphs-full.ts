/** Steps of random graphs for which only full builds have kernels, or which share those kernels. */
import { elements, type Quantization } from '../src/graph/graph.js';
import type { Byte, GraphMaker } from './graphs.js';

/** What may stand behind a map [1,H,W,C]; x itself where it does not fit. */
export const fullSteps = (maker: GraphMaker, x: number): (() => number)[] => [
  () => arithmetic(maker, x),
  () => arithmetic(maker, x),
  () => reduce(maker, x),
  () => resize(maker, x),
  () => transposeConv(maker, x),
  () => gappedConv(maker, x),
  () => dilatedDepthwise(maker, x),
  () => blocks(maker, x),
  () => padChannels(maker, x),
  () => rows(maker, x),
  () => normalize(maker, x),
];

/** Two operands, of which the second has any axes of one value and is computed or a constant. */
function arithmetic(maker: GraphMaker, x: number): number {
  const op = maker.pick('ADD', 'SUB', 'MUL', 'PRELU', 'MAXIMUM', 'MINIMUM');
  const alike = op === 'MAXIMUM' || op === 'MINIMUM';
  const y = maker.oneIn(2) ? operandFrom(maker, x, alike) : constant(maker, x, alike);
  const [a, b] = [x, y].map((tensor) => maker.quantization(tensor).scale[0]);
  const scale = op === 'MUL' ? a * b * 2 ** maker.integer(1, 8) : Math.max(a, b) * 2 ** maker.integer(-2, 2);
  const output: Quantization = alike
    ? maker.quantization(x)
    : { ...maker.anyQuantization(maker.dtype(x)), scale: [Math.fround(scale)] };
  const kind = op === 'PRELU' || alike ? { op } : { op, activation: maker.activation() };
  const operands = op !== 'PRELU' && maker.oneIn(3) ? [y, x] : [x, y];
  return maker.append(kind as Parameters<GraphMaker['append']>[0], operands, output);
}

/** The greatest values of x along some axes, with its quantisation or another. */
function operandFrom(maker: GraphMaker, x: number, alike: boolean): number {
  const axes = maker.pick([1], [2], [3], [1, 2], [1, 2, 3]);
  const most = maker.append({ op: 'REDUCE_MAX', keepDims: true }, [x, maker.int32([axes.length], axes)]);
  return alike ? most : maker.append({ op: 'RELU' }, [most], maker.near(x, maker.dtype(x)));
}

function constant(maker: GraphMaker, x: number, alike: boolean): number {
  const [, height, width, channels] = maker.shape(x);
  const spread = [1, maker.pick(height, 1), maker.pick(width, 1), maker.pick(channels, 1)];
  const shape = maker.pick(spread, [channels], [1]);
  const dtype = maker.dtype(x);
  const values = Array.from({ length: elements(shape) }, () => Math.floor(maker.random() * 256));
  const data = dtype === 'int8' ? Int8Array.from(values) : Uint8Array.from(values);
  return maker.tensor(shape, dtype, alike ? maker.quantization(x) : maker.near(x, dtype), data);
}

function reduce(maker: GraphMaker, x: number): number {
  const op = maker.pick('MEAN', 'SUM', 'REDUCE_MAX', 'REDUCE_MIN');
  const axes = maker.pick([1], [2], [3], [-1], [2, 3], [1, 3], [1, 2, 3]);
  const output = op.startsWith('REDUCE') ? maker.quantization(x) : maker.near(x, maker.dtype(x));
  return maker.append({ op, keepDims: true }, [x, maker.int32([axes.length], axes)], output);
}

function resize(maker: GraphMaker, x: number): number {
  const [, height, width] = maker.shape(x);
  const size = [height, width].map((axis) => maker.pick(axis, 2 * axis, maker.integer(1, 2 * axis)));
  const op = maker.pick('RESIZE_BILINEAR', 'RESIZE_NEAREST_NEIGHBOR');
  const [alignCorners, halfPixelCenters] = maker.pick([false, false], [true, false], [false, true]);
  return maker.append({ op, alignCorners, halfPixelCenters }, [x, maker.int32([2], size)]);
}

function transposeConv(maker: GraphMaker, x: number): number {
  const [, height, width, channels] = maker.shape(x);
  const outputs = maker.pick(1, 2, 5, 8, 16, 33);
  const [kernelH, kernelW, strideH, strideW] = [4, 4, 3, 3].map((most) => maker.integer(1, most));
  const padding = maker.pick('same' as const, 'valid' as const);
  const length = (input: number, kernel: number, stride: number) =>
    padding === 'same' ? input * stride : (input - 1) * stride + Math.max(kernel, stride);
  const shape = [1, length(height, kernelH, strideH), length(width, kernelW, strideW), outputs];
  const { inputs, output } = maker.parameters(
    x,
    [outputs, kernelH, kernelW, channels],
    0,
    Math.ceil(kernelH / strideH) * Math.ceil(kernelW / strideW) * channels,
  );
  const [input, filter, bias = -1] = inputs;
  const kind = { op: 'TRANSPOSE_CONV' as const, activation: maker.activation(), padding, strideH, strideW };
  return maker.append(kind, [input, filter, bias, maker.int32([4], shape)], output, undefined, shape);
}

/** A size that fits `extent` pixels with gaps between its own. */
function gapped(maker: GraphMaker, extent: number): [kernel: number, dilation: number] {
  const dilation = maker.integer(1, 3);
  return [maker.integer(1, Math.min(3, Math.floor((extent - 1) / dilation) + 1)), dilation];
}

/** Dilated, grouped or both. */
function gappedConv(maker: GraphMaker, x: number): number {
  const [, height, width, channels] = maker.shape(x);
  const groups = maker.pick(1, ...[2, 3, 4, channels].filter((each) => channels % each === 0));
  const [[kernelH, dilationH], [kernelW, dilationW]] = [gapped(maker, height), gapped(maker, width)];
  const [strideH, strideW] = dilationH * dilationW > 1 ? [1, 1] : [maker.integer(1, 2), maker.integer(1, 2)];
  const outputs = groups * maker.pick(1, 1, 2, 5);
  const shape = [outputs, kernelH, kernelW, channels / groups];
  const { inputs, output } = maker.parameters(x, shape, 0, elements(shape) / outputs);
  const window = { padding: maker.pick('same' as const, 'valid' as const), strideH, strideW, dilationH, dilationW };
  return maker.append({ op: 'CONV_2D', activation: maker.activation(), ...window }, inputs, output);
}

function dilatedDepthwise(maker: GraphMaker, x: number): number {
  const [, height, width, channels] = maker.shape(x);
  const depthMultiplier = maker.pick(1, 1, 2);
  const [[kernelH, dilationH], [kernelW, dilationW]] = [gapped(maker, height), gapped(maker, width)];
  const shape = [1, kernelH, kernelW, channels * depthMultiplier];
  const { inputs, output } = maker.parameters(x, shape, 3, kernelH * kernelW);
  const window = {
    padding: maker.pick('same' as const, 'valid' as const),
    strideH: 1,
    strideW: 1,
    dilationH,
    dilationW,
  };
  const kind = { op: 'DEPTHWISE_CONV_2D' as const, activation: maker.activation(), depthMultiplier, ...window };
  return maker.append(kind, inputs, output);
}

function blocks(maker: GraphMaker, x: number): number {
  const [, height, width, channels] = maker.shape(x);
  const blockSize = maker.pick(1, 2, 3);
  const toSpace = channels % blockSize ** 2 === 0;
  if (toSpace && maker.oneIn(2)) return maker.append({ op: 'DEPTH_TO_SPACE', blockSize }, [x]);
  const fits = height % blockSize === 0 && width % blockSize === 0;
  return fits ? maker.append({ op: 'SPACE_TO_DEPTH', blockSize }, [x]) : x;
}

function padChannels(maker: GraphMaker, x: number): number {
  const sides = Array.from({ length: 6 }, () => maker.pick(0, 0, 1, 3));
  return maker.append({ op: 'PAD' }, [x, maker.int32([4, 2], [0, 0, ...sides])]);
}

/** FULLY_CONNECTED over each pixel. */
function rows(maker: GraphMaker, x: number): number {
  const channels = maker.shape(x)[3];
  const outputs = maker.pick(1, 2, 10, 13, 33);
  const { inputs, output } = maker.parameters(x, [outputs, channels], 0, channels);
  const shape = [elements(maker.shape(x)) / channels, outputs];
  return maker.append({ op: 'FULLY_CONNECTED', activation: maker.activation() }, inputs, output, undefined, shape);
}

function normalize(maker: GraphMaker, x: number): number {
  const zeroPoint: Record<Byte, number> = { int8: 0, uint8: 128 };
  const output = { scale: [1 / 128], zeroPoint: [zeroPoint[maker.dtype(x)]], axis: 0 };
  return maker.append({ op: 'L2_NORMALIZATION' }, [x], output);
}
