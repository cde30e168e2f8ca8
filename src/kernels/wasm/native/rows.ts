// Where `findRows` of ../depthwise.ts has written down the rows of a task: a block for every three output rows.
import { BLOCK_BYTES, LANES, OUTPUT_ROWS } from '../depthwise';

/** Address of the list entry of output row `lane` of a block: its first input row. Its own address stands at `outputOf`. */
// @ts-ignore: decorator
@inline export function inputsOf(block: i32, lane: i32, stride: i32): i32 { return block + lane * stride * 4; }

// @ts-ignore: decorator
@inline export function outputOf(block: i32, lane: i32): i32 { return block + OUTPUT_ROWS + lane * 4; }

/** The block and the lane of the row after that one. */
// @ts-ignore: decorator
@inline export function nextBlock(block: i32, lane: i32): i32 { return lane == LANES - 1 ? block + BLOCK_BYTES : block; }

// @ts-ignore: decorator
@inline export function nextLane(lane: i32): i32 { return lane == LANES - 1 ? 0 : lane + 1; }
