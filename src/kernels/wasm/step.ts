// The record of the running step stands at address 0 of linear memory, where the executor copied it.
import * as L from '../../program/layout';

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
// @ts-ignore: decorator
@inline export function inputRow(y: i32): i32 { return rowAddress(L.S_IN_ADDRESS, y); }
/** Address of row y of the second input of a sum. */
// @ts-ignore: decorator
@inline export function secondInputRow(y: i32): i32 { return rowAddress(L.S_IN2_ADDRESS, y); }
/** Address of row y of the step's output. */
// @ts-ignore: decorator
@inline export function outputRow(y: i32): i32 { return rowAddress(L.S_OUT_ADDRESS, y); }

/** `tensor`: its first field. All tensors have theirs in the order of the input's. */
function rowAddress(tensor: i32, y: i32): i32 {
  const rows = load<i32>(tensor, L.S_IN_ROWS - L.S_IN_ADDRESS);
  const start = load<i32>(tensor);
  if (rows) return start + rowOffset(rows, y);
  return start + y * load<i32>(tensor, L.S_IN_STRIDE - L.S_IN_ADDRESS);
}

/** Entry y of a row table, in bytes. */
export function rowOffset(table: i32, y: i32): i32 {
  read(L.STATE_ROW, table + 2 * y, 2);
  return <i32>load<u16>(L.STATE_ROW) << word32(L.STATE_ROW_SHIFT);
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
