/**
 * Operators that give values another order. Where one of them alone reads what another gives, both are one step, or none where
 * nothing moves after all: the three operators of a channel shuffle are one.
 */
import type { Operator } from '../graph/graph.js';
import { hwc } from '../graph/graph.js';
import { unsupported } from '../graph/refusal.js';
import { permute } from '../kernels/reference/permute.js';
import type { Lowering, Order } from '../lower/lowering.js';
import { KIND_PERMUTE, MOST_LOOPS } from '../program/layout.js';
import { composed, isUnmoved, joined, type Loop } from '../program/loops.js';
import { rowsOf, type Step, type View } from '../program/program.js';
import { permuteFields } from '../steps/permute.js';
import type { OptionsReader } from '../tflite/options.js';
import { checkSameQuantization } from './checks.js';
import { type ExactRun, type FloatRun, type Placed, place } from './definition.js';

/** Arithmetic and step of an operator that permutes values. */
export const permuteOf = <O extends Operator>(loopsOf: (placed: Placed<O>) => readonly Loop[]) => ({
  run: (run: ExactRun<O>) => permute(run.bytes(0), run.out, loopsOf(run)),
  runFloat: (run: FloatRun<O>) => permute(run.values[0], run.out, loopsOf(run)),
  lower: (lowering: Lowering, operator: O) => lowerOrder(lowering, operator, loopsOf(place(lowering.graph, operator))),
  takesOrder: () => true,
});

/** The output of an operator is its input in the order of `loops`. */
export function lowerOrder(lowering: Lowering, operator: Operator, loops: readonly Loop[]): void {
  const [input, output] = [operator.inputs[0], operator.outputs[0]];
  const before = lowering.orders.get(input);
  const both = before && composed(before.loops, loops);
  if (before && (!both || both.length >= MOST_LOOPS)) move(lowering, input, before);
  const isOne = both !== undefined && both.length < MOST_LOOPS;
  const order: Order = {
    source: isOne ? before!.source : lowering.whole(lowering.view(input)),
    loops: isOne ? both : joined(loops),
    operators: [...(isOne ? before!.operators : []), operator.index],
  };
  if (isUnmoved(order.loops)) {
    const { buffer, offset } = order.source;
    lowering.views.set(output, lowering.shaped(lowering.graph.tensors[output], buffer, offset));
  } else if (!lowering.leaveOrder(operator, order)) move(lowering, output, order);
}

/** Adds the step that puts a tensor's values in their order. */
function move(lowering: Lowering, tensor: number, { source, loops, operators }: Order): void {
  lowering.push({
    kind: KIND_PERMUTE,
    name: lowering.graph.tensors[tensor].name,
    operators: [...operators],
    output: lowering.view(tensor),
    ...inRows(source, loops),
  });
}

/** The input with as many rows as loops allow: where they go across those that it has, it is seen as a single one. */
function inRows(input: View, loops: readonly Loop[]): Pick<Step, 'input' | 'table' | 'outChunk'> {
  const fields = permuteFields(input, loops);
  if (fields) return { input, ...fields };
  const { height, width, channels } = input;
  const most = Math.max(height, width, channels);
  const size = height * width * channels;
  const row = rowsOf(input, size / most, most);
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
