/**
 * Instructions of whole inferences in wasm3, as the firmware under QEMU takes them (bench:native: native code), against the committed firmware.json:
 *
 *     npm run bench:firmware [-- --update]
 *
 * Real models need DEPTHWISE_FIXTURES.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openFirmware } from '../../src/engines/qemu.js';
import { readBlob } from '../../src/format/read.js';
import { CORES } from '../../src/qemu/cores.js';
import { formatNumber, table } from '../../src/report/table.js';
import { benchModels } from './models.js';
import { roomOf } from './room.js';

const FILE = new URL('firmware.json', import.meta.url);

/** Instructions by model and core: "person_detect, rv32". */
export const readFirmwareBaseline = (): Record<string, number> => JSON.parse(readFileSync(FILE, 'utf8'));

export interface FirmwareCount {
  name: string;
  instructions: number;
  instructionsPerMac: number;
}

/** Every model of the benchmarks, on every core whose board has room for it. */
export function countFirmware(fixtures?: string): FirmwareCount[] {
  return benchModels(fixtures).flatMap((model) =>
    Object.values(CORES).flatMap((core) => {
      const { blob } = model.compiled;
      const { inputs, memoryBytes, macs } = readBlob(blob);
      if (memoryBytes > MOST_MEMORY) return [];
      const session = openFirmware(blob, core, 'wasm3', roomOf(core));
      session.run(inputs.map(({ bytes }) => new Uint8Array(bytes).map((_, i) => (i * 37) & 255)));
      const instructions = session.stats().instructions!;
      return [{ name: `${model.name}, ${core.id}`, instructions, instructionsPerMac: instructions / macs }];
    }),
  );
}

/** What the smaller board has for it beside wasm3. */
const MOST_MEMORY = 80_000;

function main(): void {
  const { values } = parseArgs({ options: { update: { type: 'boolean' } } });
  const before = readFirmwareBaseline();
  const counts = countFirmware();
  const rows = counts.map(({ name, instructions, instructionsPerMac }) => {
    const was = before[name];
    const change = was ? `${((100 * (instructions - was)) / was).toFixed(2)} %` : 'new';
    return [name, formatNumber(instructions), instructionsPerMac.toFixed(2), change];
  });
  console.log(table(['model, core', 'instructions', 'per MAC', 'against the baseline'], rows));
  if (!values.update) return;
  const all = { ...before, ...Object.fromEntries(counts.map(({ name, instructions }) => [name, instructions])) };
  writeFileSync(FILE, `${JSON.stringify(all, null, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
