/**
 * DEPTH_TO_SPACE: the channels of each pixel become a block of pixels, S blockSize:
 *
 *   out[y, x, c] = in[floor(y / S), floor(x / S), ((y mod S) * S + x mod S) * C + c], C channels of the output
 *
 * input [1,H,W,S * S * C] -> output [1,H * S,W * S,C]. With S = 2 the first C channels are the upper left pixel of the
 * block, the second the upper right, then the lower left and the lower right.
 *
 * No kernel is its own: the step copies along nested loops (src/steps/permute.ts), S rows of output for each row of input.
 *
 * Source: tflite-micro, kernels/depth_to_space.cc, and kernels/internal/reference/depth_to_space.h.
 *
 * Bytes only move, so input and output share one scale and zero point; TFLite does not rescale here either.
 * MODEL_UNSUPPORTED where they differ, where S * S does not divide the channels, and for other shapes than maps.
 * ONNX's DepthToSpace in mode DCR is the same.
 */
import type { OperatorOf } from '../graph/graph.js';
import type { NodeTranslation } from '../onnx/translate.js';
import type { OperatorDefinition } from './definition.js';
import { blockFields, blocksOf } from './permuted.js';

type Blocks = OperatorOf<'DEPTH_TO_SPACE'>;

export const depthToSpace: OperatorDefinition<Blocks> = {
  ...blocksOf<Blocks>(false),
  tflite: { options: 94, ...blockFields },
  onnx: { DepthToSpace: { translate: translateDepthToSpace } },
  shape({ operator: { blockSize: size }, input }) {
    const [batch, height, width, channels] = input.shape;
    return [batch, height * size, width * size, channels / (size * size)];
  },
};

/** Blocks whose channels stand together, pixel by pixel (DCR). */
function translateDepthToSpace(node: NodeTranslation): void {
  const input = node.activation(0, 4);
  const [, height, width, channels] = input.shape;
  const size = node.int('blocksize', 0);
  const mode = node.text('mode', 'DCR');
  if (mode !== 'DCR') throw node.unsupported(`mode ${mode}`, 'DCR');
  if (size < 1 || channels % (size * size))
    throw node.invalid(`blocksize ${size}`, `a divisor of ${channels} channels`);
  const shape = [1, height * size, width * size, channels / (size * size)];
  node.finish(node.write({ op: 'DEPTH_TO_SPACE', blockSize: size }, [input.index], shape));
}
