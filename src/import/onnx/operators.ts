/** The ONNX operators that MobileNet needs. To add one: copy a small function and list it in OPERATORS. */
import { elements, type OperatorKind } from '../../graph/graph.js';
import { translateAveragePool, translateConv, translateMaxPool, translatePad } from './convolution.js';
import type { NodeTranslation } from './translate.js';

type Translate = (node: NodeTranslation) => void;

export const OPERATORS: Readonly<Record<string, Translate>> = {
  Add: translateAdd,
  AveragePool: translateAveragePool,
  BatchNormalization: translateBatchNormalization,
  Clip: translateClip,
  Concat: translateConcat,
  Conv: translateConv,
  Dropout: passOn,
  Flatten: translateFlatten,
  Gemm: translateGemm,
  GlobalAveragePool: (node) => writeMean(node, true),
  Identity: passOn,
  MatMul: translateMatMul,
  MaxPool: translateMaxPool,
  Pad: translatePad,
  ReduceMean: translateReduceMean,
  Relu: (node) => writeActivation(node, 'RELU'),
  Reshape: translateFlatten,
  Sigmoid: translateSigmoid,
  Softmax: translateSoftmax,
  Squeeze: translateFlatten,
  Transpose: translateTranspose,
};

/** As a depthwise 1x1 convolution, out = in * scale / sqrt(variance + epsilon) + shift: exact, and ready to be folded. */
function translateBatchNormalization(node: NodeTranslation): void {
  const input = node.activation(0, 4);
  if (node.int('training_mode', 0)) throw node.unsupported('training_mode 1', '0');
  const channels = input.shape[3];
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((position) => node.floats(position, channels));
  const epsilon = node.float('epsilon', 1e-5);
  const factors = gamma.map((value, c) => value / Math.sqrt(variance[c] + epsilon));
  const shifts = beta.map((value, c) => value - (mean[c] * gamma[c]) / Math.sqrt(variance[c] + epsilon));
  if ([...factors, ...shifts].some((value) => !Number.isFinite(value))) {
    throw node.invalid('variance + epsilon is 0 or less, or values are too large', 'finite factors');
  }
  const inputs = [
    input.index,
    node.weights('weights', [1, 1, 1, channels], factors),
    node.weights('bias', [channels], shifts),
  ];
  const window = { activation: 'none', padding: 'valid', strideH: 1, strideW: 1, depthMultiplier: 1 } as const;
  node.finish(node.write({ op: 'DEPTHWISE_CONV_2D', ...window }, inputs, input.shape));
}

/** Bounds are attributes up to operator set 10, then inputs. */
function translateClip(node: NodeTranslation): void {
  const bound = (position: number, name: string, otherwise: number) =>
    node.constant(position)?.values[0] ?? node.float(name, otherwise);
  // The float32 limits stand for no bound in older exporters.
  const low = bound(1, 'min', -Infinity);
  const high = bound(2, 'max', Infinity);
  if (low === 0 && high === 6) writeActivation(node, 'RELU6');
  else if (low === 0 && high > 3e38) writeActivation(node, 'RELU');
  else throw node.unsupported(`bounds ${low} and ${high}`, '0 and 6, or 0 and none');
}

function writeActivation(node: NodeTranslation, op: 'RELU' | 'RELU6'): void {
  elementwise(node, { op });
}

function translateSigmoid(node: NodeTranslation): void {
  elementwise(node, { op: 'LOGISTIC' });
}

function elementwise(node: NodeTranslation, kind: OperatorKind): void {
  const input = node.anyActivation();
  node.finish(node.write(kind, [input.index], input.shape), node.isChannelsLast());
}

/** Of two activations of one shape; or of a constant for each channel behind a layer with weights, whose bias it becomes. */
function translateAdd(node: NodeTranslation): void {
  const [first, second] = node.isActivation(0) ? [0, 1] : [1, 0];
  const input = node.anyActivation(first);
  const last = node.isChannelsLast(first);
  if (node.isActivation(second)) {
    const other = node.anyActivation(second);
    if (String(other.shape) !== String(input.shape) || node.isChannelsLast(second) !== last) {
      throw node.unsupported(`shapes [${input.shape}] and [${other.shape}]`, 'two of one shape and order');
    }
    node.finish(node.write({ op: 'ADD', activation: 'none' }, [input.index, other.index], input.shape), last);
    return;
  }
  const { shape } = node.constant(second)!;
  const values = node.floats(second);
  const channels = input.shape[input.shape.length - 1];
  const channelAxis = input.shape.length === 4 && !last ? 3 : 1;
  const perChannel = shape.length >= channelAxis && shape[shape.length - channelAxis] === channels;
  const weighted = ['CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED'].includes(node.writer(input)?.op ?? '');
  if (!weighted || (values.length !== 1 && !(perChannel && values.length === channels))) {
    throw node.unsupported(`a constant of shape [${shape}]`, 'one value per channel behind Conv, Gemm or MatMul');
  }
  const constant = node.weights('constant', [values.length], values);
  node.finish(node.write({ op: 'ADD', activation: 'none' }, [input.index, constant], input.shape), last);
}

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

/** To [1, N]. NCHW and NHWC order the values alike only where there is one pixel or one channel. */
function translateFlatten(node: NodeTranslation): void {
  const input = node.anyActivation();
  const last = node.isChannelsLast();
  const { shape } = input;
  const size = elements(shape);
  const target = targetShape(node, shape, last);
  if (target.length !== 2 || target[0] !== 1) throw node.unsupported(`to [${target}]`, `to [1,${size}]`, input.name);
  if (shape.length === 4 && !last && shape[3] !== 1 && shape[1] * shape[2] !== 1) {
    throw node.unsupported(
      `${shape[3]} channels of ${shape[1]}x${shape[2]} pixels become one row`,
      'one pixel, as after GlobalAveragePool',
      input.name,
    );
  }
  if (target[1] !== size) throw node.invalid(`${target[1]} values`, `${size}`, input.name);
  if (shape.length === 2) {
    node.finish(input);
    return;
  }
  const newShape = node.weights('shape', [2], Int32Array.from(target));
  node.finish(node.write({ op: 'RESHAPE' }, [input.index, newShape], target));
}

/** What Flatten, Reshape or Squeeze asks for. `shape` is NHWC; `last` says that ONNX has it so too. */
function targetShape(node: NodeTranslation, shape: readonly number[], last: boolean): number[] {
  const size = elements(shape);
  if (node.node.op === 'Flatten') {
    const axis = node.int('axis', 1);
    return axis === 1 || axis === 1 - shape.length ? [1, size] : [axis];
  }
  const own = shape.length === 4 && !last ? [shape[0], shape[3], shape[1], shape[2]] : shape;
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
  const shape = node.constant(1)?.shape ?? [];
  const [inner, outputs] = shape;
  if (shape.length !== 2 || inner !== depth || !(outputs > 0)) {
    throw node.invalid(`B [${shape}]`, `${depth} inputs as in A`, node.node.inputs[1]);
  }
  const b = node.floats(1);
  const weights = Float32Array.from(
    { length: outputs * depth },
    (_, i) => b[(i % depth) * outputs + Math.floor(i / depth)],
  );
  const inputs = [
    input.index,
    node.weights('weights', [outputs, depth], weights),
    node.weights('bias', [outputs], new Float32Array(outputs)),
  ];
  node.finish(node.write({ op: 'FULLY_CONNECTED', activation: 'none' }, inputs, [1, outputs]));
}

/** A fully connected layer: alpha * A * B + beta * C, A [1,K], B [K,N] or transposed [N,K], C [N] or one value. */
function translateGemm(node: NodeTranslation): void {
  const input = node.activation(0, 2);
  const depth = input.shape[1];
  if (node.int('transA', 0)) throw node.unsupported('transA 1', '0');
  const shape = node.constant(1)?.shape ?? [];
  const transposed = node.int('transB', 0) !== 0;
  const [outputs, inner] = transposed ? shape : [shape[1], shape[0]];
  if (shape.length !== 2 || inner !== depth || !(outputs > 0)) {
    throw node.invalid(`B [${shape}]`, `${depth} inputs as in A`, node.node.inputs[1]);
  }
  const alpha = node.float('alpha', 1);
  const beta = node.float('beta', 1);
  const b = node.floats(1);
  const weights = new Float32Array(outputs * depth);
  for (let o = 0; o < outputs; o++) {
    for (let k = 0; k < depth; k++) weights[o * depth + k] = alpha * b[transposed ? o * depth + k : k * outputs + o];
  }
  const c = node.node.inputs[2] ? node.floats(2) : new Float32Array(1);
  if (c.length !== 1 && c.length !== outputs) {
    throw node.invalid(`C of ${c.length} values`, `1 or ${outputs}`, node.node.inputs[2]);
  }
  const bias = Float32Array.from({ length: outputs }, (_, o) => beta * c[c.length === 1 ? 0 : o]);
  const inputs = [
    input.index,
    node.weights('weights', [outputs, depth], weights),
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
