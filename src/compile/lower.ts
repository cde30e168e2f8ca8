/**
 * Graph -> program. Every operator becomes no step (RESHAPE), one step, or one per input (CONCATENATION). uint8 tensors
 * become int8 ones: values, zero points and weights less 128, which changes no sum; a step flips the bytes of uint8 inputs and
 * outputs.
 */
import { DepthwiseError } from '../errors.js';
import {
  KIND_ADD,
  KIND_AVERAGE_POOL,
  KIND_FLIP,
  KIND_LUT,
  KIND_MAX_POOL,
  KIND_MEAN,
  KIND_PAD,
  KIND_SOFTMAX,
  STEP_UNSIGNED_ROUNDING,
} from '../format/layout.js';
import type { Graph, Operator, OperatorOf, Tensor } from '../graph/graph.js';
import { elements, hwc, perTensor, where } from '../graph/graph.js';
import type { Rounding } from '../kernels/reference/fixedpoint.js';
import {
  addParameters,
  meanParameters,
  padParameters,
  poolParameters,
  softmaxParameters,
} from '../kernels/reference/prepare.js';
import {
  concatenationTable,
  logisticTable,
  quantizeTable,
  reluTable,
  softmaxExpTable,
} from '../kernels/reference/tables.js';
import { lowerConvolution, lowerFullyConnected } from './lower-conv.js';
import { type Buffer, PLAIN, POINT, type Port, type Program, type Step, type View } from './program.js';
import { byteTable, clampOf, words } from './tables.js';

export interface LowerOptions {
  rounding: Rounding;
  /** Fold PAD and activations into the layer before or after; off, every operator's output can be looked at. */
  fuse: boolean;
  /** Input values that convolutions pack at a time. */
  kChunk?: number;
}

export function lower(graph: Graph, options: LowerOptions): Program {
  return new Lowering(graph, options).program();
}

class Lowering {
  private readonly buffers: Buffer[] = [];
  private readonly steps: Step[] = [];
  private readonly views = new Map<number, View>();
  private readonly consumers = new Map<number, Operator[]>();
  /** PADs that a convolution took in, by their output tensor. */
  private readonly folded = new Map<number, OperatorOf<'PAD'>>();

  constructor(
    private readonly graph: Graph,
    private readonly options: LowerOptions,
  ) {
    for (const operator of graph.operators) {
      for (const input of operator.inputs) {
        const list = this.consumers.get(input);
        if (list) list.push(operator);
        else this.consumers.set(input, [operator]);
      }
    }
  }

  program(): Program {
    const { graph } = this;
    const inputs = graph.inputs.map((index) => this.port(index, this.inputEdge(index)));
    for (const port of inputs) if (port.dtype === 'uint8') this.flip(port);
    for (const operator of graph.operators) this.lower(operator);
    const outputs = graph.outputs.map((index) => this.port(index, this.outputEdge(index)));
    const flipped = new Set<number>();
    for (const port of outputs) {
      if (port.dtype === 'uint8' && !flipped.has(port.view.buffer)) this.flip(port);
      flipped.add(port.view.buffer);
    }
    return {
      name: graph.name,
      buffers: this.buffers,
      steps: this.steps,
      inputs,
      outputs,
      views: this.views,
      rounding: this.options.rounding,
      labels: graph.labels,
      randomWeights: graph.randomWeights,
      randomRanges: graph.uncalibrated !== undefined,
    };
  }

  /** The byte tensor behind a model input: of a float32 one, what its QUANTIZE writes. */
  private inputEdge(index: number): Tensor {
    const tensor = this.graph.tensors[index];
    if (tensor.dtype !== 'float32') return tensor;
    const [first, ...others] = this.consumers.get(index) ?? [];
    if (first && others.length === 0) return this.graph.tensors[first.outputs[0]];
    const found = `Tensor ${index} "${tensor.name}" is a float32 input that ${first ? others.length + 1 : 'no'} operators read`;
    throw new DepthwiseError(
      'MODEL_UNSUPPORTED',
      `${found}, expected one QUANTIZE. Export the model with int8 inputs.`,
    );
  }

  private outputEdge(index: number): Tensor {
    const tensor = this.graph.tensors[index];
    if (tensor.dtype !== 'float32') return tensor;
    const writer = this.graph.operators.find((operator) => operator.outputs.includes(index))!;
    return this.graph.tensors[writer.inputs[0]];
  }

  private port(index: number, bytes: Tensor): Port {
    const tensor = this.graph.tensors[index];
    const { scale, zeroPoint } = perTensor(bytes);
    return {
      view: this.view(bytes.index),
      tensor: bytes.index,
      name: tensor.name,
      shape: tensor.shape,
      scale,
      zeroPoint,
      dtype: bytes.dtype as 'int8' | 'uint8',
      float32: tensor.dtype === 'float32',
    };
  }

  private flip({ view, name }: Port): void {
    this.push({ kind: KIND_FLIP, name, operators: [], input: view, output: view });
  }

  /** The view of an activation tensor; its buffer is made when it is first asked for. */
  private view(index: number): View {
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
    this.buffers.push({ index: view.buffer, name: tensor.name, bytes: elements(tensor.shape) });
    this.views.set(index, view);
    return view;
  }

  private shaped(tensor: Tensor, buffer: number, offset: number): View {
    const [height, width, channels] = hwc(tensor.shape);
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

  private push(step: Pick<Step, 'kind' | 'name' | 'operators' | 'input' | 'output'> & Partial<Step>): void {
    this.steps.push({ ...PLAIN, ...step });
  }

  private lower(operator: Operator): void {
    const { graph } = this;
    const { rounding, kChunk } = this.options;
    const input = graph.tensors[operator.inputs[0]];
    const output = graph.tensors[operator.outputs[0]];
    const offset = output.dtype === 'uint8' ? 128 : 0;
    const common = () => ({
      name: output.name,
      operators: [operator.index],
      input: this.view(input.index),
      output: this.view(output.index),
    });
    switch (operator.op) {
      case 'CONV_2D':
      case 'DEPTHWISE_CONV_2D': {
        const pad = this.folded.get(input.index);
        const source = pad ? pad.inputs[0] : input.index;
        const p = pad && padParameters(graph, pad);
        const step = lowerConvolution(graph, operator, this.view(source), this.view(output.index), p, rounding, kChunk);
        if (pad) step.operators.unshift(pad.index);
        this.steps.push(step);
        return;
      }
      case 'FULLY_CONNECTED':
        this.steps.push(
          lowerFullyConnected(graph, operator, this.view(input.index), this.view(output.index), rounding, kChunk),
        );
        return;
      case 'AVERAGE_POOL_2D':
      case 'MAX_POOL_2D': {
        const p = poolParameters(graph, operator);
        this.push({
          ...common(),
          kind: operator.op === 'MAX_POOL_2D' ? KIND_MAX_POOL : KIND_AVERAGE_POOL,
          window: {
            kernelH: p.kernelHeight,
            kernelW: p.kernelWidth,
            strideH: p.strideH,
            strideW: p.strideW,
            padTop: p.padTop,
            padLeft: p.padLeft,
          },
          clampLow: p.clampLow - offset,
          clampHigh: p.clampHigh - offset,
          flags: output.dtype === 'uint8' ? STEP_UNSIGNED_ROUNDING : 0,
        });
        return;
      }
      case 'MEAN': {
        const p = meanParameters(graph, operator);
        this.push({ ...common(), kind: KIND_MEAN, table: words(p.multiplier, p.shift) });
        return;
      }
      case 'ADD': {
        const p = addParameters(graph, operator);
        const factors = [p.input1, p.input2, p.output].flatMap((m) => [m.multiplier, m.shift]);
        this.push({
          ...common(),
          kind: KIND_ADD,
          input2: this.view(operator.inputs[1]),
          clampLow: p.clampLow - offset,
          clampHigh: p.clampHigh - offset,
          table: words(...factors),
        });
        return;
      }
      case 'PAD':
        this.pad(operator, common);
        return;
      case 'CONCATENATION':
        this.concatenate(operator);
        return;
      case 'RESHAPE':
      case 'SQUEEZE': {
        const { buffer, offset: at } = this.view(input.index);
        this.views.set(output.index, this.shaped(output, buffer, at));
        return;
      }
      case 'SOFTMAX': {
        const p = softmaxParameters(graph, operator, rounding);
        const rows = (view: View) => ({
          ...view,
          height: 1,
          width: p.rows,
          channels: p.depth,
          pixelStride: p.depth,
          rowStride: p.rows * p.depth,
        });
        const { input: from, output: to, ...rest } = common();
        const table = words(...softmaxExpTable(p, rounding));
        this.push({ ...rest, input: rows(from), output: rows(to), kind: KIND_SOFTMAX, table });
        return;
      }
      case 'LOGISTIC':
        this.push({
          ...common(),
          kind: KIND_LUT,
          table: byteTable(logisticTable(graph, operator, rounding), input, output),
        });
        return;
      case 'RELU':
      case 'RELU6':
        this.relu(operator, byteTable(reluTable(graph, operator, rounding), input, output), common);
        return;
      case 'QUANTIZE':
        if (input.dtype === 'float32') return; // at an input: the host converts
        this.push({
          ...common(),
          kind: KIND_LUT,
          table: byteTable(quantizeTable(input, output, rounding), input, output),
        });
        return;
      case 'DEQUANTIZE':
        return; // at an output: the host converts
    }
  }

  private onlyConsumer(index: number): Operator | undefined {
    const list = this.consumers.get(index) ?? [];
    return list.length === 1 && !this.graph.outputs.includes(index) ? list[0] : undefined;
  }

  /** Into the next convolution where that one pads nothing itself and only it reads the padded tensor. */
  private pad(operator: OperatorOf<'PAD'>, common: () => Pick<Step, 'name' | 'operators' | 'input' | 'output'>): void {
    const p = padParameters(this.graph, operator);
    const next = this.onlyConsumer(operator.outputs[0]);
    const input = this.graph.tensors[operator.inputs[0]];
    const convolution = next?.op === 'CONV_2D' || next?.op === 'DEPTHWISE_CONV_2D';
    const foldable = convolution && next.padding === 'valid' && p.value === perTensor(input).zeroPoint;
    if (this.options.fuse && foldable) {
      this.folded.set(operator.outputs[0], operator);
      return;
    }
    this.push({ ...common(), kind: KIND_PAD, window: { ...POINT, padTop: p.top, padLeft: p.left } });
  }

  /** Into the layer before, where both tensors are quantised alike, so that the table is nothing but a clamp. */
  private relu(
    operator: Operator,
    table: Uint8Array,
    common: () => Pick<Step, 'name' | 'operators' | 'input' | 'output'>,
  ): void {
    const source = operator.inputs[0];
    const last = this.steps[this.steps.length - 1];
    const [from, to] = [source, operator.outputs[0]].map((index) => perTensor(this.graph.tensors[index]));
    const alike = from.scale === to.scale && from.zeroPoint === to.zeroPoint;
    const bounds = alike ? clampOf(table) : undefined;
    const writesSource = last?.output === this.views.get(source) && last?.weights !== undefined;
    if (this.options.fuse && bounds && writesSource && this.onlyConsumer(source) === operator) {
      last.clampLow = Math.max(last.clampLow, bounds.low);
      last.clampHigh = Math.min(last.clampHigh, bounds.high);
      last.operators.push(operator.index);
      last.name = this.graph.tensors[operator.outputs[0]].name;
      this.views.set(operator.outputs[0], last.output);
      return;
    }
    this.push({ ...common(), kind: KIND_LUT, table });
  }

  /** Each input is copied, through a table where it is quantised differently, into its slice of the output. */
  private concatenate(operator: OperatorOf<'CONCATENATION'>): void {
    const output = this.graph.tensors[operator.outputs[0]];
    const axis = (operator.axis + output.shape.length) % output.shape.length;
    const depth = output.shape.length - axis;
    if (output.shape.length !== 4 && depth !== 1) {
      const found = `axis ${operator.axis} of a shape [${output.shape}]`;
      throw new DepthwiseError('MODEL_UNSUPPORTED', `${where(operator, output)}: found ${found}, expected [1,H,W,C].`);
    }
    const whole = this.view(output.index);
    const step = [0, whole.pixelStride / whole.channels, whole.pixelStride, whole.rowStride][depth];
    let position = 0;
    for (const index of operator.inputs) {
      const tensor = this.graph.tensors[index];
      const input = this.view(index);
      const slice = {
        ...whole,
        height: input.height,
        width: input.width,
        channels: input.channels,
        offset: whole.offset + position * step,
      };
      this.push({
        kind: KIND_LUT,
        name: output.name,
        operators: index === operator.inputs[operator.inputs.length - 1] ? [operator.index] : [],
        input,
        output: slice,
        table: byteTable(concatenationTable(tensor, output, this.options.rounding), tensor, output),
      });
      position += tensor.shape[axis];
    }
  }
}
