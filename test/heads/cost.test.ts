/** What answers cost on a board, beside the inference. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import type { SsdSpec } from '../../src/graph/head.js';
import { KIND_FLIP } from '../../src/program/layout.js';
import { CORES } from '../../src/qemu/cores.js';
import { runEmulator } from '../../src/qemu/emulate.js';
import { linkImage } from '../../src/qemu/image.js';
import { seededRandom } from '../graph/builder.js';
import { coreTools, withTools } from '../qemu/tools.js';
import { temporaryFolder } from '../temporary.js';
import { integer, stepless, subject } from './subject.js';

const ANCHORS = 1917;
const CLASSES = 91;
/** Multiply-accumulates of ssd_mobilenet_detect, and instructions of each on rv32imc with native kernels (docs/native.md). */
const INFERENCE = 617e6 * 3.9;

const SHARE = 0.05;

for (const [title, more] of [
  ['fast', {}],
  ['regular', { perClass: 100 }],
] as const) {
  withTools(
    test,
    coreTools(CORES.rv32),
    `${title}: 1,917 anchors x 91 classes take at most 5 % of an inference`,
    (t) => {
      const random = seededRandom(91);
      const spec: SsdSpec = {
        kind: 'ssd',
        boxes: 0,
        scores: 1,
        classes: CLASSES - 1,
        threshold: 0.3,
        overlap: 0.6,
        divisors: [10, 10, 5, 5],
        most: 10,
        perBox: 1,
        anchors: {
          values: Uint8Array.from({ length: 4 * ANCHORS }, () => integer(random, 10, 200)),
          scale: 1 / 255,
          zeroPoint: 0,
        },
        ...more,
      };
      const program = stepless(
        [300, 300],
        [
          { shape: [1, 1, ANCHORS, 4], scale: 0.05, zeroPoint: 128, dtype: 'uint8' },
          { shape: [1, 1, ANCHORS, CLASSES], dtype: 'uint8' },
        ],
      );
      const folder = temporaryFolder();
      const memory = { flashBytes: 1024 * 1024, ramBytes: 1024 * 1024, stackBytes: 4096 };
      const main = fileURLToPath(new URL('cost.c', import.meta.url));
      const elf = linkImage(CORES.rv32, 'aot', subject(spec, program).blob, folder, memory, 1 << KIND_FLIP, main);
      const { status, stderr } = runEmulator(CORES.rv32, elf, 300);
      t.is(status, 0, stderr);
      const bytes = readFileSync(join(folder, 'outputs'));
      const [instructions, found] = [bytes.readUInt32LE(0), bytes.readInt32LE(4)];
      t.log(`${instructions} instructions, ${((100 * instructions) / INFERENCE).toFixed(2)} % of an inference`);
      t.is(found, 10);
      t.true(instructions <= SHARE * INFERENCE, `${instructions}`);
    },
  );
}
