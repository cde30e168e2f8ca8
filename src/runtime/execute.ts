/**
 * The executor: one tick is one row task, a few output rows of one step, in the order the planner chose. Whether tensors
 * are resident, share memory or are rings of a few rows makes no difference here: it is all in the steps' addresses.
 */
import {
  S_IN_ADDRESS,
  S_IN_RING,
  S_IN_ZERO_POINT,
  S_IN2_ADDRESS,
  S_KIND,
  S_OUT_ADDRESS,
  S_OUT_CHUNK,
  S_OUT_HEIGHT,
  STEP_BYTES,
  T_REPEAT,
  T_ROWS,
  T_STEP,
  TASK_BYTES,
} from '../format/layout.js';
import { half, seek, word } from './bytes.js';
import type { Kernel, Machine } from './machine.js';

/** Reads the record of a step: u32 fields first, then u16, of which some are signed. */
export function loadStep(m: Machine, index: number): Int32Array {
  var s = m._step;
  var at = seek(m, m._stepsOffset + index * STEP_BYTES, STEP_BYTES);
  var w = m._bytes;
  var i = 0;
  for (; i < S_IN_RING / 2; i += 2) s[i] = word(w, at + 2 * i);
  for (; i < STEP_BYTES / 2; i++) {
    var value = half(w, at + 2 * i);
    s[i] = i >= S_IN_ZERO_POINT / 2 && i < S_OUT_CHUNK / 2 ? (value << 16) >> 16 : value;
  }
  s[S_IN_ADDRESS / 2] -= m._base;
  s[S_OUT_ADDRESS / 2] -= m._base;
  s[S_IN2_ADDRESS / 2] -= m._base;
  m._loaded = index;
  return s;
}

/** Gets ready for an inference from its first task on. */
export function begin(m: Machine): void {
  var done = m._done;
  for (var i = 0; i < done.length; i++) done[i] = 0;
  m._next = m._repeat = 0;
}

/** Runs one task. False when none was left: then the next tick begins anew. */
export function tick(m: Machine): boolean {
  if (!m._repeat) {
    if (m._next === m._taskCount) {
      begin(m);
      return false;
    }
    var at = seek(m, m._tasksOffset + m._next * TASK_BYTES, TASK_BYTES);
    var w = m._bytes;
    m._current = half(w, at + T_STEP);
    m._rows = w[at + T_ROWS] & 255;
    m._repeat = w[at + T_REPEAT] & 255;
    m._next++;
  }
  m._repeat--;
  var step = m._current;
  var s = m._step;
  if (step !== m._loaded) loadStep(m, step);
  var first = m._done[step];
  var rows = s[S_OUT_HEIGHT / 2] - first;
  if (rows > m._rows) rows = m._rows;
  m._done[step] = first + rows;
  (m._kernels[s[S_KIND / 2]] as Kernel)(m, first, rows);
  return true;
}
