/** The parts of an ONNX file that are needed, decoded (field numbers: https://github.com/onnx/onnx, onnx/onnx.proto). */
import { DepthwiseError } from '../../errors.js';
import { elements } from '../../graph/graph.js';
import { Message } from './protobuf.js';

const MODEL = { graph: 7, opsetImport: 8 } as const;
const OPSET = { domain: 1, version: 2 } as const;
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, sparseInitializer: 15 } as const;
const NODE = { input: 1, output: 2, name: 3, opType: 4, attribute: 5, domain: 7 } as const;
const ATTRIBUTE = { name: 1, f: 2, i: 3, s: 4, t: 5, ints: 8 } as const;
const VALUE_INFO = { name: 1, type: 2 } as const;
const TYPE = { tensorType: 1 } as const;
const TENSOR_TYPE = { elemType: 1, shape: 2 } as const;
const SHAPE = { dim: 1 } as const;
const DIMENSION = { value: 1, parameter: 2 } as const;
const TENSOR = {
  dims: 1,
  dataType: 2,
  floatData: 4,
  int32Data: 5,
  int64Data: 7,
  name: 8,
  rawData: 9,
  doubleData: 10,
  dataLocation: 14,
} as const;

/** TensorProto.DataType. */
const FLOAT = 1;
const INT32 = 6;
const INT64 = 7;
const DOUBLE = 11;

/** A constant; `values` is a Float32Array for float and double, a list of integers for int32 and int64. */
export interface OnnxConstant {
  shape: readonly number[];
  values: Float32Array | number[];
}

export interface OnnxAttribute {
  f?: number;
  i?: number;
  s: string;
  ints: number[];
  /** Undecoded: most tensors are never asked for. */
  t?: Message;
}

export interface OnnxNode {
  index: number;
  name: string;
  op: string;
  inputs: string[];
  outputs: string[];
  attributes: Map<string, OnnxAttribute>;
}

export interface OnnxValue {
  name: string;
  isFloat: boolean;
  /** A number, the name of a symbolic dimension, or '' for an unknown one. */
  shape: (number | string)[];
}

export interface OnnxModel {
  /** Version of the standard operator set. */
  opset: number;
  nodes: OnnxNode[];
  /** Constants by name. */
  initializers: Map<string, OnnxConstant>;
  /** Without the initializers that older exporters list here too. */
  inputs: OnnxValue[];
  outputs: OnnxValue[];
}

/** Throws MODEL_INVALID for bytes that are no ONNX model, MODEL_UNSUPPORTED for data kept outside of the file. */
export function readOnnx(bytes: Uint8Array): OnnxModel {
  const model = new Message(bytes, 'model');
  const graph = model.message(MODEL.graph, 'graph');
  if (!graph) {
    throw new DepthwiseError(
      'MODEL_INVALID',
      `The file of ${bytes.length} bytes holds no ONNX graph. It is damaged or no ONNX model: export it again.`,
    );
  }
  const opsets = model.messages(MODEL.opsetImport, 'operator set');
  const standard = opsets.find((opset) => ['', 'ai.onnx'].includes(opset.text(OPSET.domain)));
  const initializers = new Map<string, OnnxConstant>();
  for (const tensor of graph.messages(GRAPH.initializer, 'initializer')) {
    initializers.set(tensor.text(TENSOR.name), readConstant(tensor, `initializer "${tensor.text(TENSOR.name)}"`));
  }
  return {
    opset: standard?.integer(OPSET.version) ?? 1,
    nodes: graph.messages(GRAPH.node, 'node').map(readNode),
    initializers,
    inputs: graph
      .messages(GRAPH.input, 'input')
      .map(readValueInfo)
      .filter(({ name }) => !initializers.has(name)),
    outputs: graph.messages(GRAPH.output, 'output').map(readValueInfo),
  };
}

function readNode(message: Message, index: number): OnnxNode {
  const domain = message.text(NODE.domain);
  const op = message.text(NODE.opType);
  const attributes = message.messages(NODE.attribute, `node ${index} (${op}), attribute`);
  return {
    index,
    name: message.text(NODE.name),
    op: domain === '' || domain === 'ai.onnx' ? op : `${domain}.${op}`,
    inputs: message.texts(NODE.input),
    outputs: message.texts(NODE.output),
    attributes: new Map(attributes.map((attribute) => [attribute.text(ATTRIBUTE.name), readAttribute(attribute)])),
  };
}

function readAttribute(message: Message): OnnxAttribute {
  return {
    f: message.floats(ATTRIBUTE.f).at(-1),
    i: message.integer(ATTRIBUTE.i),
    s: message.text(ATTRIBUTE.s),
    ints: message.integers(ATTRIBUTE.ints),
    t: message.message(ATTRIBUTE.t, `${message.name}, tensor`),
  };
}

function readValueInfo(message: Message): OnnxValue {
  const name = message.text(VALUE_INFO.name);
  const place = `"${name}"`;
  const type = message
    .message(VALUE_INFO.type, `type of ${place}`)
    ?.message(TYPE.tensorType, `tensor type of ${place}`);
  const dims = type?.message(TENSOR_TYPE.shape, `shape of ${place}`)?.messages(SHAPE.dim, `${place}, dimension`) ?? [];
  return {
    name,
    isFloat: type?.integer(TENSOR_TYPE.elemType) === FLOAT,
    shape: dims.map((dim) => dim.integer(DIMENSION.value) ?? dim.text(DIMENSION.parameter)),
  };
}

/** A TensorProto. `place` names it in messages. */
export function readConstant(message: Message, place: string): OnnxConstant {
  const shape = message.integers(TENSOR.dims);
  const type = message.integer(TENSOR.dataType) ?? 0;
  if (message.integer(TENSOR.dataLocation) === 1) {
    throw new DepthwiseError(
      'MODEL_UNSUPPORTED',
      `${place}: its data are kept in another file; supported: one file that holds them. Export the model without external data.`,
    );
  }
  const raw = message.bytes(TENSOR.rawData).at(-1);
  const values = readValues(message, type, raw);
  if (values === undefined) {
    throw new DepthwiseError(
      'MODEL_UNSUPPORTED',
      `${place}: data type ${type}; supported: float (1), int32 (6), int64 (7) and double (11). Export the model as float32.`,
    );
  }
  const expected = elements(shape);
  if (shape.some((dim) => dim < 0) || values.length !== expected) {
    throw new DepthwiseError(
      'MODEL_INVALID',
      `${place}: ${values.length} values; ${expected} expected for [${shape}]. The file is damaged: export it again.`,
    );
  }
  return { shape, values };
}

/** Undefined for a type that is not supported. A length that is no multiple of the type's counts as too short. */
function readValues(message: Message, type: number, raw?: Uint8Array): Float32Array | number[] | undefined {
  if (type === FLOAT || type === DOUBLE) {
    const size = type === FLOAT ? 4 : 8;
    return message.floats(raw ? TENSOR.rawData : type === FLOAT ? TENSOR.floatData : TENSOR.doubleData, size);
  }
  if (type !== INT32 && type !== INT64) return undefined;
  if (!raw) return message.integers(type === INT32 ? TENSOR.int32Data : TENSOR.int64Data);
  const size = type === INT32 ? 4 : 8;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  return Array.from({ length: Math.floor(raw.length / size) }, (_, i) =>
    type === INT32 ? view.getInt32(i * size, true) : Number(view.getBigInt64(i * size, true)),
  );
}
