// The record of the running step stands at address 0 of linear memory, where the executor copied it.
import * as L from '../../format/layout';

/** Copies blob bytes [offset, offset + bytes) to linear memory. The module's only import. */
// @ts-ignore: decorator
@external('dw', 'read')
export declare function read(address: i32, offset: i32, bytes: i32): void;

// @ts-ignore: decorator
@inline export function word16(field: i32): i32 { return <i32>load<u16>(field); }
// @ts-ignore: decorator
@inline export function signed16(field: i32): i32 { return <i32>load<i16>(field); }
// @ts-ignore: decorator
@inline export function word32(field: i32): i32 { return load<i32>(field); }

/** Address of row y of the step's input; y inside the tensor. */
export function inputRow(y: i32): i32 {
  return word32(L.S_IN_ADDRESS) + (y % word16(L.S_IN_RING)) * word32(L.S_IN_STRIDE);
}

/** Address of row y of the step's output. */
export function outputRow(y: i32): i32 {
  return word32(L.S_OUT_ADDRESS) + (y % word16(L.S_OUT_RING)) * word32(L.S_OUT_STRIDE);
}

/** The first output row of the task. */
// @ts-ignore: decorator
@inline export function firstRow(): i32 { return load<i32>(L.STATE_FIRST); }
/** The row after the task's last one. */
// @ts-ignore: decorator
@inline export function endRow(): i32 { return load<i32>(L.STATE_END); }

/** First byte of scratch. */
// @ts-ignore: decorator
@inline export function scratch(): i32 { return load<i32>(L.STATE_SCRATCH); }

/** Bytes from one input pixel to the next. */
// @ts-ignore: decorator
@inline export function inputPixel(): i32 { return word16(L.S_IN_CHANNELS); }
