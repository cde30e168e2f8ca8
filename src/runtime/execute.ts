/**
 * The executor: one tick is one row task, a few output rows of one step, in the order the planner chose. Whether tensors
 * are resident, share memory or are rings of a few rows makes no difference here: it is all in the steps' addresses.
 */
import {
  KIND_DEPTHWISE,
  S_IN_ADDRESS,
  S_IN_HEIGHT,
  S_IN_ZERO_POINT,
  S_IN2_ADDRESS,
  S_KIND,
  S_OUT_ADDRESS,
  S_OUT_CHUNK,
  S_OUT_HEIGHT,
  STEP_BYTES,
  TASK_BYTES,
} from '../format/layout.js';
import { word } from './bytes.js';
import { isThreeByThree } from './kernels/depthwise.js';
import type { Kernel, Machine } from './machine.js';

/** In place of KIND_DEPTHWISE where the kernel for 3x3 is not enough. */
export const ANY_DEPTHWISE = 0;

/** Reads the record of a step: u32 fields first, then u16, of which those from S_IN_ZERO_POINT on are signed. */
export function loadStep(m: Machine, index: number): Int32Array {
  const s = m._step;
  for (let i = 0; i < STEP_BYTES / 2; i += 2) {
    const value = word(m, m._stepsOffset + index * STEP_BYTES + 2 * i);
    const signed = i >= S_IN_ZERO_POINT / 2 && i < S_OUT_CHUNK / 2;
    s[i] = i < S_IN_HEIGHT / 2 ? value : signed ? (value << 16) >> 16 : value & 65535;
    s[i + 1] = signed ? value >> 16 : value >>> 16;
  }
  s[S_IN_ADDRESS / 2] -= m._base;
  s[S_OUT_ADDRESS / 2] -= m._base;
  s[S_IN2_ADDRESS / 2] -= m._base;
  if (s[S_KIND / 2] === KIND_DEPTHWISE && !isThreeByThree(s)) s[S_KIND / 2] = ANY_DEPTHWISE;
  m._loaded = index;
  return s;
}

/** Gets ready for an inference from its first task on. */
export function begin(m: Machine): void {
  const done = m._done;
  for (let i = 0; i < done.length; i++) done[i] = 0;
  m._next = m._repeat = 0;
}

/** Runs one task. False when none was left: then the next tick begins anew. */
export function tick(m: Machine): boolean {
  if (!m._repeat) {
    if (m._next === m._taskCount) {
      begin(m);
      return false;
    }
    // T_STEP, T_ROWS, T_REPEAT
    const task = word(m, m._tasksOffset + m._next++ * TASK_BYTES);
    m._current = task & 65535;
    m._rows = (task >> 16) & 255;
    m._repeat = task >>> 24;
  }
  m._repeat--;
  const step = m._current;
  const s = m._step;
  if (step !== m._loaded) loadStep(m, step);
  const first = m._done[step];
  let rows = s[S_OUT_HEIGHT / 2] - first;
  if (rows > m._rows) rows = m._rows;
  m._done[step] = first + rows;
  (m._kernels[s[S_KIND / 2]] as Kernel)(m, first, rows);
  return true;
}
