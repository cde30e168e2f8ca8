/**
 * Instructions of an inference with native kernels, on every emulated core: `npm run bench:native`, with `-- --update` to
 * write them to instructions.json, from which test/qemu/costs.test.ts allows 2 % more.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Compiled } from '../../src/compile.js';
import { openFirmware } from '../../src/engines/qemu.js';
import { readBlob } from '../../src/format/read.js';
import { CORES, type Core } from '../../src/qemu/cores.js';
import { formatNumber } from '../../src/report/table.js';
import { benchInputs } from './count.js';
import { benchModels } from './models.js';
import { roomOf } from './room.js';

const FILE = new URL('instructions.json', import.meta.url);

/** By the name of the model, then by the core. */
export type Instructions = Record<string, Record<string, number>>;

export const readInstructions = (): Instructions => JSON.parse(readFileSync(FILE, 'utf8'));

/** Of one inference. Clamps branch, so other inputs give other counts, of person_detect within 0.1 %. */
export function countInstructions(compiled: Compiled, core: Core): number {
  const session = openFirmware(compiled.blob, core, 'aot', roomOf(core));
  session.run(benchInputs(compiled));
  return session.stats().instructions!;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const counted = readInstructions();
  for (const { name, compiled } of benchModels()) {
    counted[name] = {};
    for (const core of Object.values(CORES)) {
      const instructions = countInstructions(compiled, core);
      counted[name][core.id] = instructions;
      const perMac = (instructions / readBlob(compiled.blob).macs).toFixed(3);
      console.log(`${name.padEnd(32)} ${core.id.padEnd(5)} ${formatNumber(instructions)} (${perMac} per MAC)`);
    }
  }
  if (process.argv.includes('--update')) writeFileSync(FILE, `${JSON.stringify(counted, null, 2)}\n`);
}
