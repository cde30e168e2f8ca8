/** Reads a .tflite file (schema version 3) into a Graph. The bytes are untrusted. */

import { validateGraph } from '../../analysis/validate.js';
import { DepthwiseError } from '../../errors.js';
import type { Graph, Operator, Tensor } from '../../graph/graph.js';
import { Unsupported, unlessRefused } from '../../graph/refusal.js';
import { isOperator, OPERATOR_NAMES, OPERATORS } from '../../operators/index.js';
import { simplify } from '../../quantize/simplify.js';
import { OptionsReader } from '../../tflite/options.js';
import { FlatFile, type Table } from '../../tflite/read.js';
import { MODEL, OPERATOR, RANDOM_WEIGHTS_METADATA, SCHEMA_VERSION, SUBGRAPH, TENSOR } from '../../tflite/schema.js';
import { findOutput, frontier, neededFor } from '../cut.js';
import { ifCutWorks, refusal } from '../refusals.js';
import { findDetection, readDetection } from './detection.js';
import { int8Shadow, isFloatGraph, withBiases, withFloatWeights } from './float.js';
import { foldShapes } from './fold-shapes.js';
import { checkFileKind } from './identify.js';
import { readLabels } from './labels.js';
import { MAX_ITEMS, type OperatorRecord, operatorRecords, tooMany } from './records.js';
import { metadataNames, TensorReader } from './tensors.js';

/** More than the flash of any microcontroller, with room to spare. */
const MAX_FILE_BYTES = 2 ** 25;

/**
 * Imports the bytes of a .tflite file. `name` is what the model is called; by default the name in the file. `outputs` are names
 * of tensors, at which the model is cut: it then has no other operators than those that give them.
 * Constant data are views on `bytes` where alignment allows.
 * Throws MODEL_INVALID, MODEL_UNSUPPORTED, MODEL_TOO_LARGE, or USAGE for an output that no operator gives; the graph that
 * comes back is validated.
 */
export function importTflite(bytes: Uint8Array, name?: string, outputs?: readonly string[]): Graph {
  return read(bytes, name, outputs, false);
}

/**
 * Imports like importTflite; a float model (isFloatGraph) gives the float graph, ready for quantizeGraph as importOnnx
 * gives it.
 */
export function readTflite(bytes: Uint8Array, name?: string, outputs?: readonly string[]): Graph {
  return read(bytes, name, outputs, true);
}

function read(
  bytes: Uint8Array,
  name: string | undefined,
  outputs: readonly string[] | undefined,
  takesFloat: boolean,
): Graph {
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
  const ends = endsOf(subgraph, operatorRecords(model, subgraph), outputs);
  const { records, constants } = foldShapes(bytes, model, subgraph, ends.records, ends.outputs);
  const refusals = new Map<OperatorRecord, DepthwiseError>();
  const refuse = (record: OperatorRecord, error: DepthwiseError) => {
    if (!refusals.has(record)) refusals.set(record, error);
  };
  for (const record of records) if (!isSupported(record)) refuse(record, unknownOperator(record));
  const tensors = readTensors(bytes, model, subgraph, { ...ends, records, constants, refuse });
  const operators = records
    .filter((record) => !refusals.has(record))
    .flatMap(
      (record) =>
        unlessRefused(
          () => operator(record, tensors),
          (error) => refuse(record, error),
        ) ?? [],
    );
  const stated: Graph = {
    name: name ?? (subgraph.string(SUBGRAPH.name) || 'model'),
    tensors,
    operators,
    inputs: ends.inputs,
    outputs: ends.outputs,
  };
  const isFloat = takesFloat && isFloatGraph(stated);
  const graph = isFloat ? withFloatWeights(stated) : stated;
  validate(isFloat ? int8Shadow(graph) : graph, records, refusals, refuse);
  if (refusals.size > 0) {
    const cutAt = outputs ? [] : cuts(bytes, subgraph, records, refusals, ends.outputs, takesFloat);
    const all = [...refusals].map(([{ index, name: op }, error]) => ({ index, op, error }));
    const sorted = all.sort((a, b) => a.index - b.index);
    throw refusal('operator', records.length, sorted, cutAt);
  }
  if (ends.detection) graph.head = readDetection(ends.detection, tensors);
  const whole = ends.detection || ends.outputs[0] === subgraph.int32s(SUBGRAPH.outputs)[0];
  const labels = whole ? readLabels(bytes, model) : undefined;
  if (labels) graph.labels = labels;
  if (metadataNames(model).includes(RANDOM_WEIGHTS_METADATA)) graph.randomWeights = true;
  return isFloat ? simplify(withBiases(graph)) : graph;
}

interface Ends {
  records: OperatorRecord[];
  inputs: number[];
  outputs: number[];
  /** Where the model ends in it: it is cut before it. */
  detection?: OperatorRecord;
}

/** Inputs, outputs and operators of the model: all of them, or those that the tensors called `names` need. */
function endsOf(subgraph: Table, records: OperatorRecord[], names: readonly string[] | undefined): Ends {
  const [inputs, outputs] = [SUBGRAPH.inputs, SUBGRAPH.outputs].map((slot) => subgraph.int32s(slot));
  if (!names) {
    const detection = findDetection(records, outputs);
    if (!detection) return { records, inputs, outputs };
    const others = records.filter((record) => record !== detection);
    return { records: others, inputs, outputs: detection.inputs.slice(0, 2), detection };
  }
  const known = new Map(
    records.flatMap((record) => record.outputs).map((index) => [index, tensorName(subgraph, index) ?? '']),
  );
  const cut = names.map((each) => findOutput(each, known));
  const needed = neededFor<number, OperatorRecord>(records, cut);
  const read = new Set(needed.flatMap((record) => record.inputs));
  return { records: needed, inputs: inputs.filter((index) => read.has(index)), outputs: cut };
}

/** The last tensors that can be had without what is refused, by name where that is one; none where cutting there does not help. */
function cuts(
  bytes: Uint8Array,
  subgraph: Table,
  records: readonly OperatorRecord[],
  refusals: ReadonlyMap<OperatorRecord, DepthwiseError>,
  outputs: readonly number[],
  takesFloat: boolean,
): string[] {
  const indices = frontier<number, OperatorRecord>(records, new Set(refusals.keys()), outputs);
  const all = records.flatMap((record) => record.outputs).map((index) => tensorName(subgraph, index));
  const names = indices.map((index) => {
    const name = tensorName(subgraph, index);
    const isPlain = name && !name.includes(',') && all.filter((each) => each === name).length === 1;
    return isPlain ? name : String(index);
  });
  return ifCutWorks(names, () => read(bytes, undefined, names, takesFloat));
}

function tensorName(subgraph: Table, index: number): string | undefined {
  if (index < 0 || index >= subgraph.length(SUBGRAPH.tensors)) return undefined;
  return subgraph.element(SUBGRAPH.tensors, index, `tensor ${index}`).string(TENSOR.name);
}

/**
 * Validates the graph. Where something is refused, its operators that are not are looked at all the same: what the others
 * would give counts as given.
 */
function validate(
  graph: Graph,
  records: readonly OperatorRecord[],
  refusals: ReadonlyMap<OperatorRecord, DepthwiseError>,
  refuse: (record: OperatorRecord, error: DepthwiseError) => void,
): void {
  const byIndex = new Map(records.map((record) => [record.index, record]));
  const missing = new Set([...refusals.keys()].flatMap((record) => record.outputs));
  const onRefusal = ({ index, inputs }: Operator, error: DepthwiseError) => {
    // A shape, or another parameter, that a refused operator gives is no fault of its reader.
    if (inputs.slice(1).some((input) => missing.has(input))) return;
    const record = byIndex.get(index)!;
    refuse(record, error);
    for (const output of record.outputs) missing.add(output);
  };
  if (refusals.size === 0) {
    validateGraph(graph, onRefusal);
    return;
  }
  const inputs = [...new Set([...graph.inputs, ...missing])];
  try {
    validateGraph({ ...graph, inputs }, onRefusal);
  } catch (error) {
    // A graph with holes contradicts itself; that it is refused is known.
    if (!(error instanceof DepthwiseError)) throw error;
  }
}

function unsupported(place: string, found: string, supported: string, advice: string): DepthwiseError {
  return new Unsupported(place, `${found}; supported: ${supported}`, advice);
}

/** Advice for operators that stand for a feature which a model should be exported without. */
const ADVICE: Record<string, string> = {
  DENSIFY: 'Export the model without sparse tensors',
};

const isSupported = ({ name }: OperatorRecord) => isOperator(name);

function unknownOperator({ index, name, outputs }: OperatorRecord): DepthwiseError {
  return unsupported(
    `operator ${index} (${name}), tensor ${outputs[0] ?? 'none'}`,
    'this operator is not supported',
    OPERATOR_NAMES.join(', '),
    ADVICE[name] ?? 'Replace it in the model',
  );
}

interface Reading extends Ends {
  /** Stand in the place of what the file says of theirs. */
  constants: ReadonlyMap<number, Tensor>;
  refuse: (record: OperatorRecord, error: DepthwiseError) => void;
}

/** All tensors of the subgraph. Those that no operator has are empty, and those that are refused: their operators are, too. */
function readTensors(
  bytes: Uint8Array,
  model: Table,
  subgraph: Table,
  { records, inputs, outputs, detection, constants, refuse }: Reading,
): Tensor[] {
  const count = subgraph.length(SUBGRAPH.tensors);
  if (count > MAX_ITEMS) throw tooMany('subgraph 0', `${count} tensors`, `${MAX_ITEMS}`);
  const users = new Map<number, OperatorRecord[]>();
  for (const record of records) {
    for (const tensor of new Set([...record.inputs, ...record.outputs])) {
      if (tensor < 0 || tensor >= count) continue;
      const known = users.get(tensor);
      if (known) known.push(record);
      else users.set(tensor, [record]);
    }
  }
  const ends = new Set([...inputs, ...outputs, ...(detection?.inputs ?? [])]);
  const reader = new TensorReader(bytes, model);
  return Array.from({ length: count }, (_, index) => {
    const constant = constants.get(index);
    if (constant) return constant;
    const table = subgraph.element(SUBGRAPH.tensors, index, `tensor ${index}`);
    const of = users.get(index) ?? [];
    const empty: Tensor = { index, name: table.string(TENSOR.name), shape: [], dtype: 'float32' };
    if (of.length === 0 && !ends.has(index)) return empty;
    const place = of.length > 0 ? `operator ${of[0].index} (${of[0].name}), ` : '';
    const read = () => reader.read(table, index, place);
    if (of.length === 0) return read();
    const refuseAll = (error: DepthwiseError) => {
      for (const record of of) refuse(record, error);
    };
    return unlessRefused(read, refuseAll) ?? empty;
  });
}

function operator(record: OperatorRecord, tensors: readonly Tensor[]): Operator {
  const { index, outputs, table } = record;
  const op = record.name as Operator['op'];
  const { options, read, order } = OPERATORS[op].tflite;
  const inputs = order ? reordered(record.inputs, order) : record.inputs;
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

/** Inputs in our order, absent ones -1; more than there may be stay behind them. */
function reordered(inputs: readonly number[], order: readonly number[]): number[] {
  return [...order.map((at) => inputs[at] ?? -1), ...inputs.slice(order.length)];
}
