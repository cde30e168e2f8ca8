/** Shared by pools: options, checks, shape, lowering. */
import type { OperatorKind, PoolWindow, Tensor } from '../graph/graph.js';
import type { PoolOperator } from '../graph/window.js';
import { windowShape } from '../graph/window.js';
import { activationClamp, poolParameters } from '../kernels/reference/prepare.js';
import type { Lowering } from '../lower/lowering.js';
import { offsetOf } from '../lower/tables.js';
import { outputSize, type Pads, readPads } from '../onnx/pads.js';
import type { NodeTranslation } from '../onnx/translate.js';
import { STEP_UNSIGNED_ROUNDING } from '../program/layout.js';
import type { Kind } from '../program/program.js';
import { activationField, type OptionsReader, windowFields } from '../tflite/options.js';
import { sameChannels } from './channels.js';
import { checkSameQuantization, checkWindow } from './checks.js';
import type { ConstantOf, Placed } from './definition.js';
import { writePads } from './pad.js';

const OPTIONS = { padding: 0, strideW: 1, strideH: 2, filterW: 3, filterH: 4, activation: 5 } as const;

/** All of a definition but what it computes and its name. `step`: the kind of step. */
export const poolOf = (step: Kind) =>
  ({
    tflite: {
      options: 5,
      read: (options: OptionsReader) => ({
        activation: options.activation(OPTIONS.activation),
        filterH: options.int32(OPTIONS.filterH),
        filterW: options.int32(OPTIONS.filterW),
        ...options.window(OPTIONS),
      }),
      write: ({ operator }: Placed<PoolOperator>) => ({
        ...windowFields(OPTIONS, operator),
        [OPTIONS.activation]: activationField(operator.activation),
        [OPTIONS.filterW]: { int32: operator.filterW },
        [OPTIONS.filterH]: { int32: operator.filterH },
      }),
    },
    inputs: [1, 1],
    check(placed: Placed<PoolOperator>) {
      const { operator, input, output } = placed;
      checkWindow(placed, [operator.filterH, operator.filterW]);
      checkSameQuantization(operator, input, output, 1e-5);
    },
    shape: ({ operator, input }: Placed<PoolOperator>) =>
      windowShape(operator, input, [operator.filterH, operator.filterW], input.shape[3]),
    lower(lowering: Lowering, operator: PoolOperator) {
      const p = poolParameters(lowering.graph, operator);
      const output = lowering.graph.tensors[operator.outputs[0]];
      const { kernelHeight: kernelH, kernelWidth: kernelW, strideH, strideW, padTop, padLeft } = p;
      lowering.push({
        ...lowering.base(operator),
        kind: step,
        window: { kernelH, kernelW, strideH, strideW, padTop, padLeft },
        clampLow: p.clampLow - offsetOf(output),
        clampHigh: p.clampHigh - offsetOf(output),
        flags: output.dtype === 'uint8' ? STEP_UNSIGNED_ROUNDING : 0,
      });
    },
    sameMap: true,
    nonNegative: 'from inputs',
    links: (placed: Placed) => sameChannels(placed),
    constants({ operator, output }: Placed<PoolOperator>): ConstantOf {
      // Pixels outside the input do not count, and n times a value, half of n added, over n is the value.
      const { clampLow, clampHigh } = activationClamp(output, operator.activation);
      return ([{ value }]) => Math.min(clampHigh, Math.max(clampLow, value));
    },
    keepsZeros: true,
  }) as const;

/**
 * What ONNX pools say: paddings, and pixels `beyond` the padded map at its bottom and right that the last windows reach where
 * ceil_mode rounds their number up. `check` is what else must hold.
 */
export function readPool(node: NodeTranslation, check = () => {}) {
  const input = node.activation(0, 4);
  const [filterH, filterW] = node.list('kernel_shape', 2, 1, 0);
  if (!filterH) throw node.invalid('no kernel_shape', 'one');
  check();
  if (node.list('dilations', 2, 1, 1).some((value) => value !== 1)) throw node.unsupported('dilations', 'none');
  const [strideH, strideW] = node.list('strides', 2, 1, 1);
  const pads = readPads(node, input, filterH, filterW);
  const [, height, width] = input.shape;
  const beyond = node.int('ceil_mode', 0)
    ? [reach(height, pads[0], pads[2], filterH, strideH), reach(width, pads[1], pads[3], filterW, strideW)]
    : [0, 0];
  return { input, pads, beyond, window: { activation: 'none', filterH, filterW, strideH, strideW } as const };
}

/** How far the last window reaches beyond an axis; it is none if it begins there. */
function reach(size: number, before: number, behind: number, filter: number, stride: number): number {
  const padded = before + size + behind;
  const windows = Math.ceil((padded - filter) / stride) + 1;
  const last = (windows - 1) * stride;
  return Math.max(0, (last >= before + size ? last - stride : last) + filter - padded);
}

/** `pads`: zeros that count as pixels, or what SAME adds, which does not. */
export function writePool<K extends Omit<OperatorKind & PoolWindow, 'padding'>>(
  node: NodeTranslation,
  kind: K,
  input: Tensor,
  pads: Pads | 'same',
  name?: string,
): Tensor {
  const { filterH, filterW, strideH, strideW } = kind;
  const isSame = pads === 'same';
  const padded = isSame ? input : writePads(node, input, pads);
  const size = isSame
    ? [Math.ceil(input.shape[1] / strideH), Math.ceil(input.shape[2] / strideW)]
    : outputSize(node, padded, filterH, filterW, strideH, strideW);
  const pool = { ...kind, padding: isSame ? 'same' : 'valid' } as unknown as OperatorKind;
  return node.write(pool, [padded.index], [1, ...size, input.shape[3]], name);
}
