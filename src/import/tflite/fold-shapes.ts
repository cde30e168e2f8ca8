/**
 * Folds arithmetic on shapes that converters leave in a model whose batch size was open (the shape of a tensor, cut and packed,
 * in front of a change of shape): with batch 1 all of it is constant. Values are integers, scalars or lists of a few.
 */
import type { Tensor } from '../../graph/graph.js';
import { elements } from '../../graph/graph.js';
import { isOperator, OPERATORS } from '../../operators/index.js';
import { type FoldLists, isAlongLists, type List, MOST_VALUES, unchanged } from '../../tflite/lists.js';
import type { Table } from '../../tflite/read.js';
import { OPERATOR, SUBGRAPH, TENSOR, TENSOR_TYPES } from '../../tflite/schema.js';
import type { OperatorRecord } from './records.js';
import { bufferBytes, int32s } from './tensors.js';

const MOST_RANK = 8;

export interface Folded {
  /** The operators that remain. */
  records: OperatorRecord[];
  /** Tensors that are constant now, or that only folded operators read, by index. */
  constants: ReadonlyMap<number, Tensor>;
}

const GATHER_OPTIONS = { axis: 0 } as const;
type Evaluate = FoldLists['evaluate'];

const gather: Evaluate = ([{ values, rank }, indices]) =>
  rank === 1 && indices.values.every((index) => index >= 0 && index < values.length)
    ? indices.values.map((index) => values[index])
    : undefined;

/** Operators of which nothing but this is known. */
const OTHERS: Readonly<Record<string, FoldLists>> = {
  GATHER: {
    inputs: [2, 2],
    evaluate: (inputs, options) => (isAlongLists(options, GATHER_OPTIONS.axis) ? gather(inputs, options) : undefined),
  },
  CAST: unchanged(1, 1),
  REDUCE_PROD: { inputs: [2, 2], evaluate: ([{ values }]) => [values.reduce((a, b) => a * b, 1)] },
};

function foldOf(name: string): FoldLists | undefined {
  if (isOperator(name)) return OPERATORS[name].tflite.fold;
  return Object.hasOwn(OTHERS, name) ? OTHERS[name] : undefined;
}

/** `subgraph` holds the tensors that `records`, operators of it, name; `outputs` are kept. */
export function foldShapes(
  bytes: Uint8Array,
  model: Table,
  subgraph: Table,
  records: readonly OperatorRecord[],
  outputs: readonly number[],
): Folded {
  const folding = new Folding(bytes, model, subgraph);
  const remaining = records.filter((record) => !folding.fold(record));
  if (remaining.length === records.length) return { records: remaining, constants: new Map() };
  const read = new Set([...remaining.flatMap(({ inputs }) => inputs), ...outputs]);
  const constants = [...folding.tensors].filter(([index]) => folding.made.has(index) || !read.has(index));
  return { records: remaining, constants: new Map(constants) };
}

class Folding {
  /** Every tensor whose values are known, as an int32 constant. */
  readonly tensors = new Map<number, Tensor>();
  /** Those that an operator makes. */
  readonly made = new Set<number>();

  constructor(
    private readonly bytes: Uint8Array,
    private readonly model: Table,
    private readonly subgraph: Table,
  ) {}

  /** Whether the operator's output is known now. */
  fold(record: OperatorRecord): boolean {
    const [output] = record.outputs;
    const table = this.tensorTable(output);
    if (record.outputs.length !== 1 || !table || !integers(table) || table.length(TENSOR.shape) > MOST_RANK)
      return false;
    const values = record.name === 'SHAPE' ? this.shapeOf(record.inputs[0]) : this.evaluated(record);
    const shape = table.int32s(TENSOR.shape);
    const exact = values?.every((value) => Math.abs(value) < 2 ** 31);
    if (!values || !exact || values.length > MOST_VALUES || elements(shape) !== values.length) return false;
    this.set(output, table, shape, values);
    this.made.add(output);
    return true;
  }

  private set(index: number, table: Table, shape: number[], values: ArrayLike<number>): void {
    const data = Int32Array.from(values);
    this.tensors.set(index, { index, name: table.string(TENSOR.name), shape, dtype: 'int32', data });
  }

  private evaluated({ name, inputs, table }: OperatorRecord): readonly number[] | undefined {
    const known = foldOf(name);
    if (!known || inputs.length < known.inputs[0] || inputs.length > known.inputs[1]) return undefined;
    const values = inputs.map((index) => this.value(index));
    if (values.some((value) => value === undefined)) return undefined;
    const options = table.table(OPERATOR.builtinOptions, `options of operator (${name})`);
    return known.evaluate(values as List[], options);
  }

  private value(index: number): List | undefined {
    if (!this.tensors.has(index)) this.readConstant(index);
    const tensor = this.tensors.get(index);
    return tensor && { values: Array.from(tensor.data!), rank: tensor.shape.length };
  }

  private readConstant(index: number): void {
    const table = this.tensorTable(index);
    if (!table || !integers(table) || table.length(TENSOR.shape) > 1) return;
    const data = bufferBytes(this.bytes, this.model, table.uint32(TENSOR.buffer));
    const size = typeName(table) === 'INT64' ? 8 : 4;
    const shape = table.int32s(TENSOR.shape);
    if (data.length === 0 || data.length > MOST_VALUES * size || data.length !== elements(shape) * size) return;
    this.set(index, table, shape, int32s(data, size));
  }

  private shapeOf(index: number | undefined): readonly number[] | undefined {
    const table = this.tensorTable(index);
    if (!table || table.length(TENSOR.shape) > MOST_RANK) return undefined;
    const shape = table.int32s(TENSOR.shape);
    return shape.every((dim) => dim > 0) ? shape : undefined;
  }

  private tensorTable(index: number | undefined): Table | undefined {
    if (index === undefined || index < 0 || index >= this.subgraph.length(SUBGRAPH.tensors)) return undefined;
    return this.subgraph.element(SUBGRAPH.tensors, index, `tensor ${index}`);
  }
}

const typeName = (table: Table): string | undefined => TENSOR_TYPES[table.int8(TENSOR.type)];
const integers = (table: Table): boolean => ['INT32', 'INT64'].includes(typeName(table) ?? '');
