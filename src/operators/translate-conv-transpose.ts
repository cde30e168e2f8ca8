/** ONNX ConvTranspose of one group: input [1,H,W,C], filter [C, O, kernel height, kernel width], bias [O]? */
import { elements, type OperatorKind, type SlidingWindow } from '../graph/graph.js';
import { windowGeometry } from '../graph/window.js';
import { filterQuantization } from '../onnx/quantization.js';
import type { NodeTranslation } from '../onnx/translate.js';

/** The operator that it becomes, with its window. */
type Transposed = (window: SlidingWindow & { activation: 'none' }) => OperatorKind;

export function translateConvTranspose(node: NodeTranslation, transposed: Transposed): void {
  const input = node.activation(0, 4);
  const [, height, width, channels] = input.shape;
  const filter = node.constant(1);
  if (filter?.shape.length !== 4) throw node.unsupported('a filter without four dimensions', 'two dimensions');
  const [depth, outputs, kernelH, kernelW] = filter.shape;
  if (elements(filter.shape) === 0 || depth !== channels) {
    throw node.invalid(`filter [${filter.shape}]`, `${channels} input channels`, node.node.inputs[1]);
  }
  if (node.int('group', 1) !== 1) throw node.unsupported(`group ${node.int('group', 1)}`, 'one group');
  if (node.list('dilations', 2, 1, 1).some((value) => value !== 1)) throw node.unsupported('dilations', 'none');
  const mode = node.text('auto_pad', 'NOTSET');
  if (mode !== 'NOTSET' && mode !== 'VALID') throw node.unsupported(`auto_pad ${mode}`, 'stated pads');
  const [strideH, strideW] = node.list('strides', 2, 1, 1);
  const [top, left, bottom, right] = node.list('pads', 4, 0, 0);
  const [behindH, behindW] = node.list('output_padding', 2, 0, 0);
  if (node.node.attributes.get('output_shape')) throw node.unsupported('output_shape', 'output_padding');
  const rows = axisOf(height, kernelH, strideH, top, bottom, behindH);
  const columns = axisOf(width, kernelW, strideW, left, right, behindW);
  if (rows.output < 1 || columns.output < 1) throw node.invalid('no output', 'paddings smaller than the output');
  const values = node.floats(1);
  const shape = [outputs, rows.kernel, columns.kernel, channels];
  const data = new Float32Array(elements(shape));
  for (let c = 0; c < channels; c++) {
    for (let o = 0; o < outputs; o++) {
      for (let k = 0; k < kernelH * kernelW; k++) {
        const [ky, kx] = [rows.before + Math.floor(k / kernelW), columns.before + (k % kernelW)];
        data[((o * rows.kernel + ky) * columns.kernel + kx) * channels + c] =
          values[(c * outputs + o) * kernelH * kernelW + k];
      }
    }
  }
  const bias = node.node.inputs[2] ? node.floats(2, outputs) : new Float32Array(outputs);
  const size = [1, rows.output, columns.output, outputs];
  const inputs = [
    input.index,
    node.weights('weights', shape, data, filterQuantization(node, filter, 1, 0)),
    node.weights('bias', [outputs], bias),
    node.weights('shape', [4], Int32Array.from(size)),
  ];
  const kind = transposed({ activation: 'none', padding: 'same', strideH, strideW });
  node.finish(node.write(kind, inputs, size));
}

/**
 * Output pixels of an axis, and a kernel with zeros `before` and behind, for which SAME leaves out the pixels that ONNX's pads do:
 * it leaves out half of what a window over the output needs beyond it, rounded down.
 */
function axisOf(input: number, kernel: number, stride: number, first: number, last: number, behind: number) {
  const output = (input - 1) * stride + kernel + behind - first - last;
  const needed = output - (Math.ceil(output / stride) - 1) * stride;
  const before = Math.max(0, kernel - needed - 2 * first);
  const longer = Math.max(kernel + before, 2 * (first + before) + needed);
  const { before: left } = windowGeometry(output, longer, stride, 'same');
  return { output, before: left - first, kernel: longer };
}
