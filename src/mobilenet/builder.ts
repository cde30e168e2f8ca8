/**
 * An int8 MobileNetV1 with seeded random weights, quantised as TFLite does it, so that a network can be priced,
 * compiled, bundled and timed before anyone has trained it.
 *
 * There is no batch normalisation to keep activations in range, so weights and biases take its place in advance. Let
 * every value before its RELU6 be normal with mean 0 and deviation S. After it, the mean is S / sqrt(2 pi) and the
 * variance S^2 (1/2 - 1/(2 pi)), about 0.34 S^2 (S is small enough for the cap at 6 not to matter). Weights of variance
 * 1 / (fanIn * 0.34) bring the next layer back to S, and biases of -mean * sum(weights) take the mean away again:
 * with it, all inputs would look alike after a few layers.
 */
import type { Graph, Operator, OperatorKind, Quantization, Tensor } from '../graph/graph.js';
import { elements } from '../graph/graph.js';
import { normal, random16 } from './random.js';
import { type Layer, layersOf, type MobileNetSpec, specName } from './topology.js';

/** S above, in units of RELU6's range 0 to 6. */
const DEVIATION = 1.8;

/** Moments that a layer expects of its input: real mean and variance. */
interface Moments {
  mean: number;
  variance: number;
}

/** Pixels as p / 255: those of photographs have about this mean and variance. */
const PIXELS: Moments = { mean: 0.5, variance: 0.06 };
const HIDDEN: Moments = {
  mean: DEVIATION / Math.sqrt(2 * Math.PI),
  variance: DEVIATION ** 2 * (0.5 - 0.5 / Math.PI),
};
/** Averages over a map keep a part of the variance (measured: about a third) between one channel and the next. */
const POOLED: Moments = { mean: HIDDEN.mean, variance: HIDDEN.variance / 3 };
/** Deviation of the logits, so that probabilities are neither all alike nor 0 and 1. */
const LOGIT_DEVIATION = 2;

const activation = (scale: number, zeroPoint: number): Quantization => ({
  scale: [Math.fround(scale)],
  zeroPoint: [zeroPoint],
  axis: 0,
});
/** int8 value = pixel byte - 128; the real value is pixel / 255. */
const INPUT = activation(1 / 255, -128);
const RELU6 = activation(6 / 255, -128);
const LOGITS = activation(16 / 256, 0);
const PROBABILITIES = activation(1 / 256, -128);

/** Filter and bias of a layer. */
interface Weights {
  filter: Pick<Tensor, 'data' | 'quantization'>;
  bias: Pick<Tensor, 'data' | 'quantization'>;
}

/** Weights by layer, for many networks of the same width. */
export type WeightCache = Map<string, Weights>;

/**
 * The graph of `spec`. Input `input` [1,H,W,C] int8, pixel byte - 128; output `softmax` [1,CLASSES] int8. The same spec
 * and seed give the same graph everywhere, and layers of the same shape the same weights: the second one of that shape in a
 * network those of the second one in another. Convolutions are quantised per channel, the classifier per tensor.
 */
export function buildMobileNet(spec: MobileNetSpec, seed = 0, cache: WeightCache = new Map()): Graph {
  const builder = new Builder(seed, cache);
  const input = builder.tensor('input', [1, spec.height, spec.width, spec.channels], 'int8', INPUT);
  const layers = layersOf(spec);
  const hidden = layers.slice(0, -1);
  let x = input;
  let moments = PIXELS;
  for (const layer of hidden) {
    x = builder.convolution(layer, x, moments);
    moments = HIDDEN;
  }
  const [height, width, channels] = hidden[hidden.length - 1].outputShape;
  const window = { filterH: height, filterW: width, strideH: height, strideW: width, padding: 'valid' } as const;
  x = builder.operator(
    { op: 'AVERAGE_POOL_2D', activation: 'none', ...window },
    [x],
    builder.tensor('pool', [1, 1, 1, channels], 'int8', RELU6),
  );
  x = builder.operator({ op: 'RESHAPE' }, [x], builder.tensor('flatten', [1, channels], 'int8', RELU6));
  x = builder.classifier(layers[layers.length - 1], x);
  const output = builder.tensor('softmax', [1, spec.classes], 'int8', PROBABILITIES);
  builder.operator({ op: 'SOFTMAX', beta: 1 }, [x], output);
  return {
    name: specName(spec),
    tensors: builder.tensors,
    operators: builder.operators,
    inputs: [input],
    outputs: [output],
    randomWeights: true,
  };
}

class Builder {
  readonly tensors: Tensor[] = [];
  readonly operators: Operator[] = [];
  /** Layers so far, by shape. */
  private readonly shapes = new Map<string, number>();

  constructor(
    private readonly seed: number,
    private readonly cache: WeightCache,
  ) {}

  tensor(
    name: string,
    shape: readonly number[],
    dtype: Tensor['dtype'],
    quantization: Quantization,
    data?: Tensor['data'],
  ): number {
    const index = this.tensors.length;
    this.tensors.push({ index, name, shape, dtype, quantization, data });
    return index;
  }

  /** Returns the output tensor's index. */
  operator(kind: OperatorKind, inputs: readonly number[], output: number): number {
    this.operators.push({ ...kind, index: this.operators.length, inputs, outputs: [output] });
    return output;
  }

  convolution(layer: Layer, input: number, moments: Moments): number {
    const { kernel, stride, inputShape, outputShape, name, kind } = layer;
    const [height, width, channels] = outputShape;
    const depthwise = kind === 'depthwise';
    const fanIn = kernel * kernel * (depthwise ? 1 : inputShape[2]);
    const shape = depthwise ? [1, kernel, kernel, channels] : [channels, kernel, kernel, inputShape[2]];
    const axis = depthwise ? 3 : 0;
    const weights = this.weights(name, input, shape, axis, fanIn, moments, DEVIATION);
    const output = this.tensor(name, [1, height, width, channels], 'int8', RELU6);
    const window = { padding: 'same', strideH: stride, strideW: stride, activation: 'relu6' } as const;
    const operator: OperatorKind = depthwise
      ? { op: 'DEPTHWISE_CONV_2D', depthMultiplier: 1, ...window }
      : { op: 'CONV_2D', ...window };
    return this.operator(operator, [input, ...weights], output);
  }

  classifier({ name, inputShape, outputShape }: Layer, input: number): number {
    const fanIn = inputShape[2];
    const classes = outputShape[2];
    const weights = this.weights(name, input, [classes, fanIn], undefined, fanIn, POOLED, LOGIT_DEVIATION);
    const output = this.tensor(name, [1, classes], 'int8', LOGITS);
    return this.operator({ op: 'FULLY_CONNECTED', activation: 'none' }, [input, ...weights], output);
  }

  /**
   * Filter and bias: outputs of deviation `deviation` and mean 0 from inputs of the given moments. `axis` is that of the
   * output channels, each with a scale of its own; without it there is one scale.
   */
  private weights(
    name: string,
    input: number,
    shape: readonly number[],
    axis: number | undefined,
    fanIn: number,
    moments: Moments,
    deviation: number,
  ): [filter: number, bias: number] {
    const which = `${shape}`;
    const nth = this.shapes.get(which) ?? 0;
    this.shapes.set(which, nth + 1);
    const key = `${this.seed} ${nth} ${which}`;
    let weights = this.cache.get(key);
    if (!weights) {
      const next = random16([nth, ...shape].reduce((hash, value) => Math.imul(hash, 31) + value, this.seed));
      const inputScale = this.tensors[input].quantization!.scale[0];
      weights = randomWeights(
        next,
        shape,
        axis,
        fanIn,
        moments,
        deviation / Math.sqrt(fanIn * moments.variance),
        inputScale,
      );
      this.cache.set(key, weights);
    }
    const { filter, bias } = weights;
    return [
      this.tensor(`${name}/weights`, shape, 'int8', filter.quantization!, filter.data),
      this.tensor(`${name}/bias`, [bias.data!.length], 'int32', bias.quantization!, bias.data),
    ];
  }
}

/** No weight is 0: a channel that by chance nobody reads would be left out, and the network cost less than a trained one. */
function randomWeights(
  next: () => number,
  shape: readonly number[],
  axis: number | undefined,
  fanIn: number,
  moments: Moments,
  gain: number,
  inputScale: number,
): Weights {
  const channels = elements(shape) / fanIn;
  // In depthwise filters the output channel is the last dimension, in all others the first.
  const at = (channel: number, i: number): number => (axis === 3 ? i * channels + channel : channel * fanIn + i);
  const real = new Float64Array(elements(shape));
  const largest = new Float64Array(channels);
  for (let channel = 0; channel < channels; channel++) {
    for (let i = 0; i < fanIn; i++) {
      const weight = gain * normal(next);
      real[at(channel, i)] = weight;
      largest[channel] = Math.max(largest[channel], Math.abs(weight));
    }
  }
  if (axis === undefined) largest.fill(largest.reduce((a, b) => Math.max(a, b)));
  const scales = Array.from(largest, (value) => Math.fround((value || gain) / 127));
  const filter = new Int8Array(real.length);
  const bias = new Int32Array(channels);
  for (let channel = 0; channel < channels; channel++) {
    let total = 0;
    for (let i = 0; i < fanIn; i++) {
      const weight = real[at(channel, i)];
      const rounded = Math.max(-127, Math.min(127, Math.round(weight / scales[channel])));
      const value = rounded || (weight < 0 ? -1 : 1);
      filter[at(channel, i)] = value;
      total += value;
    }
    bias[channel] = Math.round((-moments.mean * total) / inputScale);
  }
  const scale = axis === undefined ? [scales[0]] : scales;
  const zeroPoint = scale.map(() => 0);
  const biasScale = scale.map((value) => Math.fround(inputScale * value));
  return {
    filter: { data: filter, quantization: { scale, zeroPoint, axis: axis ?? 0 } },
    bias: { data: bias, quantization: { scale: biasScale, zeroPoint, axis: 0 } },
  };
}
