/**
 * Runs random networks of a single layer under QEMU, on every core and runtime, fits instructions per op class and per unit
 * of work to them, and writes fitted.json and targets/:
 *
 *     npm run calibrate [-- RUNTIME|CORE ...]
 *
 * It takes some minutes, and the tools that `depthwise run --engine qemu-rv32` names where they are missing.
 */
import { asset } from '../../src/assets.js';
import { compile } from '../../src/compile.js';
import type { Core } from '../../src/qemu/cores.js';
import { FIRMWARE_RUNTIMES, type FirmwareRuntime } from '../../src/qemu/runtimes.js';
import { runTool } from '../../src/qemu/tools.js';
import { formatPercent } from '../../src/report/table.js';
import { expectedOf, HOLD } from './expected.js';
import { errors, fit } from './fit.js';
import { type AllFitted, CALIBRATED, type Fitted, readFitted, writeFitted } from './fitted.js';
import { randomLayers } from './layers.js';
import { type Measured, measure } from './measure.js';
import { writeTargets } from './targets.js';

/** Layers of each sort, in one plan after the other. */
const EACH = 9;
const PLANS = [{}, { memory: 'min' }, { memory: 'min', frame: 'rows' }] as const;

const blobs = randomLayers(EACH).map(({ title, graph }, i) => ({
  title,
  blob: compile(graph, PLANS[i % PLANS.length]).blob,
}));

const version = (program: string, core: Core): string =>
  /\d+\.\d+[\d.]*/.exec(runTool(program, ['--version'], core.packages).stdout.replace(/\(.*?\)/, ''))![0];

function calibrate(name: string, core: Core, runtime: FirmwareRuntime): Fitted {
  const samples: Measured[] = blobs.map(({ title, blob }) => measure(title, blob, core, runtime));
  const instructions = fit(samples, expectedOf(name, runtime), HOLD[runtime]);
  const { mean, most, worst } = errors(instructions, samples);
  console.error(`${core.id} ${runtime}: ${formatPercent(mean)} mean, ${formatPercent(most)} at most (${worst})`);
  const largest = (of: (sample: Measured) => number): number => Math.max(...samples.map(of));
  return {
    date: new Date().toISOString().slice(0, 10),
    compiler: `gcc ${version(core.compiler, core)}`,
    emulator: `QEMU ${version(core.emulator, core)}`,
    layers: samples.length,
    meanError: round(mean),
    mostError: round(most),
    instructions,
    flashBytes: largest(({ codeBytes }) => codeBytes) - (runtime === 'wasm3' ? asset('kernels.wasm').length : 0),
    ramBytes: largest(({ ramBytes }) => ramBytes),
    stackBytes: largest(({ stackBytes }) => stackBytes),
  };
}

const round = (value: number): number => Number(value.toFixed(4));

const chosen = process.argv.slice(2);
/** Of names of one sort, all where none of them was given. */
const isChosen = (name: string, all: readonly string[]): boolean =>
  chosen.includes(name) || !all.some((other) => chosen.includes(other));
const fitted: AllFitted = readFitted();
for (const [name, core] of Object.entries(CALIBRATED)) {
  for (const runtime of FIRMWARE_RUNTIMES) {
    if (!isChosen(name, Object.keys(CALIBRATED)) || !isChosen(runtime, FIRMWARE_RUNTIMES)) continue;
    fitted[name] = { ...fitted[name], [runtime]: calibrate(name, core, runtime) };
  }
}
writeFitted(fitted);
writeTargets(fitted);
