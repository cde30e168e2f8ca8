/**
 * The head of an open network on a board. A script of one kind of head, dist/heads/KIND.js, is put behind the runtime where a
 * model has such a head, and adds to what `open` returns: the readers are those of src/heads.
 */
import { wrongField } from '../../heads/readers/check.js';
import type { HeadFile, Scratch } from '../../heads/readers/head-file.js';
import {
  D_KIND,
  D_MOST,
  D_PER_CLASS,
  D_SCORE_STEP,
  D_SCORE_ZERO,
  D_SCRATCH_BYTES,
  HEAD_CENTROIDS,
  HEAD_SSD,
  KEPT_BYTES,
} from '../../program/head-layout.js';
import {
  H_HEAD_BYTES,
  H_HEAD_OFFSET,
  H_INPUT_COUNT,
  H_OUTPUT_COUNT,
  H_SCRATCH_BYTES,
  H_STRINGS_BYTES,
  H_STRINGS_OFFSET,
} from '../../program/layout.js';
import { allocate, byte, word } from '../bytes.js';
import { expect, refuseLayout } from '../fail.js';
import { fileOf } from '../file.js';
import type { Machine } from '../machine.js';
import type { Net } from '../net.js';
import type { Blob } from '../open.js';
import { readString, skipStrings } from '../text.js';

/** Exports of the runtime. */
export interface Runtime {
  open(blob: Blob): Net;
}

export interface BoardHead extends HeadFile {
  _net: Net;
  _machine: Machine;
  _scratch: Scratch;
}

/** Arrays of Espruino that have no elements are of other lengths: one at least. */
function takeScratch(f: HeadFile): Scratch {
  const kind = f._word(D_KIND);
  let kept = 0;
  if (kind === HEAD_SSD) kept = f._word(D_PER_CLASS);
  if (kind !== HEAD_CENTROIDS && !kept) kept = f._word(D_MOST);
  const boxes = (f._word(D_SCRATCH_BYTES) - KEPT_BYTES * kept) / 4;
  return {
    _order: allocate(Uint16Array, boxes),
    _scores: allocate(Uint16Array, boxes),
    _kept: allocate(Int32Array, (KEPT_BYTES / 4) * kept + 1),
  };
}

/**
 * Reads and checks the head.
 * @param boxes whether its answers are boxes.
 * @throws Error with code LAYOUT; KIND where it is of another kind.
 */
export function openHead(net: Net, blob: Blob, kind: number, boxes: boolean): BoardHead {
  const m = fileOf(blob);
  const at = word(m, H_HEAD_OFFSET);
  const bytes = word(m, H_HEAD_BYTES);
  refuseLayout(at < 0 || (at & 3) > 0 || bytes < 0 || at + bytes > m._length, at);
  const outputs: ArrayLike<number>[] = [];
  for (let i = 0; i < word(m, H_OUTPUT_COUNT); i++) outputs.push(net.output(i));
  const f = {
    _word: (field: number) => word(m, at + field),
    _byte: (field: number) => byte(m, at + field),
    _outputs: outputs,
    _net: net,
    _machine: m,
  } as BoardHead;
  const wrong = wrongField(f, bytes, (output) => (outputs[output] ? outputs[output].length : 0));
  refuseLayout(wrong >= 0 || f._word(D_SCRATCH_BYTES) > word(m, H_SCRATCH_BYTES), at + wrong);
  expect('KIND', f._word(D_KIND), kind);
  if (boxes) f._scratch = takeScratch(f);
  return f;
}

/** One inference, where there are pixels for it. */
export function infer(f: BoardHead, pixels?: ArrayLike<number>): void {
  if (!pixels) return;
  const input = f._net.input();
  expect('LENGTH', pixels.length, input.length);
  input.set(pixels);
  f._net.invoke();
}

/** The name of a class; empty where the model brings none. */
export function labelOf(f: BoardHead, index: number): string {
  const m = f._machine;
  const strings = word(m, H_STRINGS_OFFSET);
  const end = strings + word(m, H_STRINGS_BYTES);
  const before = 1 + word(m, H_INPUT_COUNT) + word(m, H_OUTPUT_COUNT);
  return readString(m, skipStrings(m, strings, end, before + index), end);
}

/** Real value of a score. */
export function realScore(f: HeadFile, score: number): number {
  return ((score - f._word(D_SCORE_ZERO)) * (f._word(D_SCORE_STEP) >>> 0)) / (1 << 24);
}
