/** TFLite_Detection_PostProcess in integers: what each byte stands for is worked out here, once. */
import type { SsdSpec } from '../../graph/head.js';
import * as H from '../../program/head-layout.js';
import type { Port, Program } from '../../program/program.js';
import { scratchBytes } from '../readers/check.js';
import { factorWord, fractionBits, HeadRecord, leastValue, portSize, realValues } from './record.js';

/** Factors and sizes: the limits that keep products exact (docs/heads.md). */
const STEP = 2 ** 20;
const ANCHOR = 255 * 65535;
const MOST_FRACTION = 16;
const MOST_BITS = 48;

export function encodeSsd(spec: SsdSpec, program: Program): Uint8Array {
  const [boxes, scores] = [program.outputs[spec.boxes], program.outputs[spec.scores]];
  const { height, width } = program.inputs[0].view;
  const anchors = portSize(boxes) / 4;
  const record = new HeadRecord(H.SSD_BYTES);
  record.common(H.HEAD_SSD, program, spec.classes, scores);
  record.set(H.D_MOST, spec.most ?? 10);
  record.set(H.D_THRESHOLD, leastValue(scores, spec.threshold ?? 0));
  record.set(H.D_OUTPUT, spec.scores);
  record.set(H.D_BOXES, spec.boxes);
  record.set(H.D_OVERLAP, Math.round(spec.overlap * 2 ** 24));
  record.set(H.D_ANCHORS, anchors);
  record.set(H.D_FIRST_CLASS, portSize(scores) / anchors - spec.classes);
  record.set(H.D_PER_BOX, Math.min(spec.perBox, spec.classes));
  record.set(H.D_PER_CLASS, spec.perClass ?? 0);
  record.set(H.D_BOX_ZERO, boxes.zeroPoint);

  const steps = [boxes.scale / spec.divisors[0], boxes.scale / spec.divisors[1]];
  const stepBits = fractionBits(Math.max(...steps), STEP, MOST_BITS);
  record.set(H.D_STEP_BITS, stepBits);
  record.set(H.D_STEP_Y, Math.round(steps[0] * 2 ** stepBits));
  record.set(H.D_STEP_X, Math.round(steps[1] * 2 ** stepBits));

  const tables = [factorsOf(boxes, spec.divisors[2]), factorsOf(boxes, spec.divisors[3])];
  const first = record.table(tables[0]);
  record.set(H.D_SIZE_HEIGHT, first);
  record.set(H.D_SIZE_WIDTH, String(tables[0]) === String(tables[1]) ? first : record.table(tables[1]));

  setAnchors(record, spec, [height, width]);
  const kept = spec.perClass || (spec.most ?? 10);
  record.set(H.D_SCRATCH_BYTES, scratchBytes(anchors, kept));
  return record.encode();
}

/** Factor of an anchor's height or width, by byte. */
function factorsOf(boxes: Port, divisor: number): number[] {
  return realValues(boxes).map((value) => factorWord(Math.exp(value / divisor)));
}

/** Bytes stay bytes, with a factor for each direction; other anchors become fractions of a pixel. */
function setAnchors(record: HeadRecord, { anchors }: SsdSpec, [height, width]: number[]): void {
  const { values, scale, zeroPoint } = anchors;
  const reals = Array.from(values, (value) => scale * (value - zeroPoint));
  const most = reals.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const farthest = Math.max(height, width) * (values instanceof Uint8Array ? 255 * scale : most);
  const bits = fractionBits(farthest, ANCHOR, MOST_FRACTION);
  record.set(H.D_FRACTION, bits);
  if (values instanceof Uint8Array) {
    record.set(H.D_ANCHOR_BYTES, 1);
    record.set(H.D_ANCHOR_ZERO, zeroPoint);
    record.set(H.D_ANCHOR_Y, Math.round(scale * height * 2 ** bits));
    record.set(H.D_ANCHOR_X, Math.round(scale * width * 2 ** bits));
    record.set(H.D_ANCHOR_TABLE, record.bytes(values));
    return;
  }
  record.set(H.D_ANCHOR_BYTES, 4);
  record.set(H.D_ANCHOR_Y, 1);
  record.set(H.D_ANCHOR_X, 1);
  const words = reals.map((value, i) => Math.round(value * (i % 2 ? width : height) * 2 ** bits));
  record.set(H.D_ANCHOR_TABLE, record.table(words));
}
