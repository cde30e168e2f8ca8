// The executor. One tick is one row task: a few output rows of one step, in the order the planner chose. Whether tensors
// are resident, share memory or are rings of a few rows makes no difference here: it is all in the steps' addresses.
// All state is in linear memory (format/layout.ts), so an inference can stop after any tick and go on later.
import * as L from '../../format/layout';
import { conv } from './conv';
import { depthwise } from './depthwise';
import { add, flip, lookUp, pad } from './elementwise';
import { fullyConnected } from './fully-connected';
import { mean, pool } from './pool';
import { softmax } from './softmax';
import { read, word16, word32 } from './step';

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
  store<i32>(L.STATE_TASK_INDEX, 0);
  store<i32>(L.STATE_TASK_REPEAT, 0);
  store<i32>(L.STATE_LOADED_STEP, NO_STEP);
  memory.fill(L.STATE_ROWS_DONE, 0, 2 * steps);
  return 0;
}

/** Runs one task. Returns 1 + its step, or 0 when the inference is done. */
export function tick(): i32 {
  let repeat = load<i32>(L.STATE_TASK_REPEAT);
  if (repeat == 0) {
    const index = load<i32>(L.STATE_TASK_INDEX);
    if (index == load<i32>(L.STATE_TASK_COUNT)) return 0;
    read(L.STATE_TASK, load<i32>(L.STATE_TASKS_OFFSET) + index * L.TASK_BYTES, L.TASK_BYTES);
    store<i32>(L.STATE_TASK_INDEX, index + 1);
    repeat = <i32>load<u8>(L.STATE_TASK + L.T_REPEAT);
  }
  store<i32>(L.STATE_TASK_REPEAT, repeat - 1);
  const step = <i32>load<u16>(L.STATE_TASK + L.T_STEP);
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
