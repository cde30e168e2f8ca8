/** DEPTH_TO_SPACE: the channels of each pixel become a block of pixels. */
import type { OperatorOf } from '../graph/graph.js';
import { checkSameQuantization } from './checks.js';
import type { OperatorDefinition } from './definition.js';
import { blockLoops, checkBlocks, permuteOf } from './permuted.js';

type Blocks = OperatorOf<'DEPTH_TO_SPACE'>;

const OPTIONS = { blockSize: 0 } as const;

export const depthToSpace: OperatorDefinition<Blocks> = {
  ...permuteOf<Blocks>((placed) => blockLoops(placed, placed.operator.blockSize, false)),
  tflite: {
    options: 94,
    read: (options) => ({ blockSize: options.int32(OPTIONS.blockSize) }),
    write: ({ operator }) => ({ [OPTIONS.blockSize]: { int32: operator.blockSize } }),
  },
  inputs: [1, 1],
  check(placed) {
    checkBlocks(placed, placed.operator.blockSize, false);
    checkSameQuantization(placed.operator, placed.input, placed.output);
  },
  shape({ operator: { blockSize: size }, input }) {
    const [batch, height, width, channels] = input.shape;
    return [batch, height * size, width * size, channels / (size * size)];
  },
  sameMap: true,
  nonNegative: 'from inputs',
};
