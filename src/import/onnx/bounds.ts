/** ONNX bounds, as the operator that has the same ones. */
import type { OperatorKind } from '../../graph/graph.js';
import { writeElementwise } from '../../onnx/elementwise.js';
import type { NodeTranslation } from '../../onnx/translate.js';
import { OPERATOR_NAMES, OPERATORS } from '../../operators/index.js';

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
  const from = low <= 0 && node.isNonNegative(input) ? 0 : low;
  const to = high > 3e38 ? Infinity : high;
  const bounding = OPERATOR_NAMES.find((name) => String(OPERATORS[name].bounds) === String([from, to]));
  if (low < -3e38 && high > 3e38) node.finish(input, node.isChannelsLast(at));
  else if (bounding) writeElementwise(node, { op: bounding } as OperatorKind, at);
  else throw node.unsupported(`bounds ${low} and ${high}`, supportedBounds());
}

/** `0 and 6, 0 and none, ...`. A lower bound of 0 is none behind Relu. */
function supportedBounds(): string {
  const all = OPERATOR_NAMES.flatMap((name) => {
    const { bounds } = OPERATORS[name];
    return bounds ? [`${bounds[0]} and ${bounds[1] === Infinity ? 'none' : bounds[1]}`] : [];
  });
  return `${all.join(', ')}; 0 need not be said behind Relu`;
}
