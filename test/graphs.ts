/**
 * Random valid graphs of every operator, for tests that hold of any model: what one engine computes, all must compute,
 * to the byte. Quantisation is chosen so that outputs spread over their range; now and then it is extreme on purpose.
 */
import fc from 'fast-check';
import { outputShape } from '../src/analysis/shapes.js';
import { validateGraph } from '../src/analysis/validate.js';
import {
  type Activation,
  type DType,
  elements,
  type Graph,
  type Operator,
  type OperatorKind,
  type Padding,
  type Quantization,
  type Tensor,
} from '../src/graph/graph.js';

import { type Random, seededRandom } from './graph/builder.js';
import { fullSteps } from './graphs-full.js';

export type Byte = 'int8' | 'uint8';

/** What the random choices of a graph come from. */
export interface Choices {
  /** Uniform, both bounds included. */
  integer(low: number, high: number): number;
}

/** Values per tensor and multiply-accumulates per layer that keep a run of the reference kernels in milliseconds. */
const MOST_ELEMENTS = 4000;
const MOST_MACS = 250_000;

/** Around the sizes that kernels work in: lanes of 3, K blocks of 8, groups of 12, chunks of 32 and 64. */
const CHANNELS = [1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 16, 17, 24, 31, 32, 33, 40, 63, 64, 65, 72, 100, 128, 130];

const FLOOR = { int8: -128, uint8: 0 } as const;

/** Scale 1/256 and the lowest zero point: what SOFTMAX and LOGISTIC write. */
const probability = (dtype: Byte): Quantization => ({ scale: [1 / 256], zeroPoint: [FLOOR[dtype]], axis: 0 });

export class GraphMaker {
  readonly tensors: Tensor[] = [];
  readonly operators: Operator[] = [];
  readonly inputs: number[] = [];
  readonly random: Random;

  /** @param overflow lets left shifts leave 32 bits, which TFLite does not define and C compilers wrap. */
  constructor(
    private readonly choices: Choices,
    seed: number,
    private readonly overflow = false,
  ) {
    this.random = seededRandom(seed);
  }

  integer = (low: number, high: number): number => this.choices.integer(low, high);

  pick<T>(...from: readonly T[]): T {
    return from[this.integer(0, from.length - 1)];
  }

  /** True once in `n`. */
  oneIn = (n: number): boolean => this.integer(1, n) === n;

  shape = (tensor: number): readonly number[] => this.tensors[tensor].shape;
  dtype = (tensor: number): Byte => this.tensors[tensor].dtype as Byte;
  quantization = (tensor: number): Quantization => this.tensors[tensor].quantization!;

  tensor(shape: readonly number[], dtype: DType, quantization?: Quantization, data?: Tensor['data']): number {
    const index = this.tensors.length;
    this.tensors.push({ index, name: `t${index}`, shape, dtype, ...(quantization && { quantization }), data });
    return index;
  }

  anyQuantization(dtype: Byte): Quantization {
    const zeroPoint = FLOOR[dtype] + this.pick(0, 255, 128, ...Array.from({ length: 4 }, () => this.integer(0, 255)));
    return { scale: [Math.fround(2 ** (this.integer(-32, -8) / 4))], zeroPoint: [zeroPoint], axis: 0 };
  }

  /** A model input, float32 with QUANTIZE behind it one time in eight. */
  input(shape: readonly number[], dtype: Byte): number {
    if (!this.oneIn(8)) {
      const index = this.tensor(shape, dtype, this.anyQuantization(dtype));
      this.inputs.push(index);
      return index;
    }
    const index = this.tensor(shape, 'float32');
    this.inputs.push(index);
    return this.append({ op: 'QUANTIZE' }, [index], this.anyQuantization(dtype), dtype, shape);
  }

  append(
    kind: OperatorKind,
    inputs: number[],
    quantization = this.quantization(inputs[0]),
    dtype: DType = this.dtype(inputs[0]),
    shape?: readonly number[],
  ): number {
    const operator = { ...kind, index: this.operators.length, inputs, outputs: [] as number[] } as Operator;
    const output = this.tensor(shape ?? outputShape(operator, this.tensors)!, dtype, quantization);
    this.operators.push({ ...operator, outputs: [output] });
    return output;
  }

  int32(shape: readonly number[], values: readonly number[]): number {
    return this.tensor(shape, 'int32', undefined, Int32Array.from(values));
  }

  /** Weight bytes in one of the patterns that find the ends of lanes and sums. */
  private weights(count: number, dtype: Byte): Int8Array | Uint8Array {
    const { random } = this;
    const any = () => Math.floor(random() * 255) - 127;
    const value = this.pick<() => number>(
      any,
      any,
      any,
      () => (random() < 0.8 ? 0 : any()),
      () => 127,
      () => -127,
      () => -128,
      () => (random() < 0.5 ? 127 : -128),
      () => Math.floor(random() * 9) - 4,
    );
    if (dtype === 'uint8') return Uint8Array.from({ length: count }, () => value() + 128);
    return Int8Array.from({ length: count }, value);
  }

  /** Power of two of the factor from accumulator to output; `k` is the number of products in a sum. */
  private factor(k: number): number {
    const usual = this.integer(-2, 2) - Math.round(Math.log2(100 * Math.sqrt(k)));
    const left = this.integer(0, this.overflow ? 27 : Math.max(0, Math.floor(28 - Math.log2(k * 255 * 255))));
    return this.pick(usual, usual, usual, usual, usual, usual, left, this.integer(-38, -18));
  }

  /** Filter, bias and the output's quantisation for a layer of `channels` outputs over `k` products each. */
  parameters(x: number, shape: readonly number[], axis: number, k: number) {
    const dtype = this.dtype(x);
    const channels = shape[axis];
    const inputScale = this.quantization(x).scale[0];
    const output = this.anyQuantization(dtype);
    const exponent = this.factor(k);
    const perChannel = dtype === 'int8' && this.oneIn(2);
    const scale = Array.from({ length: perChannel ? channels : 1 }, () => {
      const wide = exponent > -6 || this.random() < 0.9 ? 2 : 12;
      return Math.fround((2 ** (exponent + wide * (this.random() - 0.5)) * output.scale[0]) / inputScale);
    });
    const zeroPoint = dtype === 'uint8' ? this.pick(0, 255, 128, 130, this.integer(0, 255)) : 0;
    const quantization = { scale, zeroPoint: scale.map(() => zeroPoint), axis };
    const filter = this.tensor(shape, dtype, quantization, this.weights(elements(shape), dtype));
    const inputs = [x, filter];
    if (this.oneIn(5)) return { inputs: this.oneIn(2) ? inputs : [...inputs, -1], output };
    // Biases of the size of the output's range, of the sums, or anything an int32 holds.
    const most = exponent > -2 && !this.overflow ? 2 ** (28 - exponent) : 2 ** 31 - 1;
    const range = Math.min(most, this.pick(2 ** Math.max(0, 7 - exponent), 100 * k, this.oneIn(6) ? most : 1000));
    const bias = Int32Array.from({ length: channels }, () => Math.round((2 * this.random() - 1) * range));
    const biasScale = scale.map((value) => Math.fround(value * inputScale));
    const biases = { scale: biasScale, zeroPoint: scale.map(() => 0), axis: 0 };
    return { inputs: [...inputs, this.tensor([channels], 'int32', biases, bias)], output };
  }

  activation = (): Activation => this.pick<Activation>('none', 'relu', 'relu6', 'relu', 'relu6', 'relu_n1_to_1');

  /** A window that fits: any size up to 5, rows and columns on their own; strides up to 3. */
  private window(x: number, most = 5) {
    const [, height, width] = this.shape(x);
    const padding = this.pick<Padding>('same', 'valid');
    const size = (extent: number) => this.pick(1, 2, 3, 3, this.integer(1, most), Math.min(extent, 8));
    const fits = (kernel: number, extent: number) => (padding === 'same' ? kernel : Math.min(kernel, extent));
    const [kernelH, kernelW] = this.pick([3, 3], [3, 3], [1, 1], [1, 1], [size(height), size(width)]);
    const [strideH, strideW] = this.pick([1, 1], [1, 1], [2, 2], [2, 2], [this.integer(1, 3), this.integer(1, 3)]);
    return { padding, strideH, strideW, kernelH: fits(kernelH, height), kernelW: fits(kernelW, width) };
  }

  conv(x: number, outputs = this.pick(...CHANNELS), window = this.window(x)): number {
    const { kernelH, kernelW, ...rest } = window;
    const k = kernelH * kernelW * this.shape(x)[3];
    const p = this.parameters(x, [outputs, kernelH, kernelW, this.shape(x)[3]], 0, k);
    return this.append({ op: 'CONV_2D', activation: this.activation(), ...rest }, p.inputs, p.output);
  }

  depthwise(x: number, depthMultiplier = this.pick(1, 1, 1, 2, 3, 8), window = this.window(x)): number {
    const { kernelH, kernelW, ...rest } = window;
    const p = this.parameters(x, [1, kernelH, kernelW, this.shape(x)[3] * depthMultiplier], 3, kernelH * kernelW);
    const kind: OperatorKind = { op: 'DEPTHWISE_CONV_2D', activation: this.activation(), depthMultiplier, ...rest };
    return this.append(kind, p.inputs, p.output);
  }

  fullyConnected(x: number): number {
    const k = elements(this.shape(x));
    const p = this.parameters(x, [this.pick(1, 2, 10, 13, 33, 64, 65, 100), k], 0, k);
    return this.append({ op: 'FULLY_CONNECTED', activation: this.activation() }, p.inputs, p.output);
  }

  pool(x: number, op: 'AVERAGE_POOL_2D' | 'MAX_POOL_2D'): number {
    const { kernelH, kernelW, ...rest } = this.window(x);
    return this.append({ op, activation: this.activation(), filterH: kernelH, filterW: kernelW, ...rest }, [x]);
  }

  pad(x: number): number {
    const sides = Array.from({ length: 4 }, () => this.integer(0, 3));
    return this.append({ op: 'PAD' }, [x, this.int32([4, 2], [0, 0, ...sides, 0, 0])]);
  }

  /** A convolution whose padding stands before it, as exporters write strided layers of PyTorch. */
  padded(x: number): number {
    const y = this.pad(x);
    const valid = { ...this.window(y), padding: 'valid' as const };
    const [, height, width] = this.shape(y);
    const window = { ...valid, kernelH: Math.min(valid.kernelH, height), kernelW: Math.min(valid.kernelW, width) };
    return this.oneIn(2) ? this.conv(y, this.pick(...CHANNELS), window) : this.depthwise(y, this.pick(1, 1, 2), window);
  }

  add(x: number, y: number): number {
    const [a, b] = [x, y].map((tensor) => this.quantization(tensor).scale[0]);
    const output = this.anyQuantization(this.dtype(x));
    const factor = this.pick(0.5, 1, 2, 2 ** this.integer(-15, 8));
    const scale = [Math.fround(Math.min(8, factor * Math.max(a, b)))];
    return this.append({ op: 'ADD', activation: this.activation() }, [x, y], { ...output, scale });
  }

  /** Two or three tensors on one axis; of uint8 ones each may be quantised in its own way. */
  concatenate(x: number): number {
    const axis = this.shape(x).length === 4 ? this.integer(1, 3) : this.shape(x).length - 1;
    const others = Array.from({ length: this.integer(1, 2) }, () => {
      if (this.dtype(x) === 'int8') return this.pick(x, this.append({ op: 'RELU' }, [x]));
      return this.pick(x, this.append({ op: 'RELU' }, [x], this.anyQuantization('uint8')));
    });
    const output = this.dtype(x) === 'int8' ? this.quantization(x) : this.anyQuantization('uint8');
    const kind: OperatorKind = {
      op: 'CONCATENATION',
      axis: this.pick(axis, axis - this.shape(x).length),
      activation: 'none',
    };
    return this.append(kind, [x, ...others], output);
  }

  mean(x: number): number {
    const axes = this.pick([1, 2], [2, 1], [-3, -2]);
    return this.append(
      { op: 'MEAN', keepDims: this.oneIn(2) },
      [x, this.int32([2], axes)],
      this.near(x, this.dtype(x)),
    );
  }

  /** Quantised in another way, within a factor of 8: what MEAN, RELU and QUANTIZE rescale to. */
  near(x: number, dtype: Byte): Quantization {
    const scale = Math.fround(this.quantization(x).scale[0] * this.pick(1, 1.5, 0.3, 2 ** (this.integer(-12, 12) / 4)));
    return { ...this.anyQuantization(dtype), scale: [scale] };
  }

  /** One of the operators that are tables, but for those above. */
  table(x: number): number {
    const dtype = this.dtype(x);
    const tanh = { scale: [1 / 128], zeroPoint: [FLOOR[dtype] + 128], axis: 0 };
    return this.pick(
      () => this.append({ op: this.pick('ABS', 'ELU', 'NEG', 'HARD_SWISH') }, [x], this.near(x, dtype)),
      () => this.append({ op: this.pick('RELU_0_TO_1', 'RELU_N1_TO_1') }, [x]),
      () => this.append({ op: this.pick('EXP', 'LOG', 'SQRT', 'RSQRT') }, [x], this.anyQuantization(dtype)),
      () => this.append({ op: 'LEAKY_RELU', alpha: this.pick(0.25, -0.5, 0, 3) }, [x], this.near(x, dtype)),
      () => this.append({ op: 'TANH' }, [x], tanh),
    )();
  }

  reshape(x: number): number {
    const [, height, width, channels] = this.shape(x);
    const shape = this.pick(
      [1, elements(this.shape(x))],
      [1, width, height, channels],
      [1, 1, height * width, channels],
    );
    return this.append({ op: 'RESHAPE' }, [x, this.int32([shape.length], shape)], undefined, undefined, shape);
  }

  squeeze(from: number): number {
    const x = this.shape(from).includes(1, 1) ? from : this.mean(from);
    const shape = this.shape(x).filter((dim, axis) => axis === 0 || dim !== 1);
    // Three dimensions left would be read as height, width, channels of another order.
    const same = shape.length === this.shape(x).length && this.shape(x).includes(1);
    return shape.length % 2 || same ? x : this.append({ op: 'SQUEEZE' }, [x], undefined, undefined, shape);
  }

  dequantize(x: number): number {
    const output = this.tensor(this.shape(x), 'float32');
    this.operators.push({ op: 'DEQUANTIZE', index: this.operators.length, inputs: [x], outputs: [output] });
    return output;
  }

  /** Takes back the newest operators and tensors, where a layer came out too large. */
  rollBack(tensors: number, operators: number): void {
    this.tensors.length = tensors;
    this.operators.length = operators;
  }

  /** One more operator, or a few that belong together, behind x. */
  step(x: number): number {
    const before = [this.tensors.length, this.operators.length] as const;
    const y = this.anyStep(x);
    const small = this.operators.slice(before[1]).every((operator) => this.cost(operator) <= MOST_MACS);
    if (small && this.tensors.slice(before[0]).every(({ shape }) => elements(shape) <= 8 * MOST_ELEMENTS)) {
      if (elements(this.shape(y)) <= MOST_ELEMENTS) return y;
    }
    this.rollBack(...before);
    return x;
  }

  private cost(operator: Operator): number {
    const outputs = elements(this.shape(operator.outputs[0]));
    const filter = operator.inputs.length > 1 ? this.shape(operator.inputs[1]) : [];
    if (operator.op === 'CONV_2D') return outputs * elements(filter.slice(1));
    if (operator.op === 'FULLY_CONNECTED') return outputs * filter[1];
    if (operator.op === 'TRANSPOSE_CONV')
      return (elements(this.shape(operator.inputs[0])) / filter[3]) * elements(filter);
    if (!('strideH' in operator)) return outputs;
    if ('filterH' in operator) return outputs * operator.filterH * operator.filterW;
    const [, kernelH, kernelW] = filter;
    return outputs * kernelH * kernelW;
  }

  private anyStep(x: number): number {
    const dtype = this.dtype(x);
    const elementwise = [
      () => this.append({ op: this.pick('RELU', 'RELU6') }, [x]),
      () => this.append({ op: this.pick('RELU', 'RELU6') }, [x], this.near(x, dtype)),
      () => this.append({ op: 'LOGISTIC' }, [x], probability(dtype)),
      () => this.table(x),
      () => this.requantize(x),
      () => this.concatenate(x),
      () => this.fullyConnected(x),
      () => this.append({ op: 'SOFTMAX', beta: this.pick(1, 0.5) }, [x], probability(dtype)),
    ];
    if (this.shape(x).length !== 4) return this.pick(...elementwise)();
    const conv = () => this.conv(x);
    const depthwise = () => this.depthwise(x);
    return this.pick(
      conv,
      conv,
      conv,
      depthwise,
      depthwise,
      depthwise,
      () => this.padded(x),
      () => this.padded(x),
      () => this.pool(x, 'AVERAGE_POOL_2D'),
      () => this.pool(x, 'MAX_POOL_2D'),
      () => this.add(x, this.pick(x, this.sameShape(x))),
      () => this.add(this.sameShape(x), x),
      () => this.pad(x),
      () => this.mean(x),
      () => this.reshape(x),
      () => this.squeeze(x),
      () => this.append({ op: this.pick('RELU', 'RELU6') }, [this.conv(x)]),
      ...elementwise,
      ...fullSteps(this, x),
    )();
  }

  private sameShape(x: number): number {
    const point = { padding: 'same' as const, strideH: 1, strideW: 1, kernelH: 1, kernelW: 1 };
    return this.conv(x, this.shape(x)[3], point);
  }

  private requantize(x: number): number {
    const dtype = this.pick<Byte>('int8', 'uint8');
    return this.append({ op: 'QUANTIZE' }, [x], this.near(x, dtype), dtype);
  }

  graph(outputs: readonly number[]): Graph {
    const { tensors, operators, inputs } = this;
    return validateGraph({ name: 'random', tensors, operators, inputs, outputs });
  }
}

/** A graph of up to `length` steps, one to three inputs and one to three outputs. */
export function makeGraph(choices: Choices, seed: number, length = 4, overflow = false): Graph {
  const maker = new GraphMaker(choices, seed, overflow);
  const dtype = maker.pick<Byte>('int8', 'int8', 'uint8');
  const channels = maker.pick(...CHANNELS);
  const width = maker.integer(1, Math.min(40, Math.floor(MOST_ELEMENTS / channels)));
  const height = maker.integer(1, Math.min(14, Math.floor(MOST_ELEMENTS / channels / width)));
  let x = maker.input([1, height, width, channels], dtype);
  const outputs = new Set<number>();
  const steps = maker.integer(1, length);
  for (let i = 0; i < steps; i++) {
    x = maker.step(x);
    // A model's input has no rows but one.
    if (maker.oneIn(12) && maker.shape(x)[0] === 1) x = maker.add(x, maker.input(maker.shape(x), maker.dtype(x)));
    if (maker.oneIn(8)) outputs.add(x);
  }
  if (maker.operators.length === 0 || maker.inputs.includes(x)) x = maker.append({ op: 'RELU' }, [x]);
  outputs.add(maker.oneIn(6) ? maker.dequantize(x) : x);
  return maker.graph([...outputs].filter((index) => !maker.inputs.includes(index)));
}

/** Graphs as a fast-check arbitrary: structure shrinks, weights come from a seed. */
export const graphs = (length = 4, overflow = false): fc.Arbitrary<Graph> =>
  fc.gen().map((g) => {
    const seed = g(fc.integer, { min: 1, max: 2 ** 31 - 1 });
    return makeGraph({ integer: (min, max) => g(fc.integer, { min, max }) }, seed, length, overflow);
  });

/** Raw bytes for the inputs of a graph; patterns 0 to 3 are random, lowest, highest and alternating values. */
export function inputBytes(graph: Graph, seed: number, pattern = 0): Uint8Array[] {
  const random = seededRandom(seed);
  return graph.inputs.map((index) => {
    const { shape, dtype } = graph.tensors[index];
    const count = elements(shape);
    if (dtype === 'float32') return new Uint8Array(Float32Array.from({ length: count }, () => 8 * random() - 4).buffer);
    const [low, high] = dtype === 'int8' ? [-128, 127] : [0, 255];
    const patterns: ((i: number) => number)[] = [
      () => low + Math.floor(random() * 256),
      () => low,
      () => high,
      (i) => (i % 2 ? low : high),
    ];
    return Uint8Array.from({ length: count }, (_, i) => patterns[pattern % patterns.length](i));
  });
}
