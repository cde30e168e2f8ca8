/** Demands of several operators on their tensors. */
import type { Operator, Tensor } from '../graph/graph.js';
import { perTensor } from '../graph/graph.js';
import { checkMultiplier, invalid, MAX_DIMENSION, unsupported } from '../graph/refusal.js';
import type { WindowOperator } from '../graph/window.js';
import type { Placed } from './definition.js';

export function checkSameQuantization(operator: Operator, input: Tensor, output: Tensor, tolerance = 0): void {
  const from = perTensor(input);
  const to = perTensor(output);
  if (Math.abs(from.scale - to.scale) <= tolerance * from.scale && from.zeroPoint === to.zeroPoint) return;
  throw unsupported(operator)(
    `scale ${from.scale}, zero point ${from.zeroPoint} become ${to.scale}, ${to.zeroPoint}`,
    'one scale and zero point for input and output',
    'Put a QUANTIZE behind it',
    output,
  );
}

/** The ratio of the scales must be one that requantisation can hold. */
export function checkRescaling({ operator, input, output }: Placed): void {
  checkMultiplier(operator, perTensor(input).scale / perTensor(output).scale, output);
}

/** Values of a parameter that must be int32. */
export function int32Values(operator: Operator, tensor: Tensor): Int32Array {
  if (tensor.data instanceof Int32Array) return tensor.data;
  throw unsupported(operator)(`${tensor.dtype} parameters`, 'int32', undefined, tensor);
}

/** An input [1,H,W,C], and strides and other `sizes` that are numbers of pixels. */
export function checkWindow({ operator, input }: Placed<WindowOperator>, sizes: readonly number[] = []): void {
  if (input.shape.length !== 4) {
    throw unsupported(operator)(`shape [${input.shape}]`, 'batch, height, width, channels', undefined, input);
  }
  const all = [operator.strideH, operator.strideW, ...sizes];
  if (all.some((size) => !Number.isInteger(size) || size < 1 || size > MAX_DIMENSION)) {
    throw invalid(operator)(`strides and window ${all.join(', ')}`, `1 to ${MAX_DIMENSION} each`);
  }
}

/** The only scale and zero point that kernels have for probabilities: 0 to 255/256. */
export const PROBABILITY = { scale: 1 / 256, zeroPoint: -128 } as const;

/** The output must have the one map that kernels make. `map` is that of int8. */
export function checkOutputMap({ operator, output }: Placed, map: { scale: number; zeroPoint: number }): void {
  const { scale, zeroPoint } = perTensor(output);
  const expected = map.zeroPoint + (output.dtype === 'uint8' ? 128 : 0);
  if (Math.abs(scale / map.scale - 1) <= 1e-3 && zeroPoint === expected) return;
  const found = `output scale ${scale}, zero point ${zeroPoint}`;
  throw unsupported(operator)(found, `scale 1/${1 / map.scale}, zero point ${expected}`, undefined, output);
}

export const checkProbabilities = (placed: Placed): void => checkOutputMap(placed, PROBABILITY);

/** int8 or uint8. */
export function checkEightBit(operator: Operator, tensor: Tensor): void {
  if (tensor.dtype === 'int8' || tensor.dtype === 'uint8') return;
  const advice = 'A float model has to be quantised to int8 first, with float32 at its inputs and outputs at most';
  throw unsupported(operator)(`a ${tensor.dtype} activation`, 'int8 and uint8', advice, tensor);
}
