/** State of a translation for the ONNX operators: the graph so far, and one node's inputs and attributes. */
import { DepthwiseError } from '../errors.js';
import type { Operator, OperatorKind, Quantization, Tensor } from '../graph/graph.js';
import { elements } from '../graph/graph.js';
import { MAX_ELEMENTS, Unsupported } from '../graph/refusal.js';
import type { OnnxConstant, OnnxNode } from './model.js';

/** Tensors and operators written so far, and where each ONNX value is found. */
export class Translation {
  readonly tensors: Tensor[] = [];
  readonly operators: Operator[] = [];
  /** The operator that computes a tensor, by its index. */
  readonly writers = new Map<number, Operator>();
  /** Index of the tensor of an activation, by ONNX name. */
  readonly activations = new Map<string, number>();
  /** Names of those whose ONNX shape is [1, height, width, channels], between two Transposes or at an edge of the model. */
  readonly channelsLast = new Set<string>();

  /** [height, width, channels] of rows whose values ONNX has channel by channel, and we pixel by pixel. */
  readonly flattened = new Map<string, readonly number[]>();
  /** TensorProto.DataType of activations that ONNX has as integers. */
  readonly integers = new Map<string, number>();
  /** Values of the constants that were computed from others. */
  foldedValues = 0;

  constructor(
    readonly constants: Map<string, OnnxConstant>,
    /** Signs of an operator's outputs. */
    readonly nonNegative: (operator: Operator) => 'always' | 'from inputs' | undefined,
    /** Version of the standard operator set. */
    readonly opset: number,
  ) {}

  /** Whether a value of that name is known. */
  has(name: string): boolean {
    return this.activations.has(name) || this.constants.has(name);
  }

  tensor(name: string, shape: readonly number[], data?: Float32Array | Int32Array): number {
    if (elements(shape) > MAX_ELEMENTS) {
      throw new DepthwiseError(
        'MODEL_TOO_LARGE',
        `tensor "${name}": shape [${shape}] has ${elements(shape)} values; ${MAX_ELEMENTS} at most. ` +
          'Make the input or the layer smaller.',
      );
    }
    const index = this.tensors.length;
    this.tensors.push({ index, name, shape, dtype: data instanceof Int32Array ? 'int32' : 'float32', data });
    return index;
  }
}

/** How a node becomes operators. */
export interface OnnxTranslation {
  translate(node: NodeTranslation): void;
  /**
   * What becomes of the values of a row that stand in another order than ONNX's: they stay in that order, or are put right.
   * Without it such a row is refused.
   */
  rows?: 'kept' | 'sorted';
}

/** One node being translated. Shapes of activations are NHWC, or [1, N]. */
export class NodeTranslation {
  constructor(
    private readonly translation: Translation,
    readonly node: OnnxNode,
    private readonly rows?: OnnxTranslation['rows'],
  ) {}

  /** Version of the standard operator set that the node is of. */
  get opset(): number {
    return this.translation.opset;
  }

  private place(name?: string): string {
    const { index, op } = this.node;
    const title = this.node.name ? ` "${this.node.name}"` : '';
    return `node ${index} (${op})${title}${name === undefined ? '' : `, tensor "${name}"`}`;
  }

  unsupported(found: string, expected: string, name?: string): DepthwiseError {
    const advice = 'Change the model and export it again';
    return new Unsupported(this.place(name), `${found}; supported: ${expected}`, advice);
  }

  invalid(found: string, expected: string, name?: string): DepthwiseError {
    const advice = 'The file contradicts itself: export the model again';
    return new DepthwiseError('MODEL_INVALID', `${this.place(name)}: ${found}; expected: ${expected}. ${advice}.`);
  }

  /** The activation that is input `position`, channels first. `rank`, if given, must be its number of dimensions. */
  activation(position = 0, rank?: number): Tensor {
    const name = this.node.inputs[position] ?? '';
    if (!this.translation.channelsLast.has(name)) return this.anyActivation(position, rank);
    throw this.unsupported('channels last', 'channels first, as behind a Transpose to 0, 3, 1, 2', name);
  }

  /** Whether input `position` is an activation in ONNX's order height, width, channels. */
  isChannelsLast(position = 0): boolean {
    return this.translation.channelsLast.has(this.node.inputs[position] ?? '');
  }

  /** The shape of an activation as ONNX has it. */
  onnxShape(position: number): readonly number[] {
    const { shape } = this.anyActivation(position);
    return shape.length === 4 && !this.isChannelsLast(position) ? [shape[0], shape[3], shape[1], shape[2]] : shape;
  }

  /** Whether input `position` is computed by the model. */
  isActivation(position: number): boolean {
    return this.translation.activations.has(this.node.inputs[position] ?? '');
  }

  /** TensorProto.DataType of input `position`, where it is an activation that ONNX has as integers. */
  integerType(position = 0): number | undefined {
    return this.translation.integers.get(this.node.inputs[position] ?? '');
  }

  /** Says that ONNX has the node's output as integers. */
  finishIntegers(type: number): void {
    this.translation.integers.set(this.node.outputs[0], type);
  }

  /** An activation as `activation` reads it, in either order of axes: for operators to which it does not matter. */
  anyActivation(position = 0, rank?: number): Tensor {
    const name = this.node.inputs[position] ?? '';
    if (this.translation.flattened.has(name) && !this.rows) {
      const found = 'a map of several channels and pixels as one row';
      throw this.unsupported(found, 'that in front of Gemm or MatMul alone', name);
    }
    const index = this.translation.activations.get(name);
    if (index === undefined) {
      if (this.translation.constants.has(name)) throw this.unsupported('a constant as input', 'activations', name);
      throw this.invalid(`input ${position} is computed nowhere before`, 'nodes in the order in which they run', name);
    }
    const tensor = this.translation.tensors[index];
    if (rank !== undefined && tensor.shape.length !== rank) {
      throw this.unsupported(`${tensor.shape.length} dimensions`, `${rank}`, name);
    }
    return tensor;
  }

  /** The constant that is input `position`, or undefined where there is none. */
  constant(position: number): OnnxConstant | undefined {
    const name = this.node.inputs[position];
    if (!name) return undefined;
    const constant = this.translation.constants.get(name);
    if (constant) return constant;
    throw this.unsupported('it is computed while the model runs', 'constants stored in the model', name);
  }

  /** Floating-point values of input `position`; `count`, if given, is how many there must be. */
  floats(position: number, count?: number): Float32Array {
    const name = this.node.inputs[position];
    const values = this.constant(position)?.values;
    if (!(values instanceof Float32Array)) throw this.invalid(`input ${position} is no float constant`, 'one', name);
    if (values.some((value) => !Number.isFinite(value))) throw this.invalid('infinite values', 'finite values', name);
    if (count !== undefined && values.length !== count) throw this.invalid(`${values.length} values`, `${count}`, name);
    return values;
  }

  int(name: string, otherwise: number): number {
    return this.node.attributes.get(name)?.i ?? otherwise;
  }

  float(name: string, otherwise: number): number {
    return this.node.attributes.get(name)?.f ?? otherwise;
  }

  text(name: string, otherwise: string): string {
    return this.node.attributes.get(name)?.s || otherwise;
  }

  /** A list of `count` integers from `least` to 65535, or `otherwise` where the attribute is absent. */
  list(name: string, count: number, least: number, otherwise: number): number[] {
    const ints = this.node.attributes.get(name)?.ints;
    if (!ints?.length) return Array<number>(count).fill(otherwise);
    if (ints.length !== count) throw this.unsupported(`${ints.length} ${name}`, `${count}, for height and width`);
    if (ints.some((value) => value < least || value > 65535)) {
      throw this.unsupported(`${name} ${ints.join(', ')}`, `${least} to 65535 each`);
    }
    return ints;
  }

  /** An axis counted from the front. */
  axis(stated: number, rank: number): number {
    if (Number.isInteger(stated) && stated >= -rank && stated < rank) return stated < 0 ? stated + rank : stated;
    throw this.invalid(`axis ${stated}`, `an axis of ${rank} dimensions`);
  }

  /**
   * A constant that the operator brings along; its name is the node's output and `role`. `quantization` says which
   * integers, as int8, its real values are in the file.
   */
  weights(
    role: string,
    shape: readonly number[],
    data: Float32Array | Int32Array,
    quantization?: Quantization,
  ): number {
    const index = this.translation.tensor(`${this.node.outputs[0]}:${role}`, shape, data);
    if (quantization) this.translation.tensors[index].quantization = quantization;
    return index;
  }

  /** Gives an activation the scale and zero point that the model has for it. */
  quantize(tensor: Tensor, quantization: Quantization): Tensor {
    tensor.quantization = quantization;
    return tensor;
  }

  /** Writes an operator with its output tensor; `name` is the node's output unless another one follows. */
  write(kind: OperatorKind, inputs: readonly number[], shape: readonly number[], name = this.node.outputs[0]): Tensor {
    const { operators, tensors } = this.translation;
    const output = this.translation.tensor(name, shape);
    const operator = { ...kind, index: operators.length, inputs, outputs: [output] };
    operators.push(operator);
    this.translation.writers.set(output, operator);
    return tensors[output];
  }

  /** Makes `tensor` the node's output. */
  finish(tensor: Tensor, channelsLast = false): void {
    this.translation.activations.set(this.node.outputs[0], tensor.index);
    if (channelsLast) this.translation.channelsLast.add(this.node.outputs[0]);
    const map = this.translation.flattened.get(this.node.inputs[0]);
    if (map && this.rows === 'kept') this.translation.flattened.set(this.node.outputs[0], map);
  }

  /**
   * Finishes, as `finish` does, a row that ONNX orders by channel, height and width; ours is of a map [height, width,
   * channels].
   */
  finishFlattened(tensor: Tensor, map: readonly number[]): void {
    this.finish(tensor);
    this.translation.flattened.set(this.node.outputs[0], map);
  }

  /** For each value of input 0, a row: its position in ONNX's order. */
  onnxPosition(): (position: number) => number {
    const map = this.translation.flattened.get(this.node.inputs[0]);
    if (!map) return (position) => position;
    const [height, width, channels] = map;
    return (position) => (position % channels) * height * width + Math.floor(position / channels);
  }

  /** Whether no value of the tensor can be below 0, as its own zero point may say. */
  isNonNegative(tensor: Tensor): boolean {
    const { tensors, writers, nonNegative } = this.translation;
    const open = [tensor.index];
    const seen = new Set(open);
    for (const index of open) {
      if (tensors[index].quantization?.zeroPoint[0] === -128) continue;
      const writer = writers.get(index);
      const sign = writer && nonNegative(writer);
      if (!writer || !sign) return false;
      if (sign === 'always') continue;
      // Paddings, axes and shapes have no writer and are no values.
      for (const source of writer.inputs) {
        if (seen.has(source) || tensors[source].data) continue;
        seen.add(source);
        open.push(source);
      }
    }
    return true;
  }
}
