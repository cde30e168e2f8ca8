/** What the firmware takes: instructions against the committed baseline, flash, and RAM with the linker as the limit. */
import test from 'ava';
import { loadModel } from '../../src/cli/model.js';
import { compile } from '../../src/compile.js';
import { openFirmware } from '../../src/engines/qemu.js';
import { DepthwiseError } from '../../src/errors.js';
import { readBlob } from '../../src/format/read.js';
import { CORES } from '../../src/qemu/cores.js';
import { emulate } from '../../src/qemu/emulate.js';
import { boardMemory, linkImage } from '../../src/qemu/image.js';
import { countFirmware, readFirmwareBaseline } from '../../tools/bench/firmware.js';
import { FIXTURES } from '../fixtures.js';
import { temporaryFolder } from '../temporary.js';
import { coreTools, EVERY_CORE, withTools } from './tools.js';

/** Growth over the baseline that fails. */
const TOLERANCE = 0.02;
/** Instructions per multiply-accumulate of MobileNetV1 0.25 at 96x96 in wasm3, everything included. */
const LIMITS: Record<string, number> = { rv32: 40, m4: 42, xtensa: 55, lx106: 60 };
const PERSON = 'mobilenet:0.25@96x96x1,2';
const ALL_TOOLS = EVERY_CORE.flatMap(coreTools);

withTools(test, ALL_TOOLS, 'no model takes 2 % more instructions than tools/bench/firmware.json', (t) => {
  const baseline = readFirmwareBaseline();
  const counts = countFirmware(FIXTURES);
  t.true(counts.length >= 4);
  for (const { name, instructions, instructionsPerMac } of counts) {
    t.true(instructions <= baseline[name] * (1 + TOLERANCE), `${name}: ${instructions}, was ${baseline[name]}`);
    if (!name.startsWith(PERSON) && !name.startsWith('person_detect')) continue;
    const [core, limit] = Object.entries(LIMITS).find(([end]) => name.endsWith(end))!;
    t.true(instructionsPerMac <= limit, `${core}: ${instructionsPerMac} per MAC`);
  }
});

function person(options: Parameters<typeof compile>[1]): Uint8Array {
  const model = loadModel(PERSON);
  if (model.kind !== 'graph') throw new Error('expected a network');
  return compile(model.graph, options).blob;
}

/** Kibibytes of RAM in all, stack and variables included. */
const FITS = [
  ['wasm3', 80, { memory: 'min' }],
  ['aot', 24, { memory: 'min', frame: 'rows' }],
] as const;
for (const [runtime, kilobytes, plan] of FITS) {
  for (const core of EVERY_CORE) {
    withTools(test, coreTools(core), `${runtime} on ${core.id}: ${PERSON} in ${kilobytes} KiB of RAM`, (t) => {
      const blob = person(plan);
      const ramBytes = kilobytes * 1024;
      const stackBytes = runtime === 'aot' ? 1024 : 4096;
      const elf = linkImage(core, runtime, blob, temporaryFolder(), { ...boardMemory(core), ramBytes, stackBytes });
      const { report } = emulate(core, elf, new Uint8Array(96 * 96));
      t.true(report.staticBytes + report.heapBytes + report.stackBytes <= ramBytes);
    });
  }
}

withTools(test, coreTools(CORES.rv32), 'rv32imc: flash of code and kernels, RAM besides arena and scratch', (t) => {
  for (const [runtime, flash, ram] of [
    ['wasm3', 80, 40],
    ['aot', 28, 2],
  ] as const) {
    const blob = person({ memory: 'min' });
    const { arenaBytes, scratchBytes } = readBlob(blob);
    const session = openFirmware(blob, CORES.rv32, runtime);
    session.run([new Uint8Array(96 * 96)]);
    const { codeBytes, staticBytes, heapBytes, stackBytes } = session.stats();
    t.true(codeBytes! <= flash * 1024, `${runtime}: ${codeBytes} B of flash`);
    const besides = staticBytes! + heapBytes! + stackBytes! - arenaBytes - scratchBytes;
    t.true(besides <= ram * 1024, `${runtime}: ${besides} B of RAM`);
  }
});

withTools(test, coreTools(CORES.m4), 'what is larger than the board says so before it runs', (t) => {
  const blob = person({});
  const memory = { ...boardMemory(CORES.m4), flashBytes: 64 * 1024 };
  const error = t.throws(() => openFirmware(blob, CORES.m4, 'aot', memory).run([new Uint8Array(96 * 96)]), {
    instanceOf: DepthwiseError,
  });
  t.is(error?.code, 'MODEL_TOO_LARGE');
  t.regex(error!.message, /too large for the flash of stm32f405, 65,536 B/);
});
