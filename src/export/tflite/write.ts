/** Writes a Graph as a .tflite file (schema version 3). importTflite of the result gives the same graph. */
import { Builder, type Offset } from 'flatbuffers';
import { validateGraph } from '../../analysis/validate.js';
import { DepthwiseError } from '../../errors.js';
import type { Graph, Operator, Tensor } from '../../graph/graph.js';
import { place } from '../../operators/definition.js';
import { definitionOf } from '../../operators/index.js';
import {
  BUFFER,
  BUILTIN_OPERATORS,
  DTYPES,
  FILE_IDENTIFIER,
  LABELS_METADATA,
  METADATA,
  MODEL,
  OPERATOR,
  OPERATOR_CODE,
  QUANTIZATION,
  RANDOM_WEIGHTS_METADATA,
  SCHEMA_VERSION,
  SUBGRAPH,
  TENSOR,
} from '../../tflite/schema.js';
import { int32Vector, table, tableVector, vector } from '../../tflite/write.js';

/** Constants stand at multiples of this, so that they can be used where they are mapped. */
const BUFFER_ALIGNMENT = 16;
/** From here on operator codes only fit the newer field; the older one holds this value. */
const PLACEHOLDER_CODE = 127;

/** A buffer of the file: constant data, or nothing. */
type Contents = Uint8Array | undefined;

/**
 * The bytes of a .tflite file. `graph` is validated first (MODEL_INVALID, MODEL_UNSUPPORTED, MODEL_TOO_LARGE).
 * Labels and the mark of random weights are kept in metadata entries of their own.
 */
export function writeTflite(graph: Graph): Uint8Array {
  validateGraph(graph);
  checkLabels(graph);
  const b = new Builder(1 << 16);
  // Buffer 0 is the empty one of tensors without data.
  const buffers: Contents[] = [undefined];
  const addBuffer = (data: Contents) => (data ? buffers.push(data) - 1 : 0);
  const tensors = tableVector(
    b,
    graph.tensors.map((tensor) => writeTensor(b, tensor, addBuffer(dataBytes(tensor)))),
  );
  const codes = new OperatorCodes();
  const operators = tableVector(
    b,
    graph.operators.map((operator) => writeOperator(b, graph, operator, codes)),
  );
  const subgraph = table(b, {
    [SUBGRAPH.tensors]: { offset: tensors },
    [SUBGRAPH.inputs]: { offset: int32Vector(b, graph.inputs) },
    [SUBGRAPH.outputs]: { offset: int32Vector(b, graph.outputs) },
    [SUBGRAPH.operators]: { offset: operators },
    [SUBGRAPH.name]: { offset: b.createString(graph.name) },
  });
  const metadata = writeMetadata(b, graph, addBuffer);
  const model = table(b, {
    [MODEL.version]: { int32: SCHEMA_VERSION },
    [MODEL.operatorCodes]: { offset: codes.write(b) },
    [MODEL.subgraphs]: { offset: tableVector(b, [subgraph]) },
    [MODEL.description]: { offset: b.createString('depthwise') },
    [MODEL.buffers]: {
      offset: tableVector(
        b,
        buffers.map((data) => writeBuffer(b, data)),
      ),
    },
    [MODEL.metadata]: { offset: metadata },
  });
  b.finish(model, FILE_IDENTIFIER);
  return b.asUint8Array().slice();
}

function checkLabels(graph: Graph): void {
  const label = graph.labels?.find((text) => /[\r\n]/.test(text));
  if (label === undefined) return;
  throw new DepthwiseError(
    'MODEL_INVALID',
    `label "${label}" of model "${graph.name}" holds a line break; expected: one line per label. Remove it.`,
  );
}

/** Constant data as stored: little-endian, as on every machine that Node runs on. */
function dataBytes({ data }: Tensor): Contents {
  return data && new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function writeBuffer(b: Builder, data: Contents): Offset {
  if (!data) return table(b, {});
  b.prep(BUFFER_ALIGNMENT, data.length);
  return table(b, { [BUFFER.data]: { offset: b.createByteVector(data) } });
}

function writeTensor(b: Builder, tensor: Tensor, buffer: number): Offset {
  const q = tensor.quantization;
  const quantization =
    q &&
    table(b, {
      [QUANTIZATION.scale]: { offset: vector(b, 4, q.scale, (value) => b.addFloat32(value)) },
      [QUANTIZATION.zeroPoint]: { offset: vector(b, 8, q.zeroPoint, (value) => b.addInt64(BigInt(value))) },
      [QUANTIZATION.quantizedDimension]: { int32: q.axis },
    });
  return table(b, {
    [TENSOR.shape]: { offset: int32Vector(b, tensor.shape) },
    [TENSOR.type]: { int8: DTYPES[tensor.dtype] },
    [TENSOR.buffer]: { int32: buffer },
    [TENSOR.name]: { offset: b.createString(tensor.name) },
    [TENSOR.quantization]: { offset: quantization ?? 0 },
  });
}

/** The table of (operator, version) pairs, in order of first use. */
class OperatorCodes {
  private readonly codes: { code: number; version: number }[] = [];

  index(code: number, version: number): number {
    const known = this.codes.findIndex((entry) => entry.code === code && entry.version === version);
    return known >= 0 ? known : this.codes.push({ code, version }) - 1;
  }

  write(b: Builder): Offset {
    return tableVector(
      b,
      this.codes.map(({ code, version }) =>
        table(b, {
          [OPERATOR_CODE.deprecatedBuiltinCode]: { int8: Math.min(code, PLACEHOLDER_CODE) },
          [OPERATOR_CODE.version]: { int32: version, whenAbsent: 1 },
          [OPERATOR_CODE.builtinCode]: { int32: code },
        }),
      ),
    );
  }
}

function writeOperator(b: Builder, graph: Graph, operator: Operator, codes: OperatorCodes): Offset {
  const { tflite } = definitionOf(operator);
  const placed = place(graph, operator);
  const options = tflite.options === 0 ? 0 : table(b, tflite.write?.(placed, b) ?? {});
  const version = tflite.version?.(placed) ?? (placed.input.dtype === 'int8' ? 2 : 1);
  return table(b, {
    [OPERATOR.opcodeIndex]: { int32: codes.index(BUILTIN_OPERATORS.indexOf(operator.op), version) },
    [OPERATOR.inputs]: { offset: int32Vector(b, inFileOrder(operator.inputs, tflite.order)) },
    [OPERATOR.outputs]: { offset: int32Vector(b, operator.outputs) },
    [OPERATOR.builtinOptionsType]: { int8: tflite.options },
    [OPERATOR.builtinOptions]: { offset: options },
  });
}

/** Absent inputs at the end are left out. */
function inFileOrder(inputs: readonly number[], order?: readonly number[]): readonly number[] {
  if (!order) return inputs;
  const stored = order.map((_, at) => inputs[order.indexOf(at)] ?? -1);
  while (stored.at(-1) === -1) stored.pop();
  return stored;
}

function writeMetadata(b: Builder, graph: Graph, addBuffer: (data: Contents) => number): Offset {
  const entries: [name: string, data: Contents][] = [];
  if (graph.labels) {
    entries.push([LABELS_METADATA, new TextEncoder().encode(graph.labels.map((label) => `${label}\n`).join(''))]);
  }
  if (graph.randomWeights) entries.push([RANDOM_WEIGHTS_METADATA, undefined]);
  if (entries.length === 0) return 0;
  return tableVector(
    b,
    entries.map(([name, data]) =>
      table(b, {
        [METADATA.name]: { offset: b.createString(name) },
        [METADATA.buffer]: { int32: addBuffer(data) },
      }),
    ),
  );
}
