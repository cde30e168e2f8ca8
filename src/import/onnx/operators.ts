/** The ONNX operators that MobileNet needs. To add one: copy a small function and list it in OPERATORS. */
import { elements } from '../../graph/graph.js';
import { translateAveragePool, translateConv, translatePad } from './convolution.js';
import { readConstant } from './model.js';
import type { NodeTranslation, Translation } from './translate.js';

type Translate = (node: NodeTranslation, translation: Translation) => void;

export const OPERATORS: Readonly<Record<string, Translate>> = {
  AveragePool: translateAveragePool,
  BatchNormalization: translateBatchNormalization,
  Clip: translateClip,
  Constant: translateConstant,
  Conv: translateConv,
  Dropout: passOn,
  Flatten: translateFlatten,
  Gemm: translateGemm,
  GlobalAveragePool: (node) => writeMean(node, true),
  Identity: passOn,
  Pad: translatePad,
  ReduceMean: translateReduceMean,
  Relu: (node) => writeActivation(node, 'RELU'),
  Reshape: translateFlatten,
  Softmax: translateSoftmax,
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
  const input = node.activation();
  node.finish(node.write({ op }, [input.index], input.shape));
}

function translateConstant(node: NodeTranslation, translation: Translation): void {
  const tensor = node.node.attributes.get('value')?.t;
  if (!tensor) throw node.unsupported('a constant that is no tensor', 'a tensor in the attribute "value"');
  const name = node.node.outputs[0];
  translation.constants.set(name, readConstant(tensor, `node ${node.node.index} (Constant), tensor "${name}"`));
}

/** Inference only: the values go through as they are. */
function passOn(node: NodeTranslation): void {
  node.finish(node.activation());
}

function writeMean(node: NodeTranslation, keepDims: boolean): void {
  const input = node.activation(0, 4);
  const channels = input.shape[3];
  const axes = node.weights('axes', [2], Int32Array.of(1, 2));
  const shape = keepDims ? [1, 1, 1, channels] : [1, channels];
  node.finish(node.write({ op: 'MEAN', keepDims }, [input.index, axes], shape));
}

/** Over height and width. Axes are an attribute up to operator set 17, then an input. */
function translateReduceMean(node: NodeTranslation): void {
  const stated = node.node.attributes.get('axes')?.ints ?? Array.from(node.constant(1)?.values ?? []);
  const axes = stated.map((axis) => (axis < 0 ? axis + 4 : axis)).sort();
  if (String(axes) !== '2,3') throw node.unsupported(`axes ${stated.slice(0, 8)}`, '2 and 3, height and width');
  writeMean(node, node.int('keepdims', 1) !== 0);
}

/** To [1, N]. NCHW and NHWC order the values alike only where there is one pixel or one channel. */
function translateFlatten(node: NodeTranslation): void {
  const input = node.activation();
  const { shape } = input;
  const size = elements(shape);
  const target = targetShape(node, shape);
  if (target.length !== 2 || target[0] !== 1) throw node.unsupported(`to [${target}]`, `to [1,${size}]`, input.name);
  if (shape.length === 4 && shape[3] !== 1 && shape[1] * shape[2] !== 1) {
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

/** What Flatten or Reshape asks for. `shape` is NHWC. */
function targetShape(node: NodeTranslation, shape: readonly number[]): number[] {
  const size = elements(shape);
  if (node.node.op === 'Flatten') {
    const axis = node.int('axis', 1);
    return axis === 1 || axis === 1 - shape.length ? [1, size] : [axis];
  }
  const nchw = shape.length === 4 ? [shape[0], shape[3], shape[1], shape[2]] : shape;
  const stated = Array.from(node.constant(1)?.values ?? node.node.attributes.get('shape')?.ints ?? []);
  const copied = stated.map((dim, i) => (dim === 0 && !node.int('allowzero', 0) ? (nchw[i] ?? 0) : dim));
  const known = copied.reduce((product, dim) => (dim === -1 ? product : product * dim), 1);
  return copied.map((dim) => (dim === -1 ? size / known : dim));
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
