/**
 * SPACE_TO_DEPTH: each block of pixels becomes one pixel of all their channels, S blockSize:
 *
 *   out[y, x, (dy * S + dx) * C + c] = in[y * S + dy, x * S + dx, c], 0 <= dy, dx < S, C channels of the input
 *
 * input [1,H * S,W * S,C] -> output [1,H,W,S * S * C]. With S = 2 the first C channels are the upper left pixel of the
 * block, the second the upper right, then the lower left and the lower right.
 *
 * No kernel is its own: the step copies along nested loops (src/steps/permute.ts), a row of output for every S rows of input.
 *
 * Source: tflite-micro, kernels/space_to_depth.cc, and kernels/internal/reference/space_to_depth.h.
 *
 * Bytes only move, so input and output share one scale and zero point; TFLite does not rescale here either.
 * MODEL_UNSUPPORTED where they differ, where S does not divide height and width, and for other shapes than maps.
 * ONNX's SpaceToDepth is the same.
 */
import type { OperatorOf } from '../graph/graph.js';
import type { NodeTranslation } from '../onnx/translate.js';
import type { OperatorDefinition } from './definition.js';
import { blockFields, blocksOf } from './permuted.js';

type Blocks = OperatorOf<'SPACE_TO_DEPTH'>;

export const spaceToDepth: OperatorDefinition<Blocks> = {
  ...blocksOf<Blocks>(true),
  tflite: { options: 19, ...blockFields },
  onnx: { SpaceToDepth: { translate: translateSpaceToDepth } },
  shape({ operator: { blockSize: size }, input }) {
    const [batch, height, width, channels] = input.shape;
    return [batch, height / size, width / size, channels * size * size];
  },
};

function translateSpaceToDepth(node: NodeTranslation): void {
  const input = node.activation(0, 4);
  const [, height, width, channels] = input.shape;
  const size = node.int('blocksize', 0);
  if (size < 1 || height % size || width % size) {
    throw node.invalid(`blocksize ${size}`, `whole blocks of ${height}x${width} pixels`);
  }
  const shape = [1, height / size, width / size, channels * size * size];
  node.finish(node.write({ op: 'SPACE_TO_DEPTH', blockSize: size }, [input.index], shape));
}
