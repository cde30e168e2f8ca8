// The executor: which rows of which step come next. One task is a few output rows of one step, in the order the planner
// chose. Whether tensors are resident, share memory or are rings of a few rows makes no difference here: it is all in the
// steps' addresses. All state is in linear memory (format/layout.ts), so an inference can stop after any task and go on
// later.
import * as L from '../../format/layout';
import { read, word16 } from './step';

const NO_STEP = 0xffff;

/** Gets ready for an inference. The host has checked the blob's header and given the memory that it asks for. */
export function begin(): i32 {
  read(L.STATE_HEADER, 0, L.HEADER_BYTES);
  store<i32>(L.STATE_TASK, 0);
  store<i32>(L.STATE_LOADED_STEP, NO_STEP);
  memory.fill(L.STATE_ROWS_DONE, 0, 2 * load<i32>(L.STATE_HEADER + L.H_STEP_COUNT));
  return 0;
}

/** Loads the next task and its step. Returns 1 + the step, or 0 if none is left. */
export function prepare(): i32 {
  if (load<u8>(L.STATE_TASK + L.T_REPEAT) == 0) {
    const left = load<i32>(L.STATE_TASKS_LEFT);
    if (left == 0) return 0;
    const task = load<i32>(L.STATE_NEXT_TASK);
    read(L.STATE_TASK, task, L.TASK_BYTES);
    store<i32>(L.STATE_NEXT_TASK, task + L.TASK_BYTES);
    store<i32>(L.STATE_TASKS_LEFT, left - 1);
  }
  store<u8>(L.STATE_TASK + L.T_REPEAT, load<u8>(L.STATE_TASK + L.T_REPEAT) - 1);
  const step = <i32>load<u16>(L.STATE_TASK + L.T_STEP);
  if (step != load<i32>(L.STATE_LOADED_STEP)) {
    store<i32>(L.STATE_LOADED_STEP, step);
    read(0, load<i32>(L.STATE_HEADER + L.H_STEPS_OFFSET) + step * L.STEP_BYTES, L.STEP_BYTES);
  }
  const first = <i32>load<u16>(2 * step, L.STATE_ROWS_DONE);
  const end = min(first + <i32>load<u8>(L.STATE_TASK + L.T_ROWS), word16(L.S_OUT_HEIGHT));
  store<i32>(L.STATE_FIRST, first);
  store<i32>(L.STATE_END, end);
  store<u16>(2 * step, end, L.STATE_ROWS_DONE);
  return 1 + step;
}
