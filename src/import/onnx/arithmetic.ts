/** ONNX arithmetic with constants, and bounds: what exporters write in place of layers. */
import type { OperatorKind, Tensor } from '../../graph/graph.js';
import { DOUBLE, FLOAT } from '../../onnx/model.js';
import type { NodeTranslation } from '../../onnx/translate.js';
import { isNonNegative } from './convolution.js';

/**
 * out = in * factor + shift, a value of each for every channel, as a depthwise 1x1 convolution: exact, and ready to be folded
 * into the layer in front of it or behind it. `input` is [1,H,W,C] or [1,C].
 */
function writeAffine(node: NodeTranslation, input: Tensor, factors: Float32Array, shifts: Float32Array): void {
  const channels = factors.length;
  if ([...factors, ...shifts].some((value) => !Number.isFinite(value))) {
    throw node.invalid('variance + epsilon is 0 or less, division by 0, or values are too large', 'finite factors');
  }
  const inputs = [
    input.index,
    node.weights('weights', [1, 1, 1, channels], factors),
    node.weights('bias', [channels], shifts),
  ];
  const window = { activation: 'none', padding: 'valid', strideH: 1, strideW: 1, depthMultiplier: 1 } as const;
  node.finish(node.write({ op: 'DEPTHWISE_CONV_2D', ...window }, inputs, input.shape), node.isChannelsLast());
}

/** (in - mean) / sqrt(variance + epsilon) * gamma + beta. */
export function translateBatchNormalization(node: NodeTranslation): void {
  const input = node.activation();
  if (node.int('training_mode', 0)) throw node.unsupported('training_mode 1', '0');
  const channels = input.shape[input.shape.length - 1];
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((position) => node.floats(position, channels));
  const epsilon = node.float('epsilon', 1e-5);
  const factors = gamma.map((value, c) => value / Math.sqrt(variance[c] + epsilon));
  const shifts = beta.map((value, c) => value - (mean[c] * gamma[c]) / Math.sqrt(variance[c] + epsilon));
  writeAffine(node, input, factors, shifts);
}

/** Of two activations of one shape, or of an activation and a constant. */
export function translateAdd(node: NodeTranslation): void {
  if (!node.isActivation(0) || !node.isActivation(1)) {
    withConstant(node, (constant) => ({ factor: 1, shift: constant }));
    return;
  }
  const [input, other] = [node.anyActivation(0), node.anyActivation(1)];
  const last = node.isChannelsLast(0);
  if (String(other.shape) !== String(input.shape) || node.isChannelsLast(1) !== last) {
    throw node.unsupported(`shapes [${input.shape}] and [${other.shape}]`, 'two of one shape and order');
  }
  node.finish(node.write({ op: 'ADD', activation: 'none' }, [input.index, other.index], input.shape), last);
}

export function translateSub(node: NodeTranslation): void {
  withConstant(node, (constant, isFirst) =>
    isFirst ? { factor: -1, shift: constant } : { factor: 1, shift: -constant },
  );
}

export function translateMul(node: NodeTranslation): void {
  withConstant(node, (constant) => ({ factor: constant, shift: 0 }));
}

export function translateDiv(node: NodeTranslation): void {
  if (!node.isActivation(0)) throw node.unsupported('a constant divided by an activation', 'division by a constant');
  withConstant(node, (constant) => ({ factor: 1 / constant, shift: 0 }));
}

/** `affine` gives factor and shift for a value of the constant, which is the first input or the second. */
function withConstant(
  node: NodeTranslation,
  affine: (constant: number, isFirst: boolean) => { factor: number; shift: number },
): void {
  const [at, constantAt] = node.isActivation(0) ? [0, 1] : [1, 0];
  if (node.isActivation(constantAt)) throw node.unsupported('two activations', 'an activation and a constant');
  const input = node.anyActivation(at);
  const shape = node.constant(constantAt)?.shape ?? [];
  const values = node.floats(constantAt);
  const channels = input.shape[input.shape.length - 1];
  const fromEnd = input.shape.length === 4 && !node.isChannelsLast(at) ? 3 : 1;
  const perChannel = shape[shape.length - fromEnd] === channels && values.length === channels;
  if (shape.length > input.shape.length || (values.length !== 1 && !perChannel)) {
    throw node.unsupported(`a constant of shape [${shape}]`, 'one value, or one for each channel');
  }
  const affines = Array.from({ length: channels }, (_, c) =>
    affine(values[values.length === 1 ? 0 : c], constantAt === 0),
  );
  const column = (part: 'factor' | 'shift') => Float32Array.from(affines, (each) => each[part]);
  writeAffine(node, input, column('factor'), column('shift'));
}

/** Bounds are attributes up to operator set 10, then inputs. */
export function translateClip(node: NodeTranslation): void {
  const bound = (position: number, name: string, otherwise: number) =>
    node.constant(position)?.values[0] ?? node.float(name, otherwise);
  writeBounds(node, bound(1, 'min', -Infinity), bound(2, 'max', Infinity));
}

/** Min and Max of an activation and one value are a Clip. */
export function translateMinMax(node: NodeTranslation): void {
  const [at, constantAt] = node.isActivation(0) ? [0, 1] : [1, 0];
  const values = node.node.inputs.length === 2 && !node.isActivation(constantAt) ? node.floats(constantAt) : [];
  if (values.length !== 1) throw node.unsupported('something else than one value', 'an activation and one value');
  const [value] = values;
  if (node.node.op === 'Min') writeBounds(node, -Infinity, value, at);
  else writeBounds(node, value, Infinity, at);
}

/** The float32 limits stand for no bound in older exporters. A lower bound is none where no value is below 0. */
function writeBounds(node: NodeTranslation, low: number, high: number, at = 0): void {
  const input = node.anyActivation(at);
  const from = low <= 0 && isNonNegative(node, input) ? 0 : low;
  if (low < -3e38 && high > 3e38) node.finish(input, node.isChannelsLast(at));
  else if (from === 0 && high === 6) elementwise(node, { op: 'RELU6' }, at);
  else if (from === 0 && high > 3e38) elementwise(node, { op: 'RELU' }, at);
  else throw node.unsupported(`bounds ${low} and ${high}`, '0 and 6, 0 and none, or 6 alone behind Relu');
}

/** One operator for all values. */
export function elementwise(node: NodeTranslation, kind: OperatorKind, at = 0): void {
  const input = node.anyActivation(at);
  node.finish(node.write(kind, [input.index], input.shape), node.isChannelsLast(at));
}

/** Pixels of type uint8 become real values of the same size. */
export function translateCast(node: NodeTranslation): void {
  const to = node.int('to', 0);
  if (to !== FLOAT && to !== DOUBLE) throw node.unsupported(`activations of type ${to}`, `float32 (${FLOAT})`);
  node.finish(node.anyActivation(), node.isChannelsLast());
}
