/** ONNX Conv, pooling and padding: NCHW with stated paddings, as NHWC with PAD operators. */
import type { Tensor } from '../../graph/graph.js';
import { elements } from '../../graph/graph.js';
import { windowGeometry } from '../../graph/shapes.js';
import { filterQuantization } from '../../onnx/quantization.js';
import type { NodeTranslation } from '../../onnx/translate.js';

/** Pixels added at the top, left, bottom, right, as ONNX orders them. */
type Pads = readonly number[];

/** Conv with group 1 or depthwise: input [1,H,W,C], filter [O, C / group, kernel height, kernel width], bias [O]? */
export function translateConv(node: NodeTranslation): void {
  const input = node.activation(0, 4);
  const channels = input.shape[3];
  const filter = node.constant(1);
  if (filter?.shape.length !== 4) throw node.unsupported('a filter without four dimensions', 'two-dimensional Conv');
  const [outputs, depth, kernelH, kernelW] = filter.shape;
  const group = node.int('group', 1);
  if (elements(filter.shape) === 0 || group < 1 || depth * group !== channels || outputs % group) {
    throw node.invalid(`filter [${filter.shape}], group ${group}`, `${channels} input channels`, node.node.inputs[1]);
  }
  if (group !== 1 && depth !== 1) {
    throw node.unsupported(`${group} groups of ${depth} channels`, 'one group, or one for each channel (depthwise)');
  }
  if (node.list('dilations', 2, 1, 1).some((value) => value !== 1)) throw node.unsupported('dilations', 'none');
  const kernel = node.list('kernel_shape', 2, 1, 0);
  if (kernel[0] && String(kernel) !== String([kernelH, kernelW])) {
    throw node.invalid(`kernel_shape ${kernel}`, `${kernelH}, ${kernelW} as in the filter`);
  }
  const padded = writePads(node, input, readPads(node, input, kernelH, kernelW));
  const [strideH, strideW] = node.list('strides', 2, 1, 1);
  const values = node.floats(1);
  const depthwise = group > 1;
  const data = new Float32Array(values.length);
  for (let o = 0; o < outputs; o++) {
    for (let c = 0; c < depth; c++) {
      for (let k = 0; k < kernelH * kernelW; k++) {
        const to = depthwise ? k * outputs + o : (o * kernelH * kernelW + k) * depth + c;
        data[to] = values[(o * depth + c) * kernelH * kernelW + k];
      }
    }
  }
  const shape = depthwise ? [1, kernelH, kernelW, outputs] : [outputs, kernelH, kernelW, depth];
  const bias = node.node.inputs[2] ? node.floats(2, outputs) : new Float32Array(outputs);
  const own = filterQuantization(node, filter, 0, depthwise ? 3 : 0);
  const inputs = [padded.index, node.weights('weights', shape, data, own), node.weights('bias', [outputs], bias)];
  const window = { activation: 'none', padding: 'valid', strideH, strideW } as const;
  const size = outputSize(node, padded, kernelH, kernelW, strideH, strideW);
  const output = depthwise
    ? node.write({ op: 'DEPTHWISE_CONV_2D', depthMultiplier: outputs / channels, ...window }, inputs, [
        1,
        ...size,
        outputs,
      ])
    : node.write({ op: 'CONV_2D', ...window }, inputs, [1, ...size, outputs]);
  node.finish(output);
}

/** AveragePool: input [1,H,W,C]. Padding that does not count must be what SAME would add. */
export function translateAveragePool(node: NodeTranslation): void {
  const input = node.activation(0, 4);
  const [filterH, filterW] = node.list('kernel_shape', 2, 1, 0);
  if (!filterH) throw node.invalid('no kernel_shape', 'one');
  if (node.int('ceil_mode', 0)) throw node.unsupported('ceil_mode 1', '0');
  if (node.list('dilations', 2, 1, 1).some((value) => value !== 1)) throw node.unsupported('dilations', 'none');
  const [strideH, strideW] = node.list('strides', 2, 1, 1);
  const pads = readPads(node, input, filterH, filterW);
  const kind = { op: 'AVERAGE_POOL_2D', activation: 'none', filterH, filterW, strideH, strideW } as const;
  if (pads.some((pad) => pad > 0) && !node.int('count_include_pad', 0)) {
    const same = samePads(input, filterH, filterW, strideH, strideW);
    if (String(pads) !== String(same)) {
      throw node.unsupported(`paddings ${pads} that do not count`, `none, or ${same} (SAME)`);
    }
    const size = [Math.ceil(input.shape[1] / strideH), Math.ceil(input.shape[2] / strideW)];
    node.finish(node.write({ ...kind, padding: 'same' }, [input.index], [1, ...size, input.shape[3]]));
    return;
  }
  const padded = writePads(node, input, pads);
  const size = outputSize(node, padded, filterH, filterW, strideH, strideW);
  node.finish(node.write({ ...kind, padding: 'valid' }, [padded.index], [1, ...size, input.shape[3]]));
}

/**
 * MaxPool: input [1,H,W,C]. Padding never wins in ONNX: it is what SAME would add, or zeros, which win nothing from values
 * that are none below 0.
 */
export function translateMaxPool(node: NodeTranslation): void {
  const input = node.activation(0, 4);
  const [filterH, filterW] = node.list('kernel_shape', 2, 1, 0);
  if (!filterH) throw node.invalid('no kernel_shape', 'one');
  if (node.int('ceil_mode', 0)) throw node.unsupported('ceil_mode 1', '0');
  if (node.node.outputs[1]) throw node.unsupported('indices of the largest values', 'the values alone');
  if (node.list('dilations', 2, 1, 1).some((value) => value !== 1)) throw node.unsupported('dilations', 'none');
  const [strideH, strideW] = node.list('strides', 2, 1, 1);
  const pads = readPads(node, input, filterH, filterW);
  const kind = { op: 'MAX_POOL_2D', activation: 'none', filterH, filterW, strideH, strideW } as const;
  const same = samePads(input, filterH, filterW, strideH, strideW);
  if (pads.some((pad) => pad > 0) && String(pads) === String(same)) {
    const size = [Math.ceil(input.shape[1] / strideH), Math.ceil(input.shape[2] / strideW)];
    node.finish(node.write({ ...kind, padding: 'same' }, [input.index], [1, ...size, input.shape[3]]));
    return;
  }
  const within = pads.every((pad, i) => pad < (i % 2 ? filterW : filterH));
  if (pads.some((pad) => pad > 0) && !(within && isNonNegative(node, input))) {
    throw node.unsupported(`paddings ${pads} around values below 0`, `none, ${same} (SAME), or any behind Relu`);
  }
  const padded = writePads(node, input, pads);
  const size = outputSize(node, padded, filterH, filterW, strideH, strideW);
  node.finish(node.write({ ...kind, padding: 'valid' }, [padded.index], [1, ...size, input.shape[3]]));
}

/** Whether no value of the tensor can be below 0, as its own zero point may say. */
export function isNonNegative(node: NodeTranslation, tensor: Tensor): boolean {
  const open = [tensor.index];
  const seen = new Set(open);
  for (const index of open) {
    if (node.tensorAt(index).quantization?.zeroPoint[0] === -128) continue;
    const writer = node.writer(index);
    switch (writer?.op) {
      case 'RELU':
      case 'RELU6':
      case 'LOGISTIC':
      case 'SOFTMAX':
        break;
      case 'AVERAGE_POOL_2D':
      case 'MAX_POOL_2D':
      case 'PAD':
      case 'MEAN':
      case 'RESHAPE':
      case 'ADD':
      case 'CONCATENATION':
        // Paddings, axes and shapes have no writer and are no values.
        for (const source of writer.inputs) {
          if (seen.has(source) || node.tensorAt(source).data) continue;
          seen.add(source);
          open.push(source);
        }
        break;
      default:
        return false;
    }
  }
  return true;
}

/** Pad with zeros, height and width only: paddings are an attribute up to operator set 10, then an input. */
export function translatePad(node: NodeTranslation): void {
  const input = node.activation(0, 4);
  if (node.text('mode', 'constant') !== 'constant') throw node.unsupported('a mode other than constant', 'constant');
  const attribute = node.node.attributes.get('pads')?.ints;
  const stated = attribute ?? Array.from(node.constant(1)?.values ?? []);
  const axes = node.constant(3)?.values;
  const pads = axes ? ofAllAxes(node, stated, Array.from(axes)) : stated;
  const value = attribute ? node.float('value', 0) : (node.constant(2)?.values[0] ?? 0);
  if (value !== 0) throw node.unsupported(`padding with ${value}`, 'padding with 0');
  const [n0, c0, top, left, n1, c1, bottom, right] = pads;
  if (pads.length !== 8 || n0 || c0 || n1 || c1 || pads.some((pad) => pad < 0 || pad > 65535)) {
    throw node.unsupported(`paddings ${pads.slice(0, 16)}`, '0 to 65535 for height and width, 0 for the others');
  }
  node.finish(writePads(node, input, [top, left, bottom, right], node.node.outputs[0]));
}

/** Paddings of four dimensions from those of some, which operator set 18 allows. */
function ofAllAxes(node: NodeTranslation, stated: readonly number[], axes: readonly number[]): number[] {
  const pads = Array<number>(8).fill(0);
  if (stated.length !== 2 * axes.length) throw node.invalid(`${stated.length} paddings`, `${2 * axes.length}`);
  for (const [i, axis] of axes.entries()) {
    const at = axis < 0 ? axis + 4 : axis;
    if (!(at >= 0 && at < 4)) throw node.invalid(`axis ${axis}`, 'an axis of four dimensions');
    pads[at] = stated[i];
    pads[at + 4] = stated[i + axes.length];
  }
  return pads;
}

/** What TFLite's SAME adds to `input`. */
export function samePads(input: Tensor, kernelH: number, kernelW: number, strideH: number, strideW: number): Pads {
  const axis = (size: number, kernel: number, stride: number) => {
    const { output, before } = windowGeometry(size, kernel, stride, 'same');
    return [before, Math.max(0, (output - 1) * stride + kernel - size) - before];
  };
  const [top, bottom] = axis(input.shape[1], kernelH, strideH);
  const [left, right] = axis(input.shape[2], kernelW, strideW);
  return [top, left, bottom, right];
}

function readPads(node: NodeTranslation, input: Tensor, kernelH: number, kernelW: number): Pads {
  const mode = node.text('auto_pad', 'NOTSET');
  const [strideH, strideW] = node.list('strides', 2, 1, 1);
  switch (mode) {
    case 'NOTSET':
      return node.list('pads', 4, 0, 0);
    case 'VALID':
      return [0, 0, 0, 0];
    case 'SAME_UPPER':
      return samePads(input, kernelH, kernelW, strideH, strideW);
    case 'SAME_LOWER': {
      const [top, left, bottom, right] = samePads(input, kernelH, kernelW, strideH, strideW);
      return [bottom, right, top, left];
    }
    default:
      throw node.unsupported(`auto_pad ${mode}`, 'NOTSET, VALID, SAME_UPPER, SAME_LOWER');
  }
}

/** The input itself, or a PAD operator behind it. */
function writePads(node: NodeTranslation, input: Tensor, pads: Pads, name?: string): Tensor {
  if (pads.every((pad) => pad === 0)) return input;
  const [top, left, bottom, right] = pads;
  const [, height, width, channels] = input.shape;
  const paddings = node.weights('paddings', [4, 2], Int32Array.of(0, 0, top, bottom, left, right, 0, 0));
  const shape = [1, height + top + bottom, width + left + right, channels];
  return node.write({ op: 'PAD' }, [input.index, paddings], shape, name ?? `${node.node.outputs[0]}:padded`);
}

/** Height and width of what a window without padding gives. */
function outputSize(
  node: NodeTranslation,
  input: Tensor,
  kernelH: number,
  kernelW: number,
  strideH: number,
  strideW: number,
) {
  const size = [
    windowGeometry(input.shape[1], kernelH, strideH, 'valid').output,
    windowGeometry(input.shape[2], kernelW, strideW, 'valid').output,
  ];
  if (size.some((value) => value < 1)) {
    throw node.invalid(
      `a ${kernelH}x${kernelW} window on ${input.shape[1]}x${input.shape[2]} pixels`,
      'a window that fits into the padded input',
      input.name,
    );
  }
  return size;
}
