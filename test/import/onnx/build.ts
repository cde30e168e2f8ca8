/** Writes small ONNX files for tests (field numbers: onnx/onnx.proto). */
import { PbfWriter } from 'pbf';

export interface Constant {
  shape: number[];
  /** Of the array's type; int64 for a list of numbers. */
  data: Float32Array | Uint8Array | Int8Array | Int32Array | number[];
  /** Where the data stand instead, as exporters write it: location, offset, length. */
  external?: Record<string, string>;
}

export interface NodeSpec {
  op: string;
  inputs: string[];
  outputs: string[];
  name?: string;
  attributes?: Record<string, number | number[] | string | Constant | { float: number }>;
}

export interface ModelSpec {
  nodes: NodeSpec[];
  constants?: Record<string, Constant>;
  inputs: Record<string, (number | string)[]>;
  outputs: string[];
  opset?: number;
  /** Inputs are uint8, not float32. */
  uint8Inputs?: boolean;
  /** For tests: inputs are [1, height, width, channels]. */
  channelsLast?: boolean;
}

export function buildOnnx({
  nodes,
  constants = {},
  inputs,
  outputs,
  opset: version = 13,
  uint8Inputs,
}: ModelSpec): Uint8Array {
  const file = new PbfWriter();
  file.writeVarintField(1, 8);
  file.writeMessage(
    7,
    (_, graph) => {
      for (const node of nodes) graph.writeMessage(1, writeNode, node);
      for (const [name, constant] of Object.entries(constants))
        graph.writeMessage(5, writeTensor, { name, ...constant });
      for (const [name, shape] of Object.entries(inputs))
        graph.writeMessage(11, writeValue, { name, shape, type: uint8Inputs ? 2 : 1 });
      for (const name of outputs) graph.writeMessage(12, writeValue, { name });
    },
    undefined,
  );
  file.writeMessage(8, (_, opset) => opset.writeVarintField(2, version), undefined);
  return file.finish().slice();
}

function writeNode(node: NodeSpec, pbf: PbfWriter): void {
  for (const name of node.inputs) pbf.writeStringField(1, name);
  for (const name of node.outputs) pbf.writeStringField(2, name);
  if (node.name) pbf.writeStringField(3, node.name);
  pbf.writeStringField(4, node.op);
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    pbf.writeMessage(
      5,
      (_, attribute) => {
        attribute.writeStringField(1, name);
        attribute.writeVarintField(20, attributeType(value));
        if (typeof value === 'number') attribute.writeVarintField(3, value);
        else if (typeof value === 'string') attribute.writeStringField(4, value);
        else if (Array.isArray(value)) for (const item of value) attribute.writeVarintField(8, item);
        else if ('float' in value) attribute.writeFloatField(2, value.float);
        else attribute.writeMessage(5, writeTensor, { name: '', ...value });
      },
      undefined,
    );
  }
}

/** AttributeProto.AttributeType. */
function attributeType(value: NonNullable<NodeSpec['attributes']>[string]): number {
  if (typeof value === 'number') return 2;
  if (typeof value === 'string') return 3;
  if (Array.isArray(value)) return 7;
  return 'float' in value ? 1 : 4;
}

/** TensorProto.DataType. */
function dataType(data: Constant['data']): number {
  if (data instanceof Float32Array) return 1;
  if (data instanceof Uint8Array) return 2;
  if (data instanceof Int8Array) return 3;
  return data instanceof Int32Array ? 6 : 7;
}

function writeTensor({ name, shape, data, external }: Constant & { name: string }, pbf: PbfWriter): void {
  pbf.writePackedVarint(1, shape);
  pbf.writeVarintField(2, dataType(data));
  pbf.writeStringField(8, name);
  if (external) {
    for (const [key, value] of Object.entries(external)) {
      pbf.writeMessage(
        13,
        (_, entry) => {
          entry.writeStringField(1, key);
          entry.writeStringField(2, value);
        },
        undefined,
      );
    }
    pbf.writeVarintField(14, 1);
  } else if (!Array.isArray(data))
    pbf.writeBytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  else pbf.writePackedVarint(7, data);
}

function writeValue(
  { name, shape, type: of = 1 }: { name: string; shape?: (number | string)[]; type?: number },
  pbf: PbfWriter,
): void {
  pbf.writeStringField(1, name);
  pbf.writeMessage(
    2,
    (_, type) =>
      type.writeMessage(
        1,
        (_, tensor) => {
          tensor.writeVarintField(1, of);
          if (!shape) return;
          tensor.writeMessage(
            2,
            (_, list) => {
              for (const dim of shape) {
                list.writeMessage(
                  1,
                  (_, pbf) => (typeof dim === 'number' ? pbf.writeVarintField(1, dim) : pbf.writeStringField(2, dim)),
                  undefined,
                );
              }
            },
            undefined,
          );
        },
        undefined,
      ),
    undefined,
  );
}
