/** Operators that give values another order. */
import type { Operator } from '../graph/graph.js';
import { hwc } from '../graph/graph.js';
import { unsupported } from '../graph/refusal.js';
import { permute } from '../kernels/reference/permute.js';
import type { Lowering } from '../lower/lowering.js';
import { KIND_PERMUTE } from '../program/layout.js';
import type { View } from '../program/program.js';
import { type Loop, permuteFields } from '../steps/permute.js';
import type { OptionsReader } from '../tflite/options.js';
import { checkSameQuantization } from './checks.js';
import { type ExactRun, type FloatRun, type Placed, place } from './definition.js';

/** What it computes, and its step. */
export const permuteOf = <O extends Operator>(loopsOf: (placed: Placed<O>) => readonly Loop[]) => ({
  run: (run: ExactRun<O>) => permute(run.bytes(0), run.out, loopsOf(run)),
  runFloat: (run: FloatRun<O>) => permute(run.values[0], run.out, loopsOf(run)),
  lower(lowering: Lowering, operator: O) {
    const loops = loopsOf(place(lowering.graph, operator));
    const base = lowering.base(operator);
    const fields = permuteFields(base.input, loops);
    lowering.push({ ...base, kind: KIND_PERMUTE, ...(fields ?? inOneRow(base.input, loops)) });
  },
});

/** Where loops go across rows, the input is seen as a single one. */
function inOneRow(input: View, loops: readonly Loop[]) {
  const bytes = input.height * input.rowStride;
  const row = { ...input, height: 1, width: input.height * input.width, rowStride: bytes };
  return { input: row, ...permuteFields(row, loops)! };
}

/** Blocks of pixels and their channels, from or to one pixel of all their channels. */
function blockLoops({ input, output }: Placed, size: number, toDepth: boolean): Loop[] {
  const [, width, depth] = hwc(toDepth ? input.shape : output.shape);
  const [blocksDown, blocksAcross] = hwc(toDepth ? output.shape : input.shape);
  const row = width * depth;
  // One step from block to block, and inside of one, in the tensor of single pixels.
  if (toDepth) {
    return [
      { count: blocksDown, step: size * row },
      { count: blocksAcross, step: size * depth },
      { count: size, step: row },
      { count: size * depth, step: 1 },
    ];
  }
  const block = size * size * depth;
  return [
    { count: blocksDown, step: blocksAcross * block },
    { count: size, step: size * depth },
    { count: blocksAcross, step: block },
    { count: size * depth, step: 1 },
  ];
}

/** Operators whose option is the size of a block. */
type BlockOperator = Extract<Operator, { blockSize: number }>;

const BLOCK_OPTIONS = { blockSize: 0 } as const;

/** All of a definition but its options' number and the shape. `toDepth`: blocks become pixels, not the other way round. */
export const blocksOf = <O extends BlockOperator>(toDepth: boolean) => ({
  ...permuteOf<O>((placed) => blockLoops(placed, placed.operator.blockSize, toDepth)),
  inputs: [1, 1] as const,
  check(placed: Placed<O>) {
    checkBlocks(placed, toDepth);
    checkSameQuantization(placed.operator, placed.input, placed.output);
  },
  sameMap: true as const,
  nonNegative: 'from inputs' as const,
});

export const blockFields = {
  read: (options: OptionsReader) => ({ blockSize: options.int32(BLOCK_OPTIONS.blockSize) }),
  write: ({ operator }: Placed<BlockOperator>) => ({ [BLOCK_OPTIONS.blockSize]: { int32: operator.blockSize } }),
};

/** That the map is cut into whole blocks. */
function checkBlocks({ operator, input }: Placed<BlockOperator>, toDepth: boolean): void {
  const { blockSize: size } = operator;
  const [height, width, channels] = input.shape.slice(1);
  const whole = toDepth ? height % size === 0 && width % size === 0 : channels % (size * size) === 0;
  if (input.shape.length === 4 && Number.isInteger(size) && size > 0 && whole) return;
  throw unsupported(operator)(`blocks of ${size} of an input [${input.shape}]`, 'a map of whole blocks');
}
