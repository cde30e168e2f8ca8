/** What answers cost on a board, beside the inference. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { readBlob } from '../../src/format/read.js';
import type { SsdSpec, YoloVersion } from '../../src/graph/head.js';
import { headInstructions } from '../../src/heads/cost.js';
import { KIND_FLIP } from '../../src/program/layout.js';
import { CORES } from '../../src/qemu/cores.js';
import { runEmulator } from '../../src/qemu/emulate.js';
import { linkImage } from '../../src/qemu/image.js';
import { type Random, seededRandom } from '../graph/builder.js';
import { coreTools, withTools } from '../qemu/tools.js';
import { temporaryFolder } from '../temporary.js';
import { integer, type Subject, stepless, subject } from './subject.js';

/** Multiply-accumulates of ssd_mobilenet_detect, and instructions of each on rv32imc with native kernels (docs/native.md). */
const INFERENCE = 617e6 * 3.9;
const SHARE = 0.05;

/** How far the formula that budget prices heads by may be off. */
const TOLERANCE = 0.2;

type Case = [title: string, make: (random: Random) => Subject];

const port = (shape: number[], scale = 1 / 256, zeroPoint = 0) => ({
  shape,
  scale,
  zeroPoint,
  dtype: 'uint8' as const,
});

function ssdCase(anchors: number, columns: number, more: Partial<SsdSpec> = {}): Case {
  return [
    `ssd, ${anchors} anchors x ${columns} classes, ${more.perClass ? 'regular' : 'fast'}`,
    (random) => {
      const spec: SsdSpec = {
        kind: 'ssd',
        boxes: 0,
        scores: 1,
        classes: columns - 1,
        threshold: 0.3,
        overlap: 0.6,
        divisors: [10, 10, 5, 5],
        most: 10,
        perBox: 1,
        anchors: {
          values: Uint8Array.from({ length: 4 * anchors }, () => integer(random, 10, 200)),
          scale: 1 / 255,
          zeroPoint: 0,
        },
        ...more,
      };
      return subject(spec, stepless([300, 300], [port([1, 1, anchors, 4], 0.05, 128), port([1, 1, anchors, columns])]));
    },
  ];
}

function yoloCase(version: YoloVersion, sides: number[], anchors: number, classes: number): Case {
  return [
    `yolo ${version}, grids of ${sides.join(', ')}, ${anchors} anchors, ${classes} classes`,
    () => {
      const list = Array.from({ length: anchors }, (_, i) => [10 + 9 * i, 12 + 7 * i] as const);
      const outputs = sides.map((side) => port([1, side, side, anchors * (5 + classes)], 0.06, 128));
      const spec = { kind: 'yolo', version, anchors: sides.map(() => list), threshold: 0.3 } as const;
      return subject(spec, stepless([160, 160], outputs));
    },
  ];
}

const listCase = (version: YoloVersion, boxes: number, fields: number): Case => [
  `yolo ${version}, ${boxes} boxes of ${fields}`,
  () => subject({ kind: 'yolo', version, threshold: 0.3 }, stepless([160, 160], [port([1, 1, boxes, fields])])),
];

const centroidsCase = (side: number, classes: number): Case => [
  `centroids, ${side}x${side}x${classes}`,
  () => subject({ kind: 'centroids', background: 0 }, stepless([8 * side, 8 * side], [port([1, side, side, classes])])),
];

const embedCase = (values: number): Case => [
  `embed, ${values}`,
  () => subject({ kind: 'embed' }, stepless([32, 32], [port([1, values], 1 / 256, 128)])),
];

const locateCase = (count: number, most: number): Case => [
  `locate, ${count} cells, ${most}`,
  (random) => {
    const cells = Array.from({ length: count }, () => [180 * random() - 90, 360 * random() - 180] as const);
    return subject({ kind: 'locate', most, near: 200, cells }, stepless([32, 32], [port([1, count])]));
  },
];

const CASES = [
  ssdCase(1917, 91),
  ssdCase(1917, 91, { perClass: 100 }),
  ssdCase(1917, 2),
  ssdCase(500, 21),
  yoloCase('v3', [5, 10, 20], 3, 1),
  yoloCase('v2', [12], 5, 1),
  yoloCase('v2', [12], 5, 20),
  yoloCase('v5', [20], 3, 80),
  listCase('v8', 756, 84),
  listCase('decoded', 2268, 6),
  centroidsCase(12, 2),
  centroidsCase(24, 5),
  embedCase(128),
  embedCase(1024),
  locateCase(100, 5),
  locateCase(1000, 20),
];

/** Instructions of one answer, and what it returned. */
function counted(t: ExecutionContext, blob: Uint8Array): [instructions: number, result: number] {
  const folder = temporaryFolder();
  const memory = { flashBytes: 1024 * 1024, ramBytes: 1024 * 1024, stackBytes: 4096 };
  const main = fileURLToPath(new URL('cost.c', import.meta.url));
  const elf = linkImage(CORES.rv32, 'aot', blob, folder, memory, 1 << KIND_FLIP, main);
  const { status, stderr } = runEmulator(CORES.rv32, elf, 300);
  t.is(status, 0, stderr);
  const bytes = readFileSync(join(folder, 'outputs'));
  return [bytes.readUInt32LE(0), bytes.readInt32LE(4)];
}

withTools(test, coreTools(CORES.rv32), 'answers take the instructions that budget prices them by', (t) => {
  for (const [title, make] of CASES) {
    const { blob } = make(seededRandom(91));
    const [instructions, result] = counted(t, blob);
    const { head } = readBlob(blob);
    const priced = headInstructions(head!);
    t.log(`${title}: ${instructions} instructions, priced ${Math.round(priced)}`);
    t.true(result >= 0, `${title}: ${result}`);
    t.true(Math.abs(priced / instructions - 1) <= TOLERANCE, `${title}: ${instructions}, priced ${priced}`);
    if (head!.name === 'ssd') t.true(instructions <= SHARE * INFERENCE, `${title}: ${instructions}`);
  }
});
