/** State of lowering: buffers, steps, and where each tensor stands. */
import { DepthwiseError } from '../errors.js';
import type { Graph, Operator, Tensor } from '../graph/graph.js';
import { hwc, perTensor } from '../graph/graph.js';
import type { Rounding } from '../kernels/reference/fixedpoint.js';
import type { Loop } from '../program/loops.js';
import { type Buffer, PLAIN, PORT_TYPES, type PortType, type Step, type View, viewSize } from '../program/program.js';

export interface LowerOptions {
  rounding: Rounding;
  /** Fold paddings and activations into the layer behind or before; off, every operator's output can be looked at. */
  fuse: boolean;
  /** Input values that convolutions pack at a time. */
  kChunk?: number;
}

/** Fields that no step shares with others. */
export type StepBase = Pick<Step, 'kind' | 'name' | 'operators' | 'input' | 'output'>;

/** Pixels of value 0 that are left to the reader. */
export interface Padding {
  /** Index of the operator that is left out. */
  operator: number;
  /** The tensor without them. */
  source: number;
  top: number;
  left: number;
}

/** Values of another tensor in another order. */
export interface Order {
  /** Where they stand, and which of them each value is. */
  source: View;
  loops: readonly Loop[];
  /** Indices of the operators that are left out. */
  operators: readonly number[];
}

export class Lowering {
  readonly buffers: Buffer[] = [];
  readonly steps: Step[] = [];
  readonly views = new Map<number, View>();
  /** Paddings that the operator behind takes in, by the tensor that was to be padded. */
  readonly paddings = new Map<number, Padding>();
  /** Tensors that stand nowhere yet: values of others, which what reads them takes in their order. */
  readonly orders = new Map<number, Order>();
  /** Purpose of each buffer, by its index. */
  private readonly wholes: View[] = [];
  private readonly consumers = new Map<number, Operator[]>();

  constructor(
    readonly graph: Graph,
    readonly options: LowerOptions,
    /** Whether an operator can take in a padding before it, and values in another order. */
    private readonly takes: Record<'padding' | 'order', (operator: Operator) => boolean>,
  ) {
    for (const operator of graph.operators) {
      for (const input of operator.inputs) {
        const list = this.consumers.get(input);
        if (list) list.push(operator);
        else this.consumers.set(input, [operator]);
      }
    }
  }

  /** The view of an activation tensor; its buffer is made when it is first asked for. */
  view(index: number): View {
    const known = this.views.get(index);
    if (known) return known;
    const tensor = this.graph.tensors[index];
    if (tensor.data) {
      throw new DepthwiseError(
        'MODEL_UNSUPPORTED',
        `Tensor ${index} "${tensor.name}" is a constant, expected one that the model computes. Fold it into the weights or biases of a layer.`,
      );
    }
    const view = this.shaped(tensor, this.buffers.length, 0);
    this.buffers.push({ index: view.buffer, name: tensor.name, bytes: viewSize(view) });
    this.views.set(index, view);
    this.wholes.push(view);
    return view;
  }

  /** All of a view's buffer, in the rows in which it is written; the view itself where it is a part. */
  whole(view: View): View {
    const whole = this.wholes[view.buffer];
    return viewSize(view) === viewSize(whole) ? whole : view;
  }

  /** A view of all of `tensor` at `offset` of a buffer. */
  shaped(tensor: Tensor, buffer: number, offset: number): View {
    const [height, width, values] = hwc(tensor.shape);
    const channels = values * (tensor.dtype in PORT_TYPES ? PORT_TYPES[tensor.dtype as PortType] : 1);
    return {
      buffer,
      height,
      width,
      channels,
      offset,
      pixelStride: channels,
      rowStride: width * channels,
      zeroPoint: perTensor(tensor).zeroPoint - (tensor.dtype === 'uint8' ? 128 : 0),
    };
  }

  /** A step from the first input of an operator to its first output, its kind aside. */
  base(operator: Operator): Omit<StepBase, 'kind'> {
    const [input, output] = [operator.inputs[0], operator.outputs[0]];
    return {
      name: this.graph.tensors[output].name,
      operators: [operator.index],
      input: this.view(input),
      output: this.view(output),
    };
  }

  /** Leaves an operator that pads to the only operator behind it, if that one can. */
  leavePadding({ index, inputs, outputs }: Operator, { top, left }: { top: number; left: number }): boolean {
    const next = this.onlyConsumer(outputs[0]);
    if (!this.options.fuse || !next || !this.takes.padding(next)) return false;
    this.paddings.set(outputs[0], { operator: index, source: inputs[0], top, left });
    return true;
  }

  /** Leaves the output of an operator to the only operator behind it, if that one takes its values where they stand. */
  leaveOrder({ outputs: [output] }: Operator, order: Order): boolean {
    const next = this.onlyConsumer(output);
    if (!this.options.fuse || !next || !this.takes.order(next)) return false;
    this.orders.set(output, order);
    return true;
  }

  push(step: StepBase & Partial<Step>): void {
    this.steps.push({ ...PLAIN, ...step });
  }

  /** The operators that read a tensor. */
  readers(index: number): readonly Operator[] {
    return this.consumers.get(index) ?? [];
  }

  /** The one operator that reads a tensor, which is no output of the model. */
  onlyConsumer(index: number): Operator | undefined {
    const list = this.readers(index);
    return list.length === 1 && !this.graph.outputs.includes(index) ? list[0] : undefined;
  }
}
