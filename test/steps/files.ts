/** .dw files of the kinds of steps that no random graph has, under several plans. */
import { writeBlob } from '../../src/format/write.js';
import { bilinearPlaces } from '../../src/kernels/reference/resize-bilinear.js';
import { words } from '../../src/lower/tables.js';
import { type PlanOptions, plan } from '../../src/plan/plan.js';
import * as L from '../../src/program/layout.js';
import type { Program } from '../../src/program/program.js';
import { seededRandom } from '../graph/builder.js';
import { layerProgram, transposed, windowed } from './gapped.js';
import { stepProgram } from './programs.js';

const PLANS: PlanOptions[] = [{}, { memory: 'min' }, { memory: 'min', frame: 'rows' }];

export function stepPrograms(): Program[] {
  const random = seededRandom(50);
  const rescale = words(2 ** 30 + 5, -4);
  const resized = (input: [number, number], output: [number, number]) => {
    const [rows, columns] = [0, 1].map((axis) =>
      bilinearPlaces(input[axis], output[axis], { alignCorners: false, halfPixelCenters: true }),
    );
    return words(rows.distance, rows.start, columns.distance, columns.start);
  };
  return [
    stepProgram([5, 6, 7], [5, 1, 7], { kind: L.KIND_REDUCE, table: rescale, inputZeroPoint: 3 }),
    stepProgram([5, 6, 7], [1, 6, 1], { kind: L.KIND_REDUCE, table: rescale }),
    stepProgram([5, 6, 7], [5, 6, 1], { kind: L.KIND_REDUCE, flags: L.STEP_LEAST }),
    stepProgram([5, 6, 7], [5, 6, 4], { kind: L.KIND_REDUCE, flags: L.STEP_GREATEST, depthMultiplier: 4 }),
    stepProgram([5, 6, 7], [1, 6, 56], { kind: L.KIND_REDUCE, flags: L.STEP_GREATEST, depthMultiplier: 8 }),
    stepProgram([5, 6, 3], [9, 4, 3], { kind: L.KIND_RESIZE_BILINEAR, table: resized([5, 6], [9, 4]) }),
    stepProgram([5, 6, 3], [3, 13, 3], {
      kind: L.KIND_RESIZE_BILINEAR,
      table: resized([5, 6], [3, 13]),
      flags: L.STEP_UNSIGNED_ROUNDING,
    }),
    stepProgram([5, 6, 7], [5, 6, 7], { kind: L.KIND_L2_NORMALIZE, inputZeroPoint: -9 }),
    stepProgram([5, 6, 7], [5, 6, 7], { kind: L.KIND_L2_NORMALIZE, flags: L.STEP_UNSIGNED_ROUNDING }),
    ...(['dense', 'grouped', 'depthwise'] as const).flatMap((kind) => [
      layerProgram(windowed(random, kind)[0]),
      layerProgram(windowed(random, kind)[0], 'single'),
    ]),
    layerProgram(transposed(random)[0]),
    layerProgram(transposed(random)[0]),
  ];
}

export const stepFiles = (): Uint8Array[] =>
  stepPrograms().map((program, i) => writeBlob(program, plan(program, PLANS[i % PLANS.length]), 0));
