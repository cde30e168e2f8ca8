/** Lowering of one operator; layers with weights are in src/lower/convolution.ts. */

import { DepthwiseError } from '../errors.js';
import type { Operator, OperatorOf } from '../graph/graph.js';
import { perTensor, where } from '../graph/graph.js';
import { unreachable } from '../graph/refusal.js';
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
import { lowerConvolution, lowerFullyConnected } from '../lower/convolution.js';
import type { Lowering, StepBase } from '../lower/lowering.js';
import { byteTable, clampOf, words } from '../lower/tables.js';
import {
  KIND_ADD,
  KIND_AVERAGE_POOL,
  KIND_LUT,
  KIND_MAX_POOL,
  KIND_MEAN,
  KIND_PAD,
  KIND_SOFTMAX,
  STEP_UNSIGNED_ROUNDING,
} from '../program/layout.js';
import { POINT, type View } from '../program/program.js';

/** Adds the steps of `operator`, or says where its output stands. */
export function lowerOperator(lowering: Lowering, operator: Operator): void {
  const { graph } = lowering;
  const { rounding, kChunk } = lowering.options;
  const input = graph.tensors[operator.inputs[0]];
  const output = graph.tensors[operator.outputs[0]];
  const offset = output.dtype === 'uint8' ? 128 : 0;
  const common = () => ({
    name: output.name,
    operators: [operator.index],
    input: lowering.view(input.index),
    output: lowering.view(output.index),
  });
  switch (operator.op) {
    case 'CONV_2D':
    case 'DEPTHWISE_CONV_2D': {
      const folded = lowering.folded.get(input.index);
      const source = folded ? folded.inputs[0] : input.index;
      const p = folded && padParameters(graph, folded);
      const step = lowerConvolution(
        graph,
        operator,
        lowering.view(source),
        lowering.view(output.index),
        p,
        rounding,
        kChunk,
      );
      if (folded) step.operators.unshift(folded.index);
      lowering.steps.push(step);
      return;
    }
    case 'FULLY_CONNECTED':
      lowering.steps.push(
        lowerFullyConnected(graph, operator, lowering.view(input.index), lowering.view(output.index), rounding, kChunk),
      );
      return;
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D': {
      const p = poolParameters(graph, operator);
      lowering.push({
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
      lowering.push({ ...common(), kind: KIND_MEAN, table: words(p.multiplier, p.shift) });
      return;
    }
    case 'ADD': {
      const p = addParameters(graph, operator);
      const factors = [p.input1, p.input2, p.output].flatMap((m) => [m.multiplier, m.shift]);
      lowering.push({
        ...common(),
        kind: KIND_ADD,
        input2: lowering.view(operator.inputs[1]),
        clampLow: p.clampLow - offset,
        clampHigh: p.clampHigh - offset,
        table: words(...factors),
      });
      return;
    }
    case 'PAD':
      pad(lowering, operator, common);
      return;
    case 'CONCATENATION':
      concatenate(lowering, operator);
      return;
    case 'RESHAPE':
    case 'SQUEEZE': {
      const { buffer, offset: at } = lowering.view(input.index);
      lowering.views.set(output.index, lowering.shaped(output, buffer, at));
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
      lowering.push({ ...rest, input: rows(from), output: rows(to), kind: KIND_SOFTMAX, table });
      return;
    }
    case 'LOGISTIC':
      lowering.push({
        ...common(),
        kind: KIND_LUT,
        table: byteTable(logisticTable(graph, operator, rounding), input, output),
      });
      return;
    case 'RELU':
    case 'RELU6':
      relu(lowering, operator, byteTable(reluTable(graph, operator, rounding), input, output), common);
      return;
    case 'QUANTIZE':
      if (input.dtype === 'float32') return; // at an input: the host converts
      lowering.push({
        ...common(),
        kind: KIND_LUT,
        table: byteTable(quantizeTable(input, output, rounding), input, output),
      });
      return;
    case 'DEQUANTIZE':
      return; // at an output: the host converts
    default:
      unreachable(operator);
  }
}

/** Into the next convolution where that one pads nothing itself and only it reads the padded tensor. */
function pad(lowering: Lowering, operator: OperatorOf<'PAD'>, common: () => Omit<StepBase, 'kind'>): void {
  const p = padParameters(lowering.graph, operator);
  const next = lowering.onlyConsumer(operator.outputs[0]);
  const input = lowering.graph.tensors[operator.inputs[0]];
  const convolution = next?.op === 'CONV_2D' || next?.op === 'DEPTHWISE_CONV_2D';
  const foldable = convolution && next.padding === 'valid' && p.value === perTensor(input).zeroPoint;
  if (lowering.options.fuse && foldable) {
    lowering.folded.set(operator.outputs[0], operator);
    return;
  }
  lowering.push({ ...common(), kind: KIND_PAD, window: { ...POINT, padTop: p.top, padLeft: p.left } });
}

/** Into the layer before, where both tensors are quantised alike, so that the table is nothing but a clamp. */
function relu(lowering: Lowering, operator: Operator, table: Uint8Array, common: () => Omit<StepBase, 'kind'>): void {
  const source = operator.inputs[0];
  const last = lowering.steps[lowering.steps.length - 1];
  const [from, to] = [source, operator.outputs[0]].map((index) => perTensor(lowering.graph.tensors[index]));
  const alike = from.scale === to.scale && from.zeroPoint === to.zeroPoint;
  const bounds = alike ? clampOf(table) : undefined;
  const writesSource = last?.output === lowering.views.get(source) && last?.weights !== undefined;
  if (lowering.options.fuse && bounds && writesSource && lowering.onlyConsumer(source) === operator) {
    last.clampLow = Math.max(last.clampLow, bounds.low);
    last.clampHigh = Math.min(last.clampHigh, bounds.high);
    last.operators.push(operator.index);
    last.name = lowering.graph.tensors[operator.outputs[0]].name;
    lowering.views.set(operator.outputs[0], last.output);
    return;
  }
  lowering.push({ ...common(), kind: KIND_LUT, table });
}

/** Each input is copied, through a table where it is quantised differently, into its slice of the output. */
function concatenate(lowering: Lowering, operator: OperatorOf<'CONCATENATION'>): void {
  const output = lowering.graph.tensors[operator.outputs[0]];
  const axis = (operator.axis + output.shape.length) % output.shape.length;
  const depth = output.shape.length - axis;
  if (output.shape.length !== 4 && depth !== 1) {
    const found = `axis ${operator.axis} of a shape [${output.shape}]`;
    throw new DepthwiseError('MODEL_UNSUPPORTED', `${where(operator, output)}: found ${found}, expected [1,H,W,C].`);
  }
  const whole = lowering.view(output.index);
  const step = [0, whole.pixelStride / whole.channels, whole.pixelStride, whole.rowStride][depth];
  let position = 0;
  for (const index of operator.inputs) {
    const tensor = lowering.graph.tensors[index];
    const input = lowering.view(index);
    const slice = {
      ...whole,
      height: input.height,
      width: input.width,
      channels: input.channels,
      offset: whole.offset + position * step,
    };
    lowering.push({
      kind: KIND_LUT,
      name: output.name,
      operators: index === operator.inputs[operator.inputs.length - 1] ? [operator.index] : [],
      input,
      output: slice,
      table: byteTable(concatenationTable(tensor, output, lowering.options.rounding), tensor, output),
    });
    position += tensor.shape[axis];
  }
}
