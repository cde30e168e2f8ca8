/**
 * The executor: one tick is one row task, a few output rows of one step, in the order the planner chose. Whether tensors
 * are resident, share memory or are there in a few rows at a time makes no difference here: it is all in the steps' row
 * addresses. Where the input comes row by row, tasks of the step FEED say when the next one is needed.
 */
import {
  FEED,
  KIND_MEAN,
  S_IN_ADDRESS,
  S_IN_HEIGHT,
  S_IN_WIDTH,
  S_IN_ZERO_POINT,
  S_IN2_ADDRESS,
  S_K,
  S_KERNEL_H,
  S_KERNEL_W,
  S_KIND,
  S_OUT_ADDRESS,
  S_OUT_CHUNK,
  S_OUT_HEIGHT,
  STEP_BYTES,
  TASK_BYTES,
} from '../program/layout.js';
import { word } from './bytes.js';
import { kernelOf } from './kernels/kernel.js';
import type { Kernel, Machine } from './machine.js';
import { min } from './powers.js';

/**
 * Reads the record of a step: u16 fields first, of which those from S_IN_ZERO_POINT on are signed, then u32. A mean's window
 * is its whole input. Chooses the kernel.
 */
export function loadStep(m: Machine, index: number): Int32Array {
  const s = m._step;
  for (let i = 0; i < S_K / 2; i += 2) {
    const value = word(m, m._stepsOffset + index * STEP_BYTES + 2 * i);
    const signed = i >= S_IN_ZERO_POINT / 2 && i < S_OUT_CHUNK / 2;
    s[i] = i >= S_KIND / 2 ? value : signed ? (value << 16) >> 16 : value & 65535;
    s[i + 1] = signed ? value >> 16 : value >>> 16;
  }
  s[S_IN_ADDRESS / 2] -= m._base;
  s[S_OUT_ADDRESS / 2] -= m._base;
  s[S_IN2_ADDRESS / 2] -= m._base;
  if (s[S_KIND / 2] === KIND_MEAN) {
    s[S_KERNEL_H / 2] = s[S_IN_HEIGHT / 2];
    s[S_KERNEL_W / 2] = s[S_IN_WIDTH / 2];
  }
  m._kernel = kernelOf(m);
  m._loaded = index;
  return s;
}

/** Gets ready for an inference from its first task on. */
export function begin(m: Machine): void {
  for (let i = m._done.length; i; ) m._done[--i] = 0;
  m._next = m._repeat = m._pushed = m._waiting = 0;
}

/** Runs one task. False when it needs rows that have not been pushed, or none was left: then the next tick begins anew. */
export function tick(m: Machine): boolean {
  if (!m._repeat) {
    if (m._next === m._taskCount) {
      begin(m);
      return false;
    }
    m._task = word(m, m._tasksOffset + m._next++ * TASK_BYTES);
    m._repeat = m._task >>> 24;
  }
  const step = m._task & 65535;
  const most = (m._task >> 16) & 255;
  if (step === FEED) {
    if (m._waiting < most) return false;
    m._waiting -= most;
  } else {
    if (step !== m._loaded) loadStep(m, step);
    const first = m._done[step];
    const rows = min(m._step[S_OUT_HEIGHT / 2] - first, most);
    m._done[step] = first + rows;
    (m._kernel as Kernel)(m, first, rows);
  }
  m._repeat--;
  return true;
}
