/** The ONNX operators that MobileNet needs. To add one: copy a small function and list it in OPERATORS. */
import { elements, type Tensor } from '../../graph/graph.js';
import { filterQuantization } from '../../onnx/quantization.js';
import type { NodeTranslation } from '../../onnx/translate.js';
import {
  elementwise,
  translateAdd,
  translateBatchNormalization,
  translateCast,
  translateClip,
  translateDiv,
  translateMinMax,
  translateMul,
  translateSub,
} from './arithmetic.js';
import { translateAveragePool, translateConv, translateMaxPool, translatePad } from './convolution.js';
import { translateDequantizeLinear, translateQuantizeLinear } from './quantized.js';

type Translate = (node: NodeTranslation) => void;

export const OPERATORS: Readonly<Record<string, Translate>> = {
  Add: translateAdd,
  AveragePool: translateAveragePool,
  BatchNormalization: translateBatchNormalization,
  Cast: translateCast,
  Clip: translateClip,
  Concat: translateConcat,
  Conv: translateConv,
  DequantizeLinear: translateDequantizeLinear,
  Div: translateDiv,
  Dropout: passOn,
  Flatten: translateReshape,
  Gemm: translateGemm,
  GlobalAveragePool: (node) => writeMean(node, true),
  Identity: passOn,
  MatMul: translateMatMul,
  Max: translateMinMax,
  MaxPool: translateMaxPool,
  Min: translateMinMax,
  Mul: translateMul,
  Pad: translatePad,
  QuantizeLinear: translateQuantizeLinear,
  ReduceMean: translateReduceMean,
  Relu: (node) => elementwise(node, { op: 'RELU' }),
  Reshape: translateReshape,
  Sigmoid: (node) => elementwise(node, { op: 'LOGISTIC' }),
  Softmax: translateSoftmax,
  Squeeze: translateReshape,
  Sub: translateSub,
  Transpose: translateTranspose,
  Unsqueeze: translateReshape,
};

function translateConcat(node: NodeTranslation): void {
  const inputs = node.node.inputs.map((_, position) => node.anyActivation(position));
  const last = node.isChannelsLast();
  const rank = inputs[0].shape.length;
  const stated = node.int('axis', 0);
  const axis = stated < 0 ? stated + rank : stated;
  // Of NCHW as of NHWC.
  const own = rank === 4 && !last ? [0, 3, 1, 2][axis] : axis;
  const alike = inputs.every(({ shape }, position) => {
    const same = shape.length === rank && shape.every((dim, i) => i === own || dim === inputs[0].shape[i]);
    return same && node.isChannelsLast(position) === last;
  });
  if (!(own > 0) || !alike) {
    throw node.unsupported(
      `axis ${stated} of ${inputs.map(({ shape }) => `[${shape}]`).join(', ')}`,
      'tensors that fit',
    );
  }
  const shape = inputs[0].shape.map((dim, i) => (i === own ? inputs.reduce((sum, t) => sum + t.shape[own], 0) : dim));
  const indices = inputs.map(({ index }) => index);
  node.finish(node.write({ op: 'CONCATENATION', axis: own, activation: 'none' }, indices, shape), last);
}

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

function writeMean(node: NodeTranslation, keepDims: boolean, input = node.activation(0, 4)): void {
  const channels = input.shape[3];
  const axes = node.weights('axes', [2], Int32Array.of(1, 2));
  const shape = keepDims ? [1, 1, 1, channels] : [1, channels];
  node.finish(node.write({ op: 'MEAN', keepDims }, [input.index, axes], shape), keepDims && node.isChannelsLast());
}

/** Over height and width. Axes are an attribute up to operator set 17, then an input. */
function translateReduceMean(node: NodeTranslation): void {
  const stated = node.node.attributes.get('axes')?.ints ?? Array.from(node.constant(1)?.values ?? []);
  const axes = stated.map((axis) => (axis < 0 ? axis + 4 : axis)).sort();
  const [height, width] = node.isChannelsLast() ? [1, 2] : [2, 3];
  if (String(axes) !== `${height},${width}`) {
    throw node.unsupported(`axes ${stated.slice(0, 8)}`, `${height} and ${width}, height and width`);
  }
  writeMean(node, node.int('keepdims', 1) !== 0, node.anyActivation(0, 4));
}

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

/** Of an NHWC shape: whether its values stand in the same order as those of NCHW. */
const hasOneOrder = (shape: readonly number[]) => shape[3] === 1 || shape[1] * shape[2] === 1;

function writeReshape(node: NodeTranslation, input: Tensor, shape: readonly number[]): Tensor {
  if (String(shape) === String(input.shape)) return input;
  const newShape = node.weights('shape', [shape.length], Int32Array.from(shape));
  return node.write({ op: 'RESHAPE' }, [input.index, newShape], shape);
}

/** What Flatten, Reshape, Squeeze or Unsqueeze asks for. `shape` is NHWC; `last` says that ONNX has it so too. */
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

/** A [1,K], B [K,N]: a fully connected layer without a bias, which an Add behind it may bring. */
function translateMatMul(node: NodeTranslation): void {
  const input = node.activation(0, 2);
  const depth = input.shape[1];
  const constant = node.constant(1);
  const shape = constant?.shape ?? [];
  const [inner, outputs] = shape;
  if (!constant || shape.length !== 2 || inner !== depth || !(outputs > 0)) {
    throw node.invalid(`B [${shape}]`, `${depth} inputs as in A`, node.node.inputs[1]);
  }
  const b = node.floats(1);
  const position = node.onnxPosition();
  const weights = Float32Array.from(
    { length: outputs * depth },
    (_, i) => b[position(i % depth) * outputs + Math.floor(i / depth)],
  );
  const inputs = [
    input.index,
    node.weights('weights', [outputs, depth], weights, filterQuantization(node, constant, 1, 0)),
    node.weights('bias', [outputs], new Float32Array(outputs)),
  ];
  node.finish(node.write({ op: 'FULLY_CONNECTED', activation: 'none' }, inputs, [1, outputs]));
}

/** A fully connected layer: alpha * A * B + beta * C, A [1,K], B [K,N] or transposed [N,K], C [N] or one value. */
function translateGemm(node: NodeTranslation): void {
  const input = node.activation(0, 2);
  const depth = input.shape[1];
  if (node.int('transA', 0)) throw node.unsupported('transA 1', '0');
  const constant = node.constant(1);
  const shape = constant?.shape ?? [];
  const transposed = node.int('transB', 0) !== 0;
  const [outputs, inner] = transposed ? shape : [shape[1], shape[0]];
  if (!constant || shape.length !== 2 || inner !== depth || !(outputs > 0)) {
    throw node.invalid(`B [${shape}]`, `${depth} inputs as in A`, node.node.inputs[1]);
  }
  const alpha = node.float('alpha', 1);
  const beta = node.float('beta', 1);
  const b = node.floats(1);
  const position = node.onnxPosition();
  const weights = new Float32Array(outputs * depth);
  for (let o = 0; o < outputs; o++) {
    for (let k = 0; k < depth; k++) {
      const from = position(k);
      weights[o * depth + k] = alpha * b[transposed ? o * depth + from : from * outputs + o];
    }
  }
  const c = node.node.inputs[2] ? node.floats(2) : new Float32Array(1);
  if (c.length !== 1 && c.length !== outputs) {
    throw node.invalid(`C of ${c.length} values`, `1 or ${outputs}`, node.node.inputs[2]);
  }
  const bias = Float32Array.from({ length: outputs }, (_, o) => beta * c[c.length === 1 ? 0 : o]);
  const own = alpha === 1 ? filterQuantization(node, constant, transposed ? 0 : 1, 0) : undefined;
  const inputs = [
    input.index,
    node.weights('weights', [outputs, depth], weights, own),
    node.weights('bias', [outputs], bias),
  ];
  node.finish(node.write({ op: 'FULLY_CONNECTED', activation: 'none' }, inputs, [1, outputs]));
}

function translateSoftmax(node: NodeTranslation): void {
  const input = node.activation(0, 2);
  const axis = node.int('axis', -1);
  if (axis !== 1 && axis !== -1) throw node.unsupported(`axis ${axis}`, '1, over the classes');
  node.finish(node.write({ op: 'SOFTMAX', beta: 1 }, [input.index], input.shape));
}
