/** The parts of an ONNX file that are needed, decoded (field numbers: https://github.com/onnx/onnx, onnx/onnx.proto). */
import { DepthwiseError } from '../errors.js';
import { elements } from '../graph/graph.js';
import { ExternalData } from './external.js';
import { floatsOf, Message } from './protobuf.js';

const MODEL = { graph: 7, opsetImport: 8 } as const;
const OPSET = { domain: 1, version: 2 } as const;
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, sparseInitializer: 15 } as const;
const NODE = { input: 1, output: 2, name: 3, opType: 4, attribute: 5, domain: 7 } as const;
const ATTRIBUTE = { name: 1, f: 2, i: 3, s: 4, t: 5, floats: 7, ints: 8 } as const;
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
  externalData: 13,
  dataLocation: 14,
} as const;
/** StringStringEntryProto. */
const ENTRY = { key: 1, value: 2 } as const;

/** TensorProto.DataType. */
export const FLOAT = 1;
export const UINT8 = 2;
export const INT8 = 3;
export const INT32 = 6;
const INT64 = 7;
const BOOL = 9;
export const DOUBLE = 11;
/** Bytes of a value in raw data. */
const SIZES: Readonly<Record<number, number>> = { [UINT8]: 1, [INT8]: 1, [INT32]: 4, [INT64]: 8, [BOOL]: 1 };
export const INTEGERS: readonly number[] = Object.keys(SIZES).map(Number);

/** Meaning of a constant's integers: value = scale * (integer - zeroPoint), one of each, or one along `axis`. */
export interface OnnxQuantization {
  scale: readonly number[];
  zeroPoint: readonly number[];
  axis: number;
  /** TensorProto.DataType of the integers. */
  type: number;
}

/** A constant; `values` is a Float32Array for float and double, a list of integers for all others (bool: 0 and 1). */
export interface OnnxConstant {
  shape: readonly number[];
  values: Float32Array | number[];
  /** TensorProto.DataType, where the file says it: integers computed from others have no width. */
  type?: number;
  /** Quantisation of real values that the model has as integers. */
  quantization?: OnnxQuantization;
}

export interface OnnxAttribute {
  f?: number;
  i?: number;
  s: string;
  floats: Float32Array;
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
  /** TensorProto.DataType. */
  type: number;
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

/** `folder` is where the files are that hold weights for this one. Throws MODEL_INVALID for bytes that are no ONNX model. */
export function readOnnx(bytes: Uint8Array, folder?: string): OnnxModel {
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
  const external = new ExternalData(folder);
  const initializers = new Map<string, OnnxConstant>();
  for (const tensor of graph.messages(GRAPH.initializer, 'initializer')) {
    initializers.set(
      tensor.text(TENSOR.name),
      readConstant(tensor, `initializer "${tensor.text(TENSOR.name)}"`, external),
    );
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
    floats: message.floats(ATTRIBUTE.floats),
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
    type: type?.integer(TENSOR_TYPE.elemType) ?? 0,
    shape: dims.map((dim) => dim.integer(DIMENSION.value) ?? dim.text(DIMENSION.parameter)),
  };
}

/** A TensorProto. `place` names it in messages; `external` has what stands in other files. */
export function readConstant(message: Message, place: string, external = new ExternalData()): OnnxConstant {
  const shape = message.integers(TENSOR.dims);
  const type = message.integer(TENSOR.dataType) ?? 0;
  const isExternal = message.integer(TENSOR.dataLocation) === 1;
  const raw = isExternal ? external.read(place, externalPlace(message, place)) : message.bytes(TENSOR.rawData).at(-1);
  const values = readValues(message, type, raw);
  if (values === undefined) {
    throw new DepthwiseError(
      'MODEL_UNSUPPORTED',
      `${place}: data type ${type}; supported: float (1), uint8 (2), int8 (3), int32 (6), int64 (7), bool (9) and ` +
        'double (11). Export the model as float32.',
    );
  }
  const expected = elements(shape);
  if (shape.some((dim) => dim < 0) || values.length !== expected) {
    throw new DepthwiseError(
      'MODEL_INVALID',
      `${place}: ${values.length} values; ${expected} expected for [${shape}]. The file is damaged: export it again.`,
    );
  }
  return { shape, values, type };
}

function externalPlace(message: Message, place: string) {
  const entries = message.messages(TENSOR.externalData, `${place}, external data`);
  const facts = new Map(entries.map((entry) => [entry.text(ENTRY.key), entry.text(ENTRY.value)]));
  const length = facts.get('length');
  return {
    location: facts.get('location') ?? '',
    offset: Number(facts.get('offset') ?? 0),
    length: length === undefined ? undefined : Number(length),
  };
}

/** Undefined for a type that is not supported. A length that is no multiple of the type's counts as too short. */
function readValues(message: Message, type: number, raw?: Uint8Array): Float32Array | number[] | undefined {
  if (type === FLOAT || type === DOUBLE) {
    const size = type === FLOAT ? 4 : 8;
    if (raw) return floatsOf([raw], size);
    return message.floats(type === FLOAT ? TENSOR.floatData : TENSOR.doubleData, size);
  }
  const size = SIZES[type];
  if (size === undefined) return undefined;
  if (!raw) return message.integers(type === INT64 ? TENSOR.int64Data : TENSOR.int32Data);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  return Array.from({ length: Math.floor(raw.length / size) }, (_, i) => {
    if (size === 8) return Number(view.getBigInt64(i * size, true));
    if (size === 4) return view.getInt32(i * size, true);
    return type === INT8 ? view.getInt8(i) : view.getUint8(i);
  });
}
