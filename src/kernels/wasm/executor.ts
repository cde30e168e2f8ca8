// The executor: which rows of which step come next. One task is a few output rows of one step, in the order the planner
// chose. Whether tensors are resident, share memory or are there in a few rows at a time makes no difference here: it is all
// in the steps' row addresses. Where the input comes row by row, tasks of the step FEED say when the next one is needed.
// All state is in linear memory (program/layout.ts), so an inference can stop after any task and go on later.
import * as L from '../../program/layout';
import { read, rowOffset, word16 } from './step';

/** Gets ready for an inference. The host has checked the blob's header and given the memory that it asks for. */
export function begin(): i32 {
  read(L.STATE_HEADER, 0, L.H_HEAD_OFFSET);
  // No task, no step, no rows.
  memory.fill(L.STATE_TASK, 0, L.STATE_ROWS_DONE - L.STATE_TASK + 2 * load<i32>(L.STATE_HEADER + L.H_STEP_COUNT));
  return 0;
}

/** Loads the next task and its step. Returns 1 + the step, 0 if none is left, or TICK_WAITING: push() must come first. */
export function prepare(): i32 {
  if (load<u8>(L.STATE_TASK + L.T_REPEAT) == 0) {
    const left = load<i32>(L.STATE_TASKS_LEFT);
    if (left == 0) return 0;
    const task = load<i32>(L.STATE_NEXT_TASK);
    read(L.STATE_TASK, task, L.TASK_BYTES);
    store<i32>(L.STATE_NEXT_TASK, task + L.TASK_BYTES);
    store<i32>(L.STATE_TASKS_LEFT, left - 1);
  }
  const step = <i32>load<u16>(L.STATE_TASK + L.T_STEP);
  if (step == L.FEED) return feed();
  countDown();
  if (1 + step != load<i32>(L.STATE_LOADED_STEP)) {
    store<i32>(L.STATE_LOADED_STEP, 1 + step);
    read(0, load<i32>(L.STATE_HEADER + L.H_STEPS_OFFSET) + step * L.STEP_BYTES, L.STEP_BYTES);
  }
  const first = <i32>load<u16>(2 * step, L.STATE_ROWS_DONE);
  const end = min(first + <i32>load<u8>(L.STATE_TASK + L.T_ROWS), word16(L.S_OUT_HEIGHT));
  store<i32>(L.STATE_FIRST, first);
  store<i32>(L.STATE_END, end);
  store<u16>(2 * step, end, L.STATE_ROWS_DONE);
  return 1 + step;
}

/** Once less that the task is to be done. */
// @ts-ignore: decorator
@inline function countDown(): void {
  store<u8>(L.STATE_TASK + L.T_REPEAT, load<u8>(L.STATE_TASK + L.T_REPEAT) - 1);
}

/** The task FEED takes the rows that have been pushed for it, then comes the next task; or it waits for them. */
function feed(): i32 {
  if (rowsWanted() > 0) return L.TICK_WAITING;
  store<i32>(L.STATE_ROWS_TAKEN, load<i32>(L.STATE_ROWS_PUSHED));
  countDown();
  return prepare();
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
  if (load<u8>(L.STATE_TASK + L.T_REPEAT) == 0 || <i32>load<u16>(L.STATE_TASK + L.T_STEP) != L.FEED) return -1;
  if (rowsWanted() == 0) return -1;
  const row = load<i32>(L.STATE_ROWS_PUSHED);
  store<i32>(L.STATE_ROWS_PUSHED, row + 1);
  read(L.STATE_ROW, load<i32>(L.STATE_HEADER + L.H_PORTS_OFFSET) + L.P_ROWS, 4);
  return load<i32>(L.STATE_ARENA) + rowOffset(load<i32>(L.STATE_ROW), row);
}
