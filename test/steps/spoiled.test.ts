/** Fields of reductions, resizing and general convolutions that contradict each other are refused when a file is opened. */
import test, { type ExecutionContext } from 'ava';
import { DepthwiseError } from '../../src/errors.js';
import { checkBlob } from '../../src/format/check.js';
import { writeBlob } from '../../src/format/write.js';
import { words } from '../../src/lower/tables.js';
import { plan } from '../../src/plan/plan.js';
import * as L from '../../src/program/layout.js';
import type { Program } from '../../src/program/program.js';
import { edited } from '../format/damaged.js';
import { seededRandom } from '../graph/builder.js';
import { layerProgram, transposed, windowed } from './gapped.js';
import { stepProgram } from './programs.js';

const file = (program: Program): Uint8Array => writeBlob(program, plan(program), 0);
const u32 = (blob: Uint8Array, at: number): number => new DataView(blob.buffer).getUint32(at, true);
/** A field of the tested step, the second one. */
const at = (blob: Uint8Array, field: number): number => u32(blob, L.H_STEPS_OFFSET) + L.STEP_BYTES + field;

function refused(t: ExecutionContext, blob: Uint8Array, field: number, value: number, message: RegExp): void {
  t.notThrows(() => checkBlob(blob));
  const spoiled = edited(blob, (view) => view.setUint16(at(blob, field), value, true));
  const error = t.throws(() => checkBlob(spoiled), { instanceOf: DepthwiseError });
  t.is(error?.code, 'BLOB_INVALID');
  t.regex(error!.message, message);
}

test('reduce: other shapes, flags and results', (t) => {
  const sum = file(stepProgram([5, 6, 7], [5, 1, 7], { kind: L.KIND_REDUCE, table: words(2 ** 30, -4) }));
  refused(t, sum, L.S_OUT_HEIGHT, 4, /step 1 \(reduce\), from 5x6x7 to 4x1x7/);
  refused(t, sum, L.S_RESULT_BYTES, 4, /from 5x6x7 to 5x1x7/);
  refused(t, sum, L.S_FLAGS, L.STEP_GREATEST | L.STEP_LEAST, /flags 96/);
  const shift = edited(sum, (view) => view.setInt32(u32(sum, at(sum, L.S_TABLE)) + 4, 32, true));
  t.throws(() => checkBlob(shift), { message: /a shift of 32/ });
  const index = file(
    stepProgram([5, 6, 7], [5, 6, 4], { kind: L.KIND_REDUCE, flags: L.STEP_GREATEST, depthMultiplier: 4 }),
  );
  refused(t, index, L.S_FLAGS, 0, /results of 4 bytes, expected 1, 4, 8, and 1 of sums/);
});

test('resize: places that descend or are too far', (t) => {
  const blob = file(stepProgram([5, 6, 3], [9, 4, 3], { kind: L.KIND_RESIZE_BILINEAR, table: words(569, 0, 1536, 0) }));
  refused(t, blob, L.S_OUT_CHANNELS, 2, /from 5x6x3 to 9x4x2/);
  for (const distance of [-1, 2 ** 30]) {
    const spoiled = edited(blob, (view) => view.setInt32(u32(blob, at(blob, L.S_TABLE)), distance, true));
    t.throws(() => checkBlob(spoiled), { message: /resize bilinear\), places -?\d+ apart from 0 on/ });
  }
});

test('general conv: groups, gaps and chunks that do not fit', (t) => {
  const grouped = file(layerProgram(windowed(seededRandom(3), 'grouped')[0]));
  for (const groups of [0, 0xffff]) refused(t, grouped, L.S_GROUPS, groups, new RegExp(`${groups} groups`));
  for (const field of [L.S_DILATION_H, L.S_DILATION_W, L.S_SPREAD_H, L.S_SPREAD_W]) {
    refused(t, grouped, field, 0, /dilations of .* and spreads of .*1 at least/);
  }
  refused(t, grouped, L.S_OUT_CHUNK, 0, /chunks of 0 outputs/);
  const both = file(layerProgram(transposed(seededRandom(4))[0]));
  const spread = at(both, L.S_SPREAD_H);
  const wide = edited(both, (view) => view.setUint16(spread, 2, true));
  refused(t, wide, L.S_DILATION_H, 2, /one of the two 1/);
  refused(t, grouped, L.S_KERNEL_H, 0, /a window of 0x/);
});
