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

/** `affine` gives factor and shift for a value of the constant, which is the first input or the second. */
export function withConstant(
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
  node.finish(writeAffine(node, input, column('factor'), column('shift')), node.isChannelsLast());
}
