/** What native kernels cost: instructions on both cores, flash and RAM on rv32imc. */
import test, { type ExecutionContext } from 'ava';
import { compile } from '../../src/compile.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { buildMobileNet } from '../../src/mobilenet/builder.js';
import { parseSpec } from '../../src/mobilenet/topology.js';
import { CORES } from '../../src/qemu/cores.js';
import { emulate, type FirmwareReport } from '../../src/qemu/emulate.js';
import { linkImage } from '../../src/qemu/image.js';
import { benchInputs } from '../../tools/bench/count.js';
import { countInstructions, readInstructions } from '../../tools/bench/instructions.js';
import { benchModels } from '../../tools/bench/models.js';
import { FIXTURES, readFixture } from '../fixtures.js';
import { temporaryFolder } from '../temporary.js';
import { coreTools, EVERY_CORE, withTools } from './tools.js';

const KIB = 1024;
/** Flash of the firmware with the kernels that a model uses, and with all. The program that tests it is in there. */
const MOST_FLASH = 20 * KIB;
const MOST_FLASH_OF_ALL = 28 * KIB;
const ALL_KINDS = 0x1ffe;
/** RAM besides linear memory: variables, the net, the stack, and a row that is pushed. */
const MOST_RAM = 2 * KIB;

for (const { name, compiled } of benchModels(FIXTURES)) {
  for (const core of EVERY_CORE) {
    withTools(
      test,
      coreTools(core),
      `${name}, ${core.id}: no more than 2 % over tools/bench/instructions.json`,
      (t) => {
        const allowed = readInstructions()[name]?.[core.id];
        t.truthy(allowed, 'no baseline: npm run bench:native -- --update');
        const counted = countInstructions(compiled, core);
        t.true(counted <= 1.02 * allowed, `${counted} instructions, ${allowed} before`);
      },
    );
  }
}

/** One inference on rv32imc, in so much RAM. */
function report(compiled: ReturnType<typeof compile>, ramBytes: number, kinds?: number): FirmwareReport {
  const folder = temporaryFolder();
  const memory = { flashBytes: 4 * KIB * KIB, ramBytes, stackBytes: KIB };
  const elf = linkImage(CORES.rv32, 'aot', compiled.blob, folder, memory, kinds);
  return emulate(CORES.rv32, elf, Buffer.concat(benchInputs(compiled))).report;
}

function besides({ staticBytes, heapBytes, stackBytes, linearMemoryBytes }: FirmwareReport): number {
  return staticBytes + heapBytes + stackBytes - linearMemoryBytes;
}

for (const { name, compiled } of benchModels(FIXTURES)) {
  withTools(test, coreTools(CORES.rv32), `${name}: flash, and RAM besides linear memory`, (t) => {
    const ram = 320 * KIB;
    const own = report(compiled, ram);
    const all = report(compiled, ram, ALL_KINDS);
    t.log(`flash ${own.codeBytes} B, with all kernels ${all.codeBytes} B; RAM ${besides(own)} B`);
    t.true(own.codeBytes <= MOST_FLASH, `${own.codeBytes} B`);
    t.true(all.codeBytes <= MOST_FLASH_OF_ALL, `${all.codeBytes} B with all kernels`);
    t.true(besides(own) <= MOST_RAM, `${besides(own)} B`);
  });
}

withTools(
  test,
  coreTools(CORES.rv32),
  'rows pushed: a MobileNet for frames of 96x96 in 24 KB of RAM',
  (t: ExecutionContext) => {
    const plan = { memory: 'min', frame: 'rows' } as const;
    const person = () => importTflite(readFixture('models', 'person_detect.tflite'), 'person_detect');
    const graph = FIXTURES === '' ? buildMobileNet(parseSpec('mobilenet:0.25@96x96x1,2')) : person();
    t.true(report(compile(graph, plan), 24 * KIB).instructions.at(-1)! > 0);
  },
);
