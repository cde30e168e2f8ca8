/** The check of one step record: what holds of every kind, then what its own kind asks for. */
import type { BlobView } from '../program/blob-view.js';
import * as L from '../program/layout.js';
import { StepCheck } from '../steps/check.js';
import { isKind, kindName, STEP_KINDS } from '../steps/index.js';
import type { StepKind } from '../steps/kind.js';

/** A step whose record has been checked. */
export interface CheckedStep {
  kind: StepKind;
  check: StepCheck;
  /** Multiply-accumulates, or values looked at. */
  work: number;
}

/** @throws DepthwiseError BLOB_INVALID. */
export function checkStep(file: BlobView, fields: BlobView, index: number): CheckedStep {
  const number = fields.u32(L.S_KIND);
  const check: StepCheck = new StepCheck(file, fields, `step ${index} (${kindName(number)})`);
  if (!isKind(number)) check.refuse('a KIND that does not exist', `one of ${Object.keys(STEP_KINDS).join(', ')}`);
  const kind = STEP_KINDS[number];
  const { input, output } = check.record;
  const [from, to] = [input, output].map(({ height, width, channels }) => [height, width, channels]);
  if ([...from, ...to].includes(0)) check.refuse(`from ${from} to ${to} values`, 'dimensions above 0');
  check.rows('input', input, L.S_IN_ADDRESS, L.S_IN_STRIDE, L.S_IN_ROWS);
  if (output.pixelStride < output.channels) {
    check.refuse(`pixels ${output.pixelStride} bytes apart`, `${output.channels} at least`);
  }
  check.rows('output', output, L.S_OUT_ADDRESS, L.S_OUT_STRIDE, L.S_OUT_ROWS);
  return { kind, check, work: kind.check(check) };
}
