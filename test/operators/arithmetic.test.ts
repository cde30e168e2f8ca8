/** Reductions, resizing, normalisation, convolutions with gaps: one operator a model, over shapes, scales and options. */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import type { Graph } from '../../src/graph/graph.js';
import { elements } from '../../src/graph/graph.js';
import type { Rounding } from '../../src/kernels/reference/fixedpoint.js';
import type { Kernels } from '../export/tflite/litert.js';
import { type Random, seededRandom } from '../graph/builder.js';
import { type Byte, bytesOf, chance, everywhere, fromLiteRt, single } from './single.js';

/** A model, of which `numRuns` are made at random. */
type Make = (random: Random, dtype: Byte) => Graph;

const INT8_AND_UINT8 = ['int8', 'uint8'] as const;

function agrees(name: string, make: Make, numRuns = 30): void {
  for (const dtype of INT8_AND_UINT8) {
    test(`${name}, ${dtype}: every engine gives the bytes of the reference kernels`, (t) => {
      const property = fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (seed) => {
        const random = seededRandom(seed);
        const graph = make(random, dtype);
        const input = bytesOf(random, elements(graph.tensors[graph.inputs[0]].shape));
        everywhere(graph, input, random() < 0.3 ? 'single' : 'double');
      });
      t.notThrows(() => fc.assert(property, { numRuns, seed: 60, includeErrorInReport: true }));
    });
  }
}

interface Apart {
  dtypes?: readonly Byte[];
  /** Steps that a byte may be apart. */
  most?: number;
  /** Bytes that may be apart at all. */
  part?: number;
}

/** XNNPACK, which is what LiteRT runs. It rounds once, in float32. */
function agreesWithLiteRt(
  name: string,
  make: Make,
  { dtypes = INT8_AND_UINT8, most = 0, part = 0.05 }: Apart = {},
): void {
  for (const dtype of dtypes) {
    test(`${name}, ${dtype}: LiteRT gives ${most ? `bytes at most ${most} apart` : 'the same bytes'}`, async (t) => {
      await compare(t, make, dtype, { most, part });
    });
  }
}

/** LiteRT without XNNPACK: TFLite's own kernels, in integers, which round twice, but for some. */
function equalsTflite(
  name: string,
  make: Make,
  rounding: Rounding = 'double',
  { dtypes = INT8_AND_UINT8, most = 0, part = 1 }: Apart = {},
): void {
  for (const dtype of dtypes) {
    test(`${name}, ${dtype}: TFLite's own kernels give ${most ? `bytes at most ${most} apart` : 'the same bytes'}`, async (t) => {
      await compare(t, make, dtype, { most, part }, 'builtin', rounding);
    });
  }
}

async function compare(
  t: ExecutionContext,
  make: Make,
  dtype: Byte,
  { most, part }: Required<Omit<Apart, 'dtypes'>>,
  kernels?: Kernels,
  rounding?: Rounding,
): Promise<void> {
  for (let seed = 1; seed <= 24; seed++) {
    const random = seededRandom(seed);
    const graph = make(random, dtype);
    const off = await fromLiteRt(
      graph,
      [bytesOf(random, elements(graph.tensors[graph.inputs[0]].shape))],
      kernels,
      rounding,
    );
    t.true(off.most <= most && off.part <= part, `seed ${seed}: ${off.most} apart, ${100 * off.part} %`);
  }
}

const map = (random: Random): [number, number, number, number] => {
  const { integer, pick } = chance(random);
  return [1, integer(1, 9), integer(1, 9), pick(1, 2, 3, 4, 8, 13, 24)];
};

const AXES = [[1], [2], [3], [1, 2], [2, 3], [1, 3], [1, 2, 3], [-1], [2, -3]];
const reduction =
  (op: 'MEAN' | 'SUM' | 'REDUCE_MAX' | 'REDUCE_MIN', among: readonly number[][] = AXES): Make =>
  (random, dtype) => {
    const { pick, map: quantization } = chance(random);
    const shape = map(random);
    const axes = pick(...among);
    const keepDims = random() < 0.5;
    const reduced = axes.map((axis) => (axis + 4) % 4);
    const kept = shape.flatMap((dim, axis) => (!reduced.includes(axis) ? [dim] : keepDims ? [1] : []));
    const input = { shape, ...quantization(dtype) };
    const output = op.startsWith('REDUCE')
      ? input
      : { ...quantization(dtype), scale: input.scale * (0.5 + 8 * random()) };
    return single({ op, keepDims }, [input, { shape: [axes.length], dtype: 'int32', data: axes }], {
      ...output,
      shape: kept,
    });
  };
for (const op of ['MEAN', 'SUM', 'REDUCE_MAX', 'REDUCE_MIN'] as const) agrees(op, reduction(op));
agreesWithLiteRt('MEAN', reduction('MEAN'), { most: 1, part: 1 });
agreesWithLiteRt('SUM', reduction('SUM'));
agreesWithLiteRt('REDUCE_MAX', reduction('REDUCE_MAX'));
agreesWithLiteRt('REDUCE_MIN', reduction('REDUCE_MIN'));
// TFLite has another kernel for the axes 1 and 2 as such; TFLite Micro has none.
equalsTflite('MEAN', reduction('MEAN', [[1], [2], [3], [2, 3], [1, 3], [1, 2, 3], [-1], [2, -3]]));
equalsTflite('SUM', reduction('SUM'), 'single');

const resize: Make = (random, dtype) => {
  const { integer, pick, map: quantization } = chance(random);
  const input = { shape: map(random), ...quantization(dtype) };
  const size = [integer(1, 20), integer(1, 20)];
  const mode = pick(
    { alignCorners: false, halfPixelCenters: false },
    { alignCorners: true, halfPixelCenters: false },
    { alignCorners: false, halfPixelCenters: true },
  );
  return single({ op: 'RESIZE_BILINEAR', ...mode }, [input, { shape: [2], dtype: 'int32', data: size }], {
    ...input,
    shape: [1, ...size, input.shape[3]],
  });
};
agrees('RESIZE_BILINEAR', resize);
// XNNPACK does not round the distance of output pixels to 1/1024 as TFLite's own kernel for int8 does, nor does that for uint8.
agreesWithLiteRt('RESIZE_BILINEAR', resize, { most: 2, part: 0.3 });
equalsTflite('RESIZE_BILINEAR', resize, 'double', { dtypes: ['int8'] });

const normalize: Make = (random, dtype) => {
  const { pick, map: quantization } = chance(random);
  const input = { shape: pick(map(random), [1, 40], map(random)), ...quantization(dtype) };
  return single({ op: 'L2_NORMALIZATION' }, [input], {
    shape: input.shape,
    dtype,
    scale: 1 / 128,
    zeroPoint: dtype === 'int8' ? 0 : 128,
  });
};
agrees('L2_NORMALIZATION', normalize);
agreesWithLiteRt('L2_NORMALIZATION', normalize);
equalsTflite('L2_NORMALIZATION', normalize);

/** A filter of int8 has a scale per channel, or one; uint8 has one and a zero point. */
function filterOf(random: Random, dtype: Byte, shape: number[], channels: number, k: number) {
  const { integer } = chance(random);
  const scale = () => (2 ** -7 * (0.5 + random())) / Math.sqrt(k / 8);
  return {
    shape,
    dtype,
    scale: dtype === 'int8' ? Array.from({ length: channels }, scale) : scale(),
    zeroPoint: dtype === 'int8' ? 0 : integer(90, 160),
    data: Array.from({ length: elements(shape) }, () => (dtype === 'int8' ? integer(-127, 127) : integer(1, 255))),
  };
}

const convolution =
  (kind: 'dilated' | 'grouped'): Make =>
  (random, dtype) => {
    const { integer, pick, map: quantization } = chance(random);
    const groups = kind === 'grouped' ? pick(2, 3) : 1;
    const [inputs, outputs] = [pick(1, 3, 8, 9), pick(1, 2, 4, 11)];
    const [kernelH, kernelW] = [integer(1, 3), integer(1, 3)];
    const dilation = kind === 'dilated' ? { dilationH: integer(1, 3), dilationW: integer(2, 3) } : {};
    const { dilationH = 1, dilationW = 1 } = dilation;
    const padding = pick('same' as const, 'valid' as const);
    const [strideH, strideW] = kind === 'dilated' ? [1, 1] : [integer(1, 2), integer(1, 2)];
    const [height, width] = [integer(7, 12), integer(7, 12)];
    const size = (length: number, kernel: number, d: number, stride: number) =>
      padding === 'same' ? Math.ceil(length / stride) : Math.floor((length - (kernel - 1) * d - 1) / stride) + 1;
    const input = { shape: [1, height, width, inputs * groups], ...quantization(dtype), scale: 1 / 64 };
    const channels = outputs * groups;
    const filter = filterOf(random, dtype, [channels, kernelH, kernelW, inputs], channels, kernelH * kernelW * inputs);
    const scales = [filter.scale].flat().map((scale) => Math.fround(Math.fround(scale) * input.scale));
    const bias = {
      shape: [channels],
      dtype: 'int32' as const,
      scale: scales,
      data: Array.from({ length: channels }, () => integer(-2000, 2000)),
    };
    return single(
      { op: 'CONV_2D', activation: pick('none', 'relu', 'relu6'), padding, strideH, strideW, ...dilation },
      [input, filter, bias],
      {
        ...quantization(dtype),
        scale: 1 / 32,
        shape: [1, size(height, kernelH, dilationH, strideH), size(width, kernelW, dilationW, strideW), channels],
      },
    );
  };
agrees('dilated CONV_2D', convolution('dilated'));
agrees('grouped CONV_2D', convolution('grouped'));
agreesWithLiteRt('dilated CONV_2D', convolution('dilated'), { most: 1 });
agreesWithLiteRt('grouped CONV_2D', convolution('grouped'), { most: 1 });
// Products of matrices with a scale for each channel round once in TFLite too.
equalsTflite('dilated CONV_2D', convolution('dilated'), 'single', { dtypes: ['int8'] });
equalsTflite('dilated CONV_2D', convolution('dilated'), 'double', { dtypes: ['uint8'] });
equalsTflite('grouped CONV_2D', convolution('grouped'));

const depthwise: Make = (random, dtype) => {
  const { integer, pick, map: quantization } = chance(random);
  const [channels, depthMultiplier] = [pick(1, 3, 8, 20), pick(1, 1, 2)];
  const outputs = channels * depthMultiplier;
  const [kernelH, kernelW] = [integer(2, 3), integer(2, 3)];
  const [dilationH, dilationW] = [integer(2, 3), integer(1, 3)];
  const padding = pick('same' as const, 'valid' as const);
  const [height, width] = [integer(7, 12), integer(7, 12)];
  const size = (length: number, kernel: number, d: number) => (padding === 'same' ? length : length - (kernel - 1) * d);
  const input = { shape: [1, height, width, channels], ...quantization(dtype), scale: 1 / 64 };
  const filter = filterOf(random, dtype, [1, kernelH, kernelW, outputs], outputs, 9);
  const axis = { ...filter };
  const scales = [filter.scale].flat().map((scale) => Math.fround(Math.fround(scale) * input.scale));
  const bias = {
    shape: [outputs],
    dtype: 'int32' as const,
    scale: scales,
    data: Array.from({ length: outputs }, () => integer(-2000, 2000)),
  };
  return single(
    {
      op: 'DEPTHWISE_CONV_2D',
      activation: 'none',
      padding,
      strideH: 1,
      strideW: 1,
      depthMultiplier,
      dilationH,
      dilationW,
    },
    [input, { ...axis, axis: 3 }, bias],
    {
      ...quantization(dtype),
      scale: 1 / 32,
      shape: [1, size(height, kernelH, dilationH), size(width, kernelW, dilationW), outputs],
    },
  );
};
agrees('dilated DEPTHWISE_CONV_2D', depthwise);
agreesWithLiteRt('dilated DEPTHWISE_CONV_2D', depthwise, { most: 1 });
equalsTflite('dilated DEPTHWISE_CONV_2D', depthwise);

const transposed: Make = (random, dtype) => {
  const { integer, pick, map: quantization } = chance(random);
  const [channels, outputs] = [pick(1, 3, 8, 9), pick(1, 2, 5, 16)];
  const [kernelH, kernelW] = [integer(1, 4), integer(1, 4)];
  const [strideH, strideW] = [integer(1, 3), integer(1, 3)];
  const [height, width] = [integer(1, 6), integer(1, 6)];
  const padding = pick('same' as const, 'valid' as const);
  const size = (length: number, kernel: number, stride: number) =>
    padding === 'same' ? length * stride : (length - 1) * stride + Math.max(kernel, stride);
  const shape = [1, size(height, kernelH, strideH), size(width, kernelW, strideW), outputs];
  const input = { shape: [1, height, width, channels], ...quantization(dtype), scale: 1 / 64 };
  const filter = filterOf(random, dtype, [outputs, kernelH, kernelW, channels], outputs, kernelH * kernelW * channels);
  const scales = [filter.scale].flat().map((scale) => Math.fround(Math.fround(scale) * input.scale));
  const values = Array.from({ length: outputs }, () => integer(-2000, 2000));
  const bias = { shape: [outputs], dtype: 'int32' as const, scale: scales, data: values };
  return single(
    { op: 'TRANSPOSE_CONV', activation: 'none', padding, strideH, strideW },
    [input, filter, bias, { shape: [4], dtype: 'int32', data: shape }],
    { ...quantization(dtype), scale: 1 / 32, shape },
  );
};
agrees('TRANSPOSE_CONV', transposed);
agreesWithLiteRt('TRANSPOSE_CONV', transposed, { most: 1 });
equalsTflite('TRANSPOSE_CONV', transposed);
