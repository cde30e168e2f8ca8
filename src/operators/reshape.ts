/** RESHAPE: another shape for the same bytes. */
import type { OperatorOf, Tensor } from '../graph/graph.js';
import { elements } from '../graph/graph.js';
import { invalid } from '../graph/refusal.js';
import type { NodeTranslation, OnnxTranslation } from '../onnx/translate.js';
import { unchanged } from '../tflite/lists.js';
import { int32Vector } from '../tflite/write.js';
import { checkSameQuantization, int32Values } from './checks.js';
import type { OperatorDefinition } from './definition.js';
import { sameBytes } from './same-bytes.js';

const OPTIONS = { newShape: 0 } as const;

const matches = (wanted: readonly number[], shape: readonly number[]) =>
  wanted.length === shape.length && wanted.every((dim, i) => dim === -1 || dim === shape[i]);

const translation: OnnxTranslation = { translate: translateReshape };

export const reshape: OperatorDefinition<OperatorOf<'RESHAPE'>> = {
  ...sameBytes,
  tflite: {
    options: 17,
    read(options) {
      // TFLite reads this field only where there is no second input.
      const shape = options.inputs[1] ? [] : options.int32s(OPTIONS.newShape);
      const output = options.outputs[0]?.shape ?? [];
      if (shape.length === 0 || matches(shape, output)) return {};
      throw options.contradiction(`new shape [${shape.slice(0, 8)}]`, `the output's [${output}]`);
    },
    write: ({ output }, builder) => ({ [OPTIONS.newShape]: { offset: int32Vector(builder, output.shape) } }),
    version: () => 1,
    fold: unchanged(1, 2),
  },
  onnx: { Flatten: translation, Reshape: translation, Squeeze: translation, Unsqueeze: translation },
  inputs: [1, 2],
  check({ operator, input, inputs: [, shape], output }) {
    if (shape) {
      // One dimension more than any output has tells a longer list from one that matches.
      const wanted = [...int32Values(operator, shape).subarray(0, 8)];
      if (!matches(wanted, output.shape)) {
        throw invalid(operator)(`new shape [${wanted}]`, `the output's [${output.shape}]`, undefined, shape);
      }
    }
    checkSameQuantization(operator, input, output);
  },
  nonNegative: 'from inputs',
  // The new shape stands in the output; the list of it would no longer agree.
  narrowed: (operator) => ({ ...operator, inputs: [operator.inputs[0]] }),
};

/**
 * Flatten, Reshape, Squeeze, Unsqueeze: to a row [1, N], or to a map whose values stand in the same order. NCHW and NHWC
 * order the values alike only where there is one pixel or one channel; a row of others is put right by the weights of
 * the layer behind it. [1,1,1,N] is one pixel, channels last, as tf2onnx has it.
 */
function translateReshape(node: NodeTranslation): void {
  const input = node.anyActivation();
  const last = node.isChannelsLast();
  const { shape } = input;
  const size = elements(shape);
  const target = targetShape(node, shape, last);
  if (elements(target) !== size) throw node.invalid(`${elements(target)} values`, `${size}`, input.name);
  const isOrdered = shape.length !== 4 || last || hasOneOrder(shape);
  if (target.length === 2 && target[0] === 1) {
    const row = shape.length === 2 ? input : writeReshape(node, input, target);
    if (isOrdered) node.finish(row);
    else node.finishFlattened(row, shape.slice(1));
    return;
  }
  const first = [target[0], target[2], target[3], target[1]];
  const isMap = target.length === 4 && target[0] === 1 && (isOrdered || String(target) === String(node.onnxShape(0)));
  if (!isMap) throw node.unsupported(`to [${target}]`, `to [1,${size}], or a map in the same order`, input.name);
  if (String(target) === String(node.onnxShape(0))) node.finish(input, last);
  else if (hasOneOrder(first) && target[1] * target[2] !== 1) node.finish(writeReshape(node, input, first));
  else node.finish(writeReshape(node, input, target), true);
}

/** Whether the values of an NHWC shape stand in the order of NCHW. */
const hasOneOrder = (shape: readonly number[]) => shape[3] === 1 || shape[1] * shape[2] === 1;

function writeReshape(node: NodeTranslation, input: Tensor, shape: readonly number[]): Tensor {
  if (String(shape) === String(input.shape)) return input;
  const newShape = node.weights('shape', [shape.length], Int32Array.from(shape));
  return node.write({ op: 'RESHAPE' }, [input.index, newShape], shape);
}

/** Shape that Flatten, Reshape, Squeeze or Unsqueeze asks for. `shape` is NHWC; `last` says that ONNX has it so too. */
function targetShape(node: NodeTranslation, shape: readonly number[], last: boolean): number[] {
  const size = elements(shape);
  if (node.node.op === 'Flatten') {
    const axis = node.int('axis', 1);
    return axis === 1 || axis === 1 - shape.length ? [1, size] : [axis];
  }
  const own = shape.length === 4 && !last ? [shape[0], shape[3], shape[1], shape[2]] : shape;
  if (node.node.op === 'Unsqueeze') {
    const axes = node.node.attributes.get('axes')?.ints ?? Array.from(node.constant(1)?.values ?? []);
    const rank = own.length + axes.length;
    if (rank > 4) throw node.unsupported(`to ${rank} dimensions`, '4 at most');
    const added = axes.map((axis) => (axis < 0 ? axis + rank : axis));
    const rest = [...own];
    return Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? 1 : (rest.shift() ?? 1)));
  }
  if (node.node.op === 'Squeeze') {
    // Axes are an attribute up to operator set 12, then an input; all axes of 1 where there are none, the batch too.
    const axes = node.node.attributes.get('axes')?.ints ?? Array.from(node.constant(1)?.values ?? own.keys());
    const removed = axes.map((axis) => (axis < 0 ? axis + own.length : axis)).filter((axis) => own[axis] === 1);
    return own.filter((_, axis) => !removed.includes(axis));
  }
  const stated = Array.from(node.constant(1)?.values ?? node.node.attributes.get('shape')?.ints ?? []);
  const copied = stated.map((dim, i) => (dim === 0 && !node.int('allowzero', 0) ? (own[i] ?? 0) : dim));
  const known = copied.reduce((product, dim) => (dim === -1 ? product : product * dim), 1);
  return copied.map((dim) => (dim === -1 ? size / known : dim));
}
