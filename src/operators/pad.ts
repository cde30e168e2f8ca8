/** PAD: value 0 around a map [1,H,W,C]. A convolution that pads nothing itself takes in pixels of it. */
import type { OperatorOf, Tensor } from '../graph/graph.js';
import { hwc, perTensor } from '../graph/graph.js';
import { invalid, MAX_DIMENSION, unsupported } from '../graph/refusal.js';
import { pad as padded } from '../kernels/reference/pad.js';
import { padParameters } from '../kernels/reference/prepare.js';
import type { Pads } from '../onnx/pads.js';
import type { NodeTranslation } from '../onnx/translate.js';
import { KIND_PAD } from '../program/layout.js';
import { POINT } from '../program/program.js';
import { sameChannels } from './channels.js';
import { checkSameQuantization, int32Values } from './checks.js';
import { type OperatorDefinition, type Placed, place } from './definition.js';
import { gatherOf, shifted } from './gathered.js';

export const pad: OperatorDefinition<OperatorOf<'PAD'>> = {
  tflite: { options: 22 },
  onnx: { Pad: { translate: translatePad } },
  inputs: [2, 2],
  check({ operator, input, inputs: [, paddings], output }) {
    const values = int32Values(operator, paddings);
    if (input.shape.length !== 4 || values.length !== 8 || String(paddings.shape) !== '4,2') {
      throw unsupported(operator)(
        `paddings [${paddings.shape}] of an input [${input.shape}]`,
        'paddings [4,2] of an input of four dimensions',
        undefined,
        paddings,
      );
    }
    if (values.some((value) => value < 0 || value > MAX_DIMENSION)) {
      throw invalid(operator)(`paddings ${values.join(', ')}`, `0 to ${MAX_DIMENSION} each`, undefined, paddings);
    }
    if (values[0] || values[1]) {
      throw unsupported(operator)(`paddings ${values.join(', ')}`, 'none of the batch', undefined, paddings);
    }
    checkSameQuantization(operator, input, output);
  },
  shape({ input, inputs: [, paddings] }) {
    const values = paddings.data as Int32Array;
    return input.shape.map((dim, axis) => dim + values[2 * axis] + values[2 * axis + 1]);
  },
  run(run) {
    if (addsChannels(run)) channels.run(run);
    else padded(run.bytes(0), run.out, padParameters(run.graph, run.operator));
  },
  runFloat(run) {
    if (addsChannels(run)) {
      channels.runFloat(run);
      return;
    }
    const { input, output, out } = run;
    const [from, paddings] = run.values;
    const [height, width, depth] = hwc(input.shape);
    const outputWidth = output.shape[2];
    const [top, left] = [paddings[2], paddings[4]];
    for (let y = 0; y < height; y++) {
      const row = from.subarray(y * width * depth, (y + 1) * width * depth);
      out.set(row, ((y + top) * outputWidth + left) * depth);
    }
  },
  lower(lowering, operator) {
    const placed = place(lowering.graph, operator);
    if (addsChannels(placed)) {
      channels.lower(lowering, operator);
      return;
    }
    const { input } = placed;
    const p = padParameters(lowering.graph, operator);
    const isZero = p.value === perTensor(input).zeroPoint;
    if (isZero && lowering.leavePadding(operator, p)) return;
    lowering.push({ ...lowering.base(operator), kind: KIND_PAD, window: { ...POINT, padTop: p.top, padLeft: p.left } });
  },
  zeroPadding(placed) {
    if (addsChannels(placed)) return undefined;
    const {
      inputs: [, paddings],
    } = placed;
    const [, , top, bottom, left, right] = paddings.data!;
    return { top, bottom, left, right };
  },
  sameMap: true,
  nonNegative: 'from inputs',
  links: (placed) => (addsChannels(placed) ? undefined : sameChannels(placed)),
  constants(placed) {
    if (addsChannels(placed)) return () => undefined;
    const { graph, operator } = placed;
    const p = padParameters(graph, operator);
    const grows = p.outputHeight !== p.inputHeight || p.outputWidth !== p.inputWidth;
    return ([{ value }]) => (grows && value !== p.value ? undefined : value);
  },
  keepsZeros: true,
};

const addsChannels = ({ inputs: [, paddings] }: Placed): boolean => paddings.data![6] + paddings.data![7] > 0;

/** Of any axes. */
const channels = gatherOf<OperatorOf<'PAD'>>(({ input, output, inputs: [, paddings] }) => {
  const [from, to] = [hwc(input.shape), hwc(output.shape)];
  const [rows, columns, depths] = [0, 1, 2].map((axis) => shifted(from[axis], to[axis], paddings.data![2 + 2 * axis]));
  return { rows, columns, channels: depths };
});

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
