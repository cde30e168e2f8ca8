/** SPACE_TO_DEPTH: each block of pixels becomes one pixel of all their channels. */
import type { OperatorOf } from '../graph/graph.js';
import { checkSameQuantization } from './checks.js';
import type { OperatorDefinition } from './definition.js';
import { blockLoops, checkBlocks, permuteOf } from './permuted.js';

type Blocks = OperatorOf<'SPACE_TO_DEPTH'>;

const OPTIONS = { blockSize: 0 } as const;

export const spaceToDepth: OperatorDefinition<Blocks> = {
  ...permuteOf<Blocks>((placed) => blockLoops(placed, placed.operator.blockSize, true)),
  tflite: {
    options: 19,
    read: (options) => ({ blockSize: options.int32(OPTIONS.blockSize) }),
    write: ({ operator }) => ({ [OPTIONS.blockSize]: { int32: operator.blockSize } }),
  },
  inputs: [1, 1],
  check(placed) {
    checkBlocks(placed, placed.operator.blockSize, true);
    checkSameQuantization(placed.operator, placed.input, placed.output);
  },
  shape({ operator: { blockSize: size }, input }) {
    const [batch, height, width, channels] = input.shape;
    return [batch, height / size, width / size, channels * size * size];
  },
  sameMap: true,
  nonNegative: 'from inputs',
};
