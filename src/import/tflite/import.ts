/** Reads a .tflite file (schema version 3) into a Graph. The bytes are untrusted. */

import { validateGraph } from '../../analysis/validate.js';
import { DepthwiseError } from '../../errors.js';
import type { Graph, Operator, Tensor } from '../../graph/graph.js';
import { isOperator, OPERATOR_NAMES, OPERATORS } from '../../operators/index.js';
import { OptionsReader } from '../../tflite/options.js';
import { FlatFile, type Table } from '../../tflite/read.js';
import { MODEL, OPERATOR, RANDOM_WEIGHTS_METADATA, SCHEMA_VERSION, SUBGRAPH } from '../../tflite/schema.js';
import { foldShapes } from './fold-shapes.js';
import { checkFileKind } from './identify.js';
import { readLabels } from './labels.js';
import { MAX_ITEMS, type OperatorRecord, operatorRecords, tooMany } from './records.js';
import { metadataNames, TensorReader } from './tensors.js';

/** Of the flash of any microcontroller, with room to spare. */
const MAX_FILE_BYTES = 2 ** 25;

/**
 * Imports the bytes of a .tflite file. `name` is what the model is called; by default the name in the file.
 * Constant data are views on `bytes` where alignment allows.
 * Throws MODEL_INVALID, MODEL_UNSUPPORTED or MODEL_TOO_LARGE; the graph that comes back is validated.
 */
export function importTflite(bytes: Uint8Array, name?: string): Graph {
  checkFileKind(bytes);
  if (bytes.length > MAX_FILE_BYTES) throw tooMany('file', `${bytes.length} bytes`, `${MAX_FILE_BYTES}`);
  const model = new FlatFile(bytes).root('model');
  const version = model.uint32(MODEL.version);
  if (version !== SCHEMA_VERSION) {
    throw unsupported(
      'model',
      `schema version ${version}`,
      `version ${SCHEMA_VERSION}`,
      'Convert it with a current TensorFlow',
    );
  }
  const subgraphs = model.length(MODEL.subgraphs);
  if (subgraphs !== 1) {
    const advice = 'Export one signature without control flow (no IF, WHILE, CALL_ONCE)';
    throw unsupported('model', `${subgraphs} subgraphs`, '1', advice);
  }
  const subgraph = model.element(MODEL.subgraphs, 0, 'subgraph 0');
  const { records, constants } = foldShapes(bytes, model, subgraph, operatorRecords(model, subgraph));
  checkSupported(records);
  const tensors = readTensors(bytes, model, subgraph, records, constants);
  const graph: Graph = {
    name: name ?? (subgraph.string(SUBGRAPH.name) || 'model'),
    tensors,
    operators: records.map((record) => operator(record, tensors)),
    inputs: subgraph.int32s(SUBGRAPH.inputs),
    outputs: subgraph.int32s(SUBGRAPH.outputs),
  };
  const labels = readLabels(bytes, model);
  if (labels) graph.labels = labels;
  if (metadataNames(model).includes(RANDOM_WEIGHTS_METADATA)) graph.randomWeights = true;
  return validateGraph(graph);
}

function unsupported(place: string, found: string, supported: string, advice: string): DepthwiseError {
  return new DepthwiseError('MODEL_UNSUPPORTED', `${place}: ${found}; supported: ${supported}. ${advice}.`);
}

/** What a model should be exported without, for operators that stand for a feature. */
const ADVICE: Record<string, string> = {
  DENSIFY: 'Export the model without sparse tensors',
};

function checkSupported(records: readonly OperatorRecord[]): void {
  const refused = records.filter(({ name }) => !isOperator(name));
  if (refused.length === 0) return;
  const [first] = refused;
  const others = [...new Set(refused.map(({ name }) => name))].filter((name) => name !== first.name).slice(0, 10);
  const also = others.length ? ` (nor are ${others.join(', ')})` : '';
  throw unsupported(
    `operator ${first.index} (${first.name}), tensor ${first.outputs[0] ?? 'none'}`,
    `this operator is not supported${also}`,
    OPERATOR_NAMES.join(', '),
    ADVICE[first.name] ?? 'Replace it in the model, or cut the model before it',
  );
}

/** All tensors of the subgraph; `constants` stand in the place of what the file says of theirs. */
function readTensors(
  bytes: Uint8Array,
  model: Table,
  subgraph: Table,
  records: readonly OperatorRecord[],
  constants: ReadonlyMap<number, Tensor>,
): Tensor[] {
  const count = subgraph.length(SUBGRAPH.tensors);
  if (count > MAX_ITEMS) throw tooMany('subgraph 0', `${count} tensors`, `${MAX_ITEMS}`);
  const users = new Map<number, string>();
  for (const { index, name, inputs, outputs } of records) {
    for (const tensor of [...inputs, ...outputs]) {
      if (tensor >= 0 && tensor < count && !users.has(tensor)) users.set(tensor, `operator ${index} (${name}), `);
    }
  }
  const reader = new TensorReader(bytes, model);
  return Array.from({ length: count }, (_, index) => {
    const constant = constants.get(index);
    if (constant) return constant;
    const table = subgraph.element(SUBGRAPH.tensors, index, `tensor ${index}`);
    return reader.read(table, index, users.get(index) ?? '');
  });
}

function operator(record: OperatorRecord, tensors: readonly Tensor[]): Operator {
  const { index, inputs, outputs, table } = record;
  const op = record.name as Operator['op'];
  const { options, read } = OPERATORS[op].tflite;
  const type = table.uint8(OPERATOR.builtinOptionsType);
  if (type !== 0 && options !== 0 && type !== options) {
    throw new DepthwiseError(
      'MODEL_INVALID',
      `operator ${index} (${op}): options of type ${type}; expected: type ${options}. ` +
        'The file contradicts itself: export the model again.',
    );
  }
  const place = `operator ${index} (${op})`;
  const stored = type === 0 ? undefined : table.table(OPERATOR.builtinOptions, `options of ${place}`);
  const tensorsOf = (indices: readonly number[]) => indices.map((i): Tensor | undefined => tensors[i]);
  const reader = new OptionsReader(place, stored, tensorsOf(inputs), tensorsOf(outputs));
  return { op, ...read?.(reader), index, inputs, outputs } as Operator;
}
