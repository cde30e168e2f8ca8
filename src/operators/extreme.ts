/** Shared by operators that choose one of two operands, the greater or the less. */
import type { Operator, OperatorKind } from '../graph/graph.js';
import type { Lowering } from '../lower/lowering.js';
import { writeOperands } from '../onnx/operands.js';
import type { NodeTranslation } from '../onnx/translate.js';
import { elementwise } from '../tflite/lists.js';
import { arithmeticOf } from './arithmetic.js';
import { sameChannels } from './channels.js';
import { checkSameQuantization } from './checks.js';
import { pushClamp } from './clamp.js';
import { type ConstantOf, type Placed, place } from './definition.js';

/** All of a definition but ONNX's name. `operation`: BINARY_*. */
export function extremeOf<O extends Operator>(operation: number, choose: (a: number, b: number) => number) {
  const arithmetic = arithmeticOf<O>({
    operation,
    exchanged: operation,
    multipliers: () => ({}),
    combine: () => choose,
    real: choose,
  });
  return {
    ...arithmetic,
    tflite: { options: 39, fold: elementwise(choose) },
    check(placed: Placed<O>) {
      for (const input of placed.inputs) checkSameQuantization(placed.operator, input, placed.output);
      arithmetic.check(placed);
    },
    lower(lowering: Lowering, operator: O) {
      const placed = place(lowering.graph, operator);
      const bound = boundOf(placed);
      if (bound === undefined) arithmetic.lower(lowering, operator);
      else
        pushClamp(
          lowering,
          placed,
          tableOf(placed, (value) => choose(value, bound)),
        );
    },
    sameMap: true,
    clips: (placed: Placed<O>) => boundOf(placed) !== undefined,
    nonNegative: 'from inputs' as const,
    links: (placed: Placed<O>) => (boundOf(placed) === undefined ? undefined : sameChannels(placed)),
    constants(placed: Placed<O>): ConstantOf {
      const bound = boundOf(placed);
      return ([{ value }]) => (bound === undefined ? undefined : choose(value, bound));
    },
  };
}

/** The second operand where it is one constant: then the operator is a bound, as activations are. */
const boundOf = ({ inputs: [, { data }] }: Placed): number | undefined => (data?.length === 1 ? data[0] : undefined);

/** Table by raw byte. */
function tableOf({ output }: Placed, compute: (value: number) => number): Uint8Array {
  const sign = output.dtype === 'int8' ? 24 : 0;
  return Uint8Array.from({ length: 256 }, (_, byte) => compute((byte << sign) >> sign));
}

/** ONNX's Max and Min of any number of operands. */
export const extremes = (kind: OperatorKind) => ({ translate: (node: NodeTranslation) => writeOperands(node, kind) });
