/** ONNX Conv: NCHW with stated paddings, as NHWC with an operator that pads. */
import { elements } from '../graph/graph.js';
import { extents } from '../graph/window.js';
import { outputSize, readPads } from '../onnx/pads.js';
import { filterQuantization } from '../onnx/quantization.js';
import type { NodeTranslation } from '../onnx/translate.js';
import { writePads } from './pad.js';

/** Input [1,H,W,C], filter [O, C / group, kernel height, kernel width], bias [O]? */
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
  const [dilationH, dilationW] = node.list('dilations', 2, 1, 1);
  const kernel = node.list('kernel_shape', 2, 1, 0);
  if (kernel[0] && String(kernel) !== String([kernelH, kernelW])) {
    throw node.invalid(`kernel_shape ${kernel}`, `${kernelH}, ${kernelW} as in the filter`);
  }
  const [extentH, extentW] = extents([kernelH, kernelW], { dilationH, dilationW });
  const padded = writePads(node, input, readPads(node, input, extentH, extentW));
  const [strideH, strideW] = node.list('strides', 2, 1, 1);
  const values = node.floats(1);
  const depthwise = group > 1 && depth === 1;
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
  const dilation = dilationH * dilationW === 1 ? {} : { dilationH, dilationW };
  const window = { activation: 'none', padding: 'valid', strideH, strideW, ...dilation } as const;
  const size = outputSize(node, padded, extentH, extentW, strideH, strideW);
  const output = depthwise
    ? node.write({ op: 'DEPTHWISE_CONV_2D', depthMultiplier: outputs / channels, ...window }, inputs, [
        1,
        ...size,
        outputs,
      ])
    : node.write({ op: 'CONV_2D', ...window }, inputs, [1, ...size, outputs]);
  node.finish(output);
}
