/** ONNX arithmetic of an activation and constants. */
import type { Tensor } from '../graph/graph.js';
import type { NodeTranslation } from './translate.js';

/**
 * out = in * factor + shift, a value of each for every channel, as a depthwise 1x1 convolution: exact, and ready to be folded
 * into the layer in front of it or behind it. `input` is [1,H,W,C] or [1,C].
 */
export function writeAffine(
  node: NodeTranslation,
  input: Tensor,
  factors: Float32Array,
  shifts: Float32Array,
  name?: string,
): Tensor {
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
  return node.write({ op: 'DEPTHWISE_CONV_2D', ...window }, inputs, input.shape, name);
}

/** Whether one input is an activation and the other a constant of one value, or one for each channel. */
export function isPerChannel(node: NodeTranslation): boolean {
  const [at, constantAt] = node.isActivation(0) ? [0, 1] : [1, 0];
  if (node.isActivation(constantAt)) return false;
  const { shape } = node.anyActivation(at);
  const { shape: own = [], values = [] } = node.constant(constantAt) ?? {};
  const channels = shape[shape.length - 1];
  const fromEnd = shape.length === 4 && !node.isChannelsLast(at) ? 3 : 1;
  const isEach = own[own.length - fromEnd] === channels && values.length === channels;
  return own.length <= shape.length && (values.length === 1 || isEach);
}

/** `affine` gives factor and shift for a value of the constant, which is the first input or the second. */
export function withConstant(
  node: NodeTranslation,
  affine: (constant: number, isFirst: boolean) => { factor: number; shift: number },
): void {
  const [at, constantAt] = node.isActivation(0) ? [0, 1] : [1, 0];
  if (node.isActivation(constantAt)) throw node.unsupported('two activations', 'an activation and a constant');
  const input = node.anyActivation(at);
  const values = node.floats(constantAt);
  if (!isPerChannel(node)) {
    const found = `a constant of shape [${node.constant(constantAt)?.shape}]`;
    throw node.unsupported(found, 'one value, or one for each channel');
  }
  const affines = Array.from({ length: input.shape[input.shape.length - 1] }, (_, c) =>
    affine(values[values.length === 1 ? 0 : c], constantAt === 0),
  );
  const column = (part: 'factor' | 'shift') => Float32Array.from(affines, (each) => each[part]);
  node.finish(writeAffine(node, input, column('factor'), column('shift')), node.isChannelsLast(at));
}
