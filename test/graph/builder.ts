/** Builds small valid graphs with random weights, one operator at a time; randomGraph strings them together. */
import { outputShape } from '../../src/analysis/shapes.js';
import {
  type Activation,
  elements,
  type Graph,
  type Operator,
  type OperatorKind,
  type OperatorName,
  type Padding,
  type Quantization,
  type Tensor,
} from '../../src/graph/graph.js';

/** Uniform in [0, 1), repeatable. */
export type Random = () => number;

/** xorshift32. */
export function seededRandom(seed: number): Random {
  let x = seed | 0 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}

interface WindowChoice {
  kernel?: [number, number];
  stride?: [number, number];
  padding?: Padding;
  activation?: Activation;
}

interface WeightChoice {
  bias?: boolean | 'absent';
  perChannel?: boolean;
  activation?: Activation;
}

export class GraphBuilder {
  readonly tensors: Tensor[] = [];
  readonly operators: Operator[] = [];
  readonly inputs: number[] = [];

  constructor(
    readonly random: Random,
    readonly dtype: 'int8' | 'uint8' = 'int8',
  ) {}

  integer(low: number, high: number): number {
    return low + Math.floor(this.random() * (high - low + 1));
  }

  pick<T>(...choices: readonly T[]): T {
    return choices[this.integer(0, choices.length - 1)];
  }

  /** A random scale around 2^-6, exact in float32. */
  scale(): number {
    return Math.fround(2 ** (-8 + 4 * this.random()));
  }

  quantization(dtype: 'int8' | 'uint8' = this.dtype): Quantization {
    const low = dtype === 'int8' ? -128 : 0;
    return { scale: [this.scale()], zeroPoint: [low + this.integer(0, 255)], axis: 0 };
  }

  tensor(fields: Omit<Tensor, 'index' | 'name'> & { name?: string }): number {
    const index = this.tensors.length;
    this.tensors.push({ index, name: `t${index}`, ...fields });
    return index;
  }

  activation(shape: readonly number[], quantization: Quantization = this.quantization()): number {
    return this.tensor({ shape, dtype: this.dtype, quantization });
  }

  input(shape: readonly number[]): number {
    const index = this.activation(shape);
    this.inputs.push(index);
    return index;
  }

  int32(shape: readonly number[], values: readonly number[], quantization?: Quantization): number {
    const tensor = { shape, dtype: 'int32' as const, data: Int32Array.from(values) };
    return this.tensor(quantization ? { ...tensor, quantization } : tensor);
  }

  /** Adds an operator whose output shape follows from its inputs, unless it is given. */
  add(kind: OperatorKind, inputs: number[], quantization?: Quantization, shape?: readonly number[]): number {
    const operator = { ...kind, index: this.operators.length, inputs, outputs: [] } as Operator;
    const output = this.activation(shape ?? outputShape(operator, this.tensors)!, quantization);
    this.operators.push({ ...operator, outputs: [output] });
    return output;
  }

  private filter(shape: readonly number[], axis: number, perChannel: boolean): number {
    const count = elements(shape);
    if (this.dtype === 'uint8') {
      const data = Uint8Array.from({ length: count }, () => this.integer(0, 255));
      return this.tensor({ shape, dtype: 'uint8', quantization: this.quantization(), data });
    }
    const data = Int8Array.from({ length: count }, () => this.integer(-127, 127));
    const scale = Array.from({ length: perChannel ? shape[axis] : 1 }, () => this.scale());
    return this.tensor({ shape, dtype: 'int8', quantization: { scale, zeroPoint: scale.map(() => 0), axis }, data });
  }

  private biases(input: number, filter: number, channels: number, choice: WeightChoice['bias']): number[] {
    if (choice === false) return [];
    if (choice === 'absent') return [-1];
    const { scale } = this.tensors[filter].quantization!;
    const inputScale = this.tensors[input].quantization!.scale[0];
    const scales = scale.map((value) => Math.fround(inputScale * value));
    const values = Array.from({ length: channels }, () => this.integer(-4000, 4000));
    return [this.int32([channels], values, { scale: scales, zeroPoint: scales.map(() => 0), axis: 0 })];
  }

  private window(choice: WindowChoice) {
    const [strideH, strideW] = choice.stride ?? [1, 1];
    return { padding: choice.padding ?? 'same', strideH, strideW, activation: choice.activation ?? 'none' } as const;
  }

  conv(x: number, channels: number, choice: WindowChoice & WeightChoice = {}): number {
    const [height, width] = choice.kernel ?? [3, 3];
    const filter = this.filter([channels, height, width, this.tensors[x].shape[3]], 0, choice.perChannel ?? true);
    return this.add({ op: 'CONV_2D', ...this.window(choice) }, [
      x,
      filter,
      ...this.biases(x, filter, channels, choice.bias),
    ]);
  }

  depthwise(x: number, depthMultiplier: number, choice: WindowChoice & WeightChoice = {}): number {
    const [height, width] = choice.kernel ?? [3, 3];
    const channels = this.tensors[x].shape[3] * depthMultiplier;
    const filter = this.filter([1, height, width, channels], 3, choice.perChannel ?? true);
    return this.add({ op: 'DEPTHWISE_CONV_2D', depthMultiplier, ...this.window(choice) }, [
      x,
      filter,
      ...this.biases(x, filter, channels, choice.bias),
    ]);
  }

  /** Over the whole input, or over rows of `inputs` values. */
  fullyConnected(
    x: number,
    outputs: number,
    choice: WeightChoice = {},
    shape?: readonly number[],
    rowLength = elements(this.tensors[x].shape),
  ): number {
    const filter = this.filter([outputs, rowLength], 0, choice.perChannel ?? false);
    const inputs = [x, filter, ...this.biases(x, filter, outputs, choice.bias)];
    return this.add({ op: 'FULLY_CONNECTED', activation: choice.activation ?? 'none' }, inputs, undefined, shape);
  }

  pool(op: 'AVERAGE_POOL_2D' | 'MAX_POOL_2D', x: number, choice: WindowChoice = {}): number {
    const [filterH, filterW] = choice.kernel ?? [2, 2];
    const kind = { op, filterH, filterW, ...this.window(choice) };
    return this.add(kind, [x], this.tensors[x].quantization);
  }

  mean(x: number, keepDims: boolean, axes: readonly number[] = [1, 2]): number {
    return this.add({ op: 'MEAN', keepDims }, [x, this.int32([2], axes)]);
  }

  pad(x: number, [top, bottom, left, right]: readonly number[]): number {
    const paddings = this.int32([4, 2], [0, 0, top, bottom, left, right, 0, 0]);
    return this.add({ op: 'PAD' }, [x, paddings], this.tensors[x].quantization);
  }

  reshape(x: number, shape: readonly number[], stored = true): number {
    const inputs = stored ? [x, this.int32([shape.length], shape)] : [x];
    return this.add({ op: 'RESHAPE' }, inputs, this.tensors[x].quantization, shape);
  }

  squeeze(x: number): number {
    const shape = this.tensors[x].shape.filter((dim, axis) => axis === 0 || dim !== 1);
    return this.add({ op: 'SQUEEZE' }, [x], this.tensors[x].quantization, shape);
  }

  /** Softmax and logistic have a fixed output scale. */
  probabilities(kind: OperatorKind & { op: 'SOFTMAX' | 'LOGISTIC' }, x: number): number {
    const zeroPoint = this.dtype === 'int8' ? -128 : 0;
    return this.add(kind, [x], { scale: [1 / 256], zeroPoint: [zeroPoint], axis: 0 });
  }

  /** A model input in float32 and the QUANTIZE behind it. */
  floatInput(shape: readonly number[]): number {
    const index = this.tensor({ shape, dtype: 'float32' });
    this.inputs.push(index);
    return this.add({ op: 'QUANTIZE' }, [index], undefined, shape);
  }

  dequantize(x: number): number {
    const { shape } = this.tensors[x];
    const output = this.tensor({ shape, dtype: 'float32' });
    this.operators.push({ op: 'DEQUANTIZE', index: this.operators.length, inputs: [x], outputs: [output] });
    return output;
  }

  graph(outputs: number[], more: Partial<Graph> = {}): Graph {
    const { tensors, operators, inputs } = this;
    return { name: 'built', tensors, operators, inputs, outputs, ...more };
  }
}

/** Operators that randomGraph puts between its input and its head. */
const BODY: readonly OperatorName[] = [
  'CONV_2D',
  'DEPTHWISE_CONV_2D',
  'AVERAGE_POOL_2D',
  'MAX_POOL_2D',
  'ADD',
  'PAD',
  'CONCATENATION',
  'LOGISTIC',
  'RELU',
  'RELU6',
  'QUANTIZE',
];

/** A network of up to `length` random operators and a classifier, of at most a few thousand values a tensor. */
export function randomGraph(random: Random, length = 8): Graph {
  const b = new GraphBuilder(random, random() < 0.75 ? 'int8' : 'uint8');
  const shape = [1, b.integer(3, 12), b.integer(3, 12), b.integer(1, 6)];
  let x = random() < 0.2 ? b.floatInput(shape) : b.input(shape);
  const steps = b.integer(1, length);
  for (let i = 0; i < steps; i++) x = randomStep(b, x);
  const outputs = [head(b, x)];
  if (random() < 0.2) outputs.push(b.pool('MAX_POOL_2D', x, { kernel: [1, 1] }));
  const labels = random() < 0.3 ? ['background', 'Katze', 'ねこ, 猫', ''] : undefined;
  return b.graph(outputs, { ...(labels && { labels }), ...(random() < 0.1 && { randomWeights: true }) });
}

function randomStep(b: GraphBuilder, x: number): number {
  const [, height, width, channels] = b.tensors[x].shape;
  const choice = {
    kernel: [b.integer(1, Math.min(4, height)), b.integer(1, Math.min(4, width))] as [number, number],
    stride: [b.integer(1, 2), b.integer(1, 3)] as [number, number],
    padding: b.pick<Padding>('same', 'valid'),
    activation: b.pick<Activation>('none', 'relu', 'relu6', 'relu_n1_to_1'),
    bias: b.pick<boolean | 'absent'>(true, true, false, 'absent'),
    perChannel: b.pick(true, false),
  };
  const op = b.pick(...BODY);
  switch (op) {
    case 'CONV_2D':
      return b.conv(x, b.integer(1, 12), choice);
    case 'DEPTHWISE_CONV_2D':
      return b.depthwise(x, channels > 16 ? 1 : b.integer(1, 4), choice);
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D':
      return b.pool(op, x, choice);
    case 'ADD':
      return b.add({ op, activation: choice.activation }, [x, b.conv(x, channels, { kernel: [1, 1] })]);
    case 'PAD':
      return b.pad(
        x,
        Array.from({ length: 4 }, () => b.integer(0, 2)),
      );
    case 'CONCATENATION': {
      if (channels > 32) return x;
      const { quantization } = b.tensors[x];
      const other = b.add({ op: 'RELU' }, [x], quantization);
      return b.add({ op, axis: b.pick(3, -1, 2, 1), activation: 'none' }, [x, other], quantization);
    }
    case 'LOGISTIC':
      return b.probabilities({ op }, x);
    default:
      return b.add({ op } as OperatorKind, [x]);
  }
}

function head(b: GraphBuilder, x: number): number {
  const [, height, width, channels] = b.tensors[x].shape;
  const kernel: [number, number] = [height, width];
  const pooled = b.pick(
    () => b.squeeze(b.pool('AVERAGE_POOL_2D', x, { kernel, padding: 'valid' })),
    () => b.reshape(b.mean(x, true), [1, channels], b.pick(true, false)),
    () => b.mean(x, false, b.pick([1, 2], [2, 1], [-3, -2])),
    () => b.reshape(x, [1, height * width * channels]),
    () => x,
  )();
  const choice = { perChannel: b.pick(true, false), bias: b.pick<boolean | 'absent'>(true, false, 'absent') };
  const keep = b.tensors[pooled].shape.length === 4 && elements(b.tensors[pooled].shape) === channels;
  const logits = b.fullyConnected(pooled, 4, choice, keep && b.random() < 0.5 ? [1, 1, 1, 4] : undefined);
  const softmax = b.random() < 0.7 ? b.probabilities({ op: 'SOFTMAX', beta: 1 }, logits) : logits;
  return b.random() < 0.2 ? b.dequantize(softmax) : softmax;
}
