/** Translation of each ONNX operator. */
import type { NodeTranslation, OnnxTranslation } from '../../onnx/translate.js';
import { OPERATORS } from '../../operators/index.js';
import { translateBatchNormalization, translateCast, translateDiv } from './arithmetic.js';
import { translateClip, translateMinMax } from './bounds.js';
import { translateDequantizeLinear, translateQuantizeLinear } from './quantized.js';

/** Those that no operator of ours is named after. */
const OTHERS: Readonly<Record<string, OnnxTranslation>> = {
  BatchNormalization: { translate: translateBatchNormalization },
  Cast: { translate: translateCast, rows: 'kept' },
  Clip: { translate: translateClip, rows: 'kept' },
  DequantizeLinear: { translate: translateDequantizeLinear, rows: 'kept' },
  Div: { translate: translateDiv },
  Dropout: { translate: passOn, rows: 'kept' },
  Identity: { translate: passOn, rows: 'kept' },
  Max: { translate: translateMinMax },
  Min: { translate: translateMinMax },
  QuantizeLinear: { translate: translateQuantizeLinear, rows: 'kept' },
  Transpose: { translate: translateTranspose },
};

/** Translations by their names, in order. */
export const TRANSLATIONS: Readonly<Record<string, OnnxTranslation>> = Object.fromEntries(
  Object.values(OPERATORS)
    .flatMap(({ onnx = {} }) => Object.entries(onnx))
    .concat(Object.entries(OTHERS))
    .sort(([a], [b]) => (a < b ? -1 : 1)),
);

/** Between channels first and channels last: at an edge of the model, where tensors here are channels last anyway. */
function translateTranspose(node: NodeTranslation): void {
  const last = node.isChannelsLast();
  const input = node.anyActivation();
  const rank = input.shape.length;
  const order = node.node.attributes.get('perm')?.ints ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  const expected = last ? '0,3,1,2' : '0,2,3,1';
  const turns = rank === 4 && String(order) === expected;
  if (turns || order.every((axis, i) => axis === i)) {
    node.finish(input, turns ? !last : last);
    return;
  }
  throw node.unsupported(`perm ${order}`, `${expected}, between channels first and last`, input.name);
}

/** Inference only: the values go through as they are. */
function passOn(node: NodeTranslation): void {
  node.finish(node.anyActivation(), node.isChannelsLast());
}
