/** PAD: value 0 around a map, along any axis. A convolution that pads nothing itself takes in pixels of it. */
import type { OperatorOf, Tensor } from '../graph/graph.js';
import type { Pads } from '../onnx/pads.js';
import type { NodeTranslation } from '../onnx/translate.js';
import type { OperatorDefinition } from './definition.js';
import { checkPaddings, padder } from './padded.js';

type Pad = OperatorOf<'PAD'>;

export const pad: OperatorDefinition<Pad> = {
  ...padder<Pad>(),
  tflite: { options: 22 },
  onnx: { Pad: { translate: translatePad } },
  inputs: [2, 2],
  check: checkPaddings,
  nonNegative: 'from inputs',
  keepsZeros: true,
};

/** The input itself, or the input padded with zeros. */
export function writePads(node: NodeTranslation, input: Tensor, pads: Pads, name?: string): Tensor {
  if (pads.every((each) => each === 0)) return input;
  const [top, left, bottom, right] = pads;
  const [, height, width, channels] = input.shape;
  const paddings = node.weights('paddings', [4, 2], Int32Array.of(0, 0, top, bottom, left, right, 0, 0));
  const shape = [1, height + top + bottom, width + left + right, channels];
  return node.write({ op: 'PAD' }, [input.index, paddings], shape, name ?? `${node.node.outputs[0]}:padded`);
}

/** With zeros, height and width only: paddings are an attribute up to operator set 10, then an input. */
function translatePad(node: NodeTranslation): void {
  const input = node.activation(0, 4);
  if (node.text('mode', 'constant') !== 'constant') throw node.unsupported('a mode other than constant', 'constant');
  const attribute = node.node.attributes.get('pads')?.ints;
  const stated = attribute ?? Array.from(node.constant(1)?.values ?? []);
  const axes = node.constant(3)?.values;
  const pads = axes ? ofAllAxes(node, stated, Array.from(axes)) : stated;
  const value = attribute ? node.float('value', 0) : (node.constant(2)?.values[0] ?? 0);
  if (value !== 0) throw node.unsupported(`padding with ${value}`, 'padding with 0');
  const [n0, c0, top, left, n1, c1, bottom, right] = pads;
  if (pads.length !== 8 || n0 || c0 || n1 || c1 || pads.some((each) => each < 0 || each > 65535)) {
    throw node.unsupported(`paddings ${pads.slice(0, 16)}`, '0 to 65535 for height and width, 0 for the others');
  }
  node.finish(writePads(node, input, [top, left, bottom, right], node.node.outputs[0]));
}

/** Paddings of four dimensions from those of some, which operator set 18 allows. */
function ofAllAxes(node: NodeTranslation, stated: readonly number[], axes: readonly number[]): number[] {
  const pads = Array<number>(8).fill(0);
  if (stated.length !== 2 * axes.length) throw node.invalid(`${stated.length} paddings`, `${2 * axes.length}`);
  for (const [i, axis] of axes.entries()) {
    const at = axis < 0 ? axis + 4 : axis;
    if (!(at >= 0 && at < 4)) throw node.invalid(`axis ${axis}`, 'an axis of four dimensions');
    pads[at] = stated[i];
    pads[at + 4] = stated[i + axes.length];
  }
  return pads;
}
