/** The host's definition of an operator. docs/adding-an-operator.md takes the reader through the smallest one. */
import type { Builder } from 'flatbuffers';
import type { Graph, GraphTensors, Operator, Tensor, WeightedOperator } from '../graph/graph.js';
import type { WindowPixels } from '../kernels/float/windows.js';
import type { Bytes } from '../kernels/reference/bytes.js';
import type { Rounding } from '../kernels/reference/fixedpoint.js';
import type { OutputFactors } from '../kernels/reference/prepare.js';
import type { Lowering } from '../lower/lowering.js';
import type { OnnxTranslation } from '../onnx/translate.js';
import type { FoldLists } from '../tflite/lists.js';
import type { OptionsReader } from '../tflite/options.js';
import type { Field } from '../tflite/write.js';

/** An operator where it stands: with its tensors. */
export interface Placed<O extends Operator = Operator> {
  graph: GraphTensors;
  operator: O;
  /** undefined for an absent optional input. */
  inputs: readonly Tensor[];
  outputs: readonly Tensor[];
  /** The first of each. */
  input: Tensor;
  output: Tensor;
}

export function place<O extends Operator>(graph: GraphTensors, operator: O): Placed<O> {
  const inputs = operator.inputs.map((index) => graph.tensors[index]);
  const outputs = operator.outputs.map((index) => graph.tensors[index]);
  return { graph, operator, inputs, outputs, input: inputs[0], output: outputs[0] };
}

/** The values of a tensor, in its own dtype. */
export type Values = Int8Array | Uint8Array | Int32Array | Float32Array;

/** One run of a quantised operator, in exact arithmetic. */
export interface ExactRun<O extends Operator = Operator> extends Placed<O> {
  rounding: Rounding;
  /** Values by input; undefined for an absent one. */
  values: readonly (Values | undefined)[];
  /** Where the values of each output go. */
  results: readonly Values[];
  /** Values of an input of int8 or uint8. */
  bytes(position: number): Bytes;
  /** The first of the results, as bytes. */
  out: Bytes;
}

/** One run of an operator of float32. */
export interface FloatRun<O extends Operator = Operator> extends Placed<O> {
  /** Values by input; undefined for an absent one. */
  values: readonly Float32Array[];
  /** Where the values of each output go. An activation that is part of the operator is applied behind it. */
  results: readonly Float32Array[];
  /** The first of the results. */
  out: Float32Array;
}

/** Channel `from` of input number `input` goes into channel `to` of an output, and into no other operator's sum. */
export interface Link {
  input: number;
  from: number;
  /** Number of the output, 0 where there is one. */
  output?: number;
  to: number;
}

/** A byte that all of a channel holds, which comes in by input number `input`. */
export interface Arrival<T = number | undefined> {
  input: number;
  value: T;
}

/**
 * Constant value of an output channel into which nothing but constants go: a byte, or undefined where it is not
 * constant.
 */
export type ConstantOf = (arrivals: readonly Arrival<number>[]) => number | undefined;

/** Fields of an operator that are its own. */
export type OwnFields<O> = O extends Operator ? Omit<O, 'op' | keyof Placement> : never;
type Placement = Pick<Operator, 'index' | 'inputs' | 'outputs'>;

export interface TfliteOperator<O extends Operator = Operator> {
  /** Where the file has each of its inputs. Without it they stand in this order. */
  order?: readonly number[];
  /** The number of its options table in the schema's union BuiltinOptions; 0 where it has none. */
  options: number;
  /** Its own fields, as the options say. Without it there are none. */
  read?(options: OptionsReader): OwnFields<O>;
  /** The options, by slot; what they point to is written first. Without it the table is empty. */
  write?(placed: Placed<O>, builder: Builder): Record<number, Field>;
  /** The least version whose kernel runs it on these types (TensorFlow's op_version.cc). Without it: 2 for int8, 1 for uint8. */
  version?(placed: Placed<O>): number;
  /** Result for lists of integers: arithmetic on shapes, of which nothing is left in the graph. */
  fold?: FoldLists;
}

/** Further facts of a layer with weights: its filter is input 1, its bias, one value per output channel, input 2. */
export interface FilterDefinition<O extends WeightedOperator = WeightedOperator> {
  /** Which pixels of the input meet which of the filter, and in which pixels of the output. */
  readonly pixels: WindowPixels<O>;
  /** Some outputs meet parts of the filter only, such as those at a padded border; all meet all of it, without it. */
  readonly isPartial?: (placed: Placed<O>) => boolean;
  /** From sums to bytes. */
  factors(graph: GraphTensors, operator: O): OutputFactors;
  /**
   * Kernels of old know one scale for all weights and no other, and multiply it with the input's in float32; without it weights
   * have a scale for each output channel.
   */
  readonly hasOneScale?: boolean;
}

export interface OperatorDefinition<O extends Operator = Operator> {
  // --- in files ------------------------------------------------------------------------------------------------------
  readonly tflite: TfliteOperator<O>;
  /** ONNX operators that become this one, alone or with others. */
  readonly onnx?: Readonly<Record<string, OnnxTranslation>>;

  // --- what it takes -------------------------------------------------------------------------------------------------
  /** Number of inputs. */
  readonly inputs: readonly [least: number, most: number];
  /** Number of outputs; 1 without it. */
  readonly outputs?: readonly [least: number, most: number];
  /** Positions of inputs that may be absent though others follow. */
  readonly optional?: readonly number[];
  /** How many inputs, from the first, are activations; 1 without it. The others are constants, stored in the model. */
  readonly activations?: number;
  /** Activations may be constants too. */
  readonly constantActivations?: boolean;
  /**
   * Activations may have any shape of up to 5 dimensions: to its kernels the first ones are one height. Without it they are
   * [1,H,W,C] or have fewer dimensions.
   */
  readonly anyShape?: boolean;
  /** Instead of the demand that all activations are int8, or all uint8. `read` has the tensors that any operator reads. */
  checkTypes?(placed: Placed<O>, graph: Graph, read: ReadonlySet<number>): void;
  /**
   * Everything but the number, types and ranks of its tensors, and the shapes of its outputs.
   * @throws DepthwiseError MODEL_INVALID, MODEL_UNSUPPORTED.
   */
  check?(placed: Placed<O>): void;
  /**
   * Shape of an output, as TFLite computes it from inputs that have been checked; that of the input, without it. undefined where the
   * file alone says it: it need only have as many values as the input.
   */
  shape?(placed: Placed<O>, output: number): readonly number[] | undefined;

  // --- what it costs -------------------------------------------------------------------------------------------------
  /** Multiply-accumulates; 0 without it. */
  macs?(placed: Placed<O>): number;
  /** Tensors whose values count as parameters; none without it. */
  parameters?(operator: O): readonly number[];

  // --- what it computes ----------------------------------------------------------------------------------------------
  /** The bytes that every engine must give: kernels of src/kernels/reference. */
  run(run: ExactRun<O>): void;
  /** Real values, for calibration; without it there are no float models with it. */
  runFloat?(run: FloatRun<O>): void;
  /** Adds its steps to the program, or says where its output stands. */
  lower(lowering: Lowering, operator: O): void;
  /** Its output is its input by another name: it has no step. */
  readonly isView?: boolean;
  /** Takes the values of its first input in any order: it moves them anyway, or its weights are moved instead. */
  takesOrder?(placed: Placed<O>): boolean;
  /** Real values that it leaves as they are, all others become the nearest of them: it may be part of the operator before. */
  readonly bounds?: readonly [low: number, high: number];
  /** It is a layer with weights. */
  readonly filter?: O extends WeightedOperator ? FilterDefinition<O> : undefined;
  /** Takes such bounds as its own activation, in its fields. */
  readonly hasActivation?: boolean;
  /** Pixels of value 0 that it adds around a map and nothing else; what reads it may do so instead. */
  zeroPadding?(placed: Placed<O>): { top: number; bottom: number; left: number; right: number } | undefined;
  /** Its window may reach over the border as far as such a padding says. */
  takesPadding?(operator: O): boolean;

  // --- what quantising a float model must know ------------------------------------------------------------------------
  /** Output and activations have one scale and zero point: it copies, averages or chooses among bytes. */
  readonly sameMap?: boolean;
  /** Whether it only clips its first input: of that the values beyond those of its output need no room in the map. */
  clips?(placed: Placed<O>): boolean;
  /** Scale and zero point of its int8 output, whatever the values. */
  readonly outputMap?: { readonly scale: number; readonly zeroPoint: number };
  /**
   * What it reads are scores, whose order is the answer, so that none is clipped: of classes one of which it is, or each of
   * something by itself.
   */
  readonly readsScores?: 'of classes' | 'one by one';
  /** Whether no output is below 0: never, or not where no input is. */
  readonly nonNegative?: 'always' | 'from inputs';

  // --- channels that hold one byte, or that nobody reads --------------------------------------------------------------
  /** How channels go through, layers with weights aside. Without it, or undefined: they mix, and all stay. */
  links?(placed: Placed<O>): Link[] | undefined;
  /** Result for constant channels. Without it nothing is constant. */
  constants?(placed: Placed<O>, rounding: Rounding): ConstantOf;
  /** Channels of real zeros come out as such, whatever the scales will be. */
  readonly keepsZeros?: boolean;
  /** The operator, when its activations have lost channels. */
  narrowed?(operator: O): O;
}
