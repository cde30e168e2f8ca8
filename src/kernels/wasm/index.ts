// The executor. One tick is one row task: a few output rows of one step, in the order the planner chose. Whether tensors
// are resident, share memory or are there in a few rows at a time makes no difference here: it is all in the steps' row
// addresses. Where the input comes row by row, tasks of the step FEED say when the next one is needed.
// All state is in linear memory (format/layout.ts), so an inference can stop after any tick and go on later.
import * as L from '../../format/layout';
import { conv } from './conv';
import { depthwise } from './depthwise';
import { add, flip, lookUp, pad } from './elementwise';
import { fullyConnected } from './fully-connected';
import { mean, pool } from './pool';
import { softmax } from './softmax';
import { read, rowOffset, word16, word32 } from './step';

const NO_STEP = 0xffff;

/** Gets ready for an inference. The host has checked the blob's header and given the memory that it asks for. */
export function begin(): i32 {
  // The header is read where the record of a step will stand, which is larger.
  const header = 0;
  read(header, 0, L.HEADER_BYTES);
  const steps = load<i32>(header + L.H_STEP_COUNT);
  store<i32>(L.STATE_TASKS_OFFSET, load<i32>(header + L.H_TASKS_OFFSET));
  store<i32>(L.STATE_TASK_COUNT, load<i32>(header + L.H_TASK_COUNT));
  store<i32>(L.STATE_STEPS_OFFSET, load<i32>(header + L.H_STEPS_OFFSET));
  store<i32>(L.STATE_SCRATCH, load<i32>(header + L.H_SCRATCH_ADDRESS));
  store<i32>(L.STATE_FLAGS, load<i32>(header + L.H_FLAGS));
  store<i32>(L.STATE_ARENA, load<i32>(header + L.H_ARENA_ADDRESS));
  store<i32>(L.STATE_ROW_SHIFT, load<i32>(header + L.H_ROW_SHIFT));
  read(L.STATE_INPUT_ROWS, load<i32>(header + L.H_PORTS_OFFSET) + L.P_ROWS, 4);
  store<i32>(L.STATE_ROWS_PUSHED, 0);
  store<i32>(L.STATE_ROWS_TAKEN, 0);
  store<i32>(L.STATE_TASK_INDEX, 0);
  store<i32>(L.STATE_TASK_REPEAT, 0);
  store<i32>(L.STATE_LOADED_STEP, NO_STEP);
  memory.fill(L.STATE_ROWS_DONE, 0, 2 * steps);
  return 0;
}

/** Runs one task. Returns 1 + its step, 0 when the inference is done, or TICK_WAITING: push() must be called first. */
export function tick(): i32 {
  let step: i32;
  for (;;) {
    let repeat = load<i32>(L.STATE_TASK_REPEAT);
    if (repeat == 0) {
      const index = load<i32>(L.STATE_TASK_INDEX);
      if (index == load<i32>(L.STATE_TASK_COUNT)) return 0;
      read(L.STATE_TASK, load<i32>(L.STATE_TASKS_OFFSET) + index * L.TASK_BYTES, L.TASK_BYTES);
      store<i32>(L.STATE_TASK_INDEX, index + 1);
      repeat = <i32>load<u8>(L.STATE_TASK + L.T_REPEAT);
      store<i32>(L.STATE_TASK_REPEAT, repeat);
    }
    step = <i32>load<u16>(L.STATE_TASK + L.T_STEP);
    if (step == L.FEED && rowsWanted() > 0) return L.TICK_WAITING;
    store<i32>(L.STATE_TASK_REPEAT, repeat - 1);
    if (step != L.FEED) break;
    store<i32>(L.STATE_ROWS_TAKEN, load<i32>(L.STATE_ROWS_PUSHED));
  }
  if (step != load<i32>(L.STATE_LOADED_STEP)) {
    read(0, load<i32>(L.STATE_STEPS_OFFSET) + step * L.STEP_BYTES, L.STEP_BYTES);
    store<i32>(L.STATE_LOADED_STEP, step);
  }
  const done = L.STATE_ROWS_DONE + 2 * step;
  const first = <i32>load<u16>(done);
  const rows = min(<i32>load<u8>(L.STATE_TASK + L.T_ROWS), word16(L.S_OUT_HEIGHT) - first);
  store<u16>(done, first + rows);
  run(first, rows);
  return 1 + step;
}

/** Rows of the input that the task FEED, which is the current one, still waits for. */
function rowsWanted(): i32 {
  return load<i32>(L.STATE_ROWS_TAKEN) + <i32>load<u8>(L.STATE_TASK + L.T_ROWS) - load<i32>(L.STATE_ROWS_PUSHED);
}

/**
 * The address to which the host copies the next row of the first input before it calls tick() again, or -1 where none is
 * wanted: tick() did not return TICK_WAITING, or all rows that it waited for have been pushed.
 */
export function push(): i32 {
  if (load<i32>(L.STATE_TASK_REPEAT) == 0 || <i32>load<u16>(L.STATE_TASK + L.T_STEP) != L.FEED) return -1;
  if (rowsWanted() == 0) return -1;
  const row = load<i32>(L.STATE_ROWS_PUSHED);
  store<i32>(L.STATE_ROWS_PUSHED, row + 1);
  return load<i32>(L.STATE_ARENA) + rowOffset(load<i32>(L.STATE_INPUT_ROWS), row);
}

function run(first: i32, rows: i32): void {
  const kind = word32(L.S_KIND);
  if (kind == L.KIND_CONV) conv(first, rows);
  else if (kind == L.KIND_DEPTHWISE) depthwise(first, rows);
  else if (kind == L.KIND_FULLY_CONNECTED) fullyConnected();
  else if (kind == L.KIND_AVERAGE_POOL) pool(first, rows, true);
  else if (kind == L.KIND_MAX_POOL) pool(first, rows, false);
  else if (kind == L.KIND_SOFTMAX) softmax(first, rows);
  else if (kind == L.KIND_MEAN) mean();
  else if (kind == L.KIND_ADD) add(first, rows);
  else if (kind == L.KIND_LUT) lookUp(first, rows);
  else if (kind == L.KIND_PAD) pad(first, rows);
  else if (kind == L.KIND_FLIP) flip(first, rows);
  else unreachable();
}
