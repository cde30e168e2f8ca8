/** Writes what was fitted into the boards of targets/, and leaves everything else in them as it is. */
import { readFileSync, writeFileSync } from 'node:fs';
import { targetsDirectory } from '../../src/assets.js';
import type { OpClass } from '../../src/boards/op-class.js';
import { type AotRuntime, type Figure, listTargets, type Target, type TargetRuntime } from '../../src/boards/target.js';
import { formatPercent } from '../../src/report/table.js';
import { CYCLES, CYCLES_OF_OPS } from './cycles.js';
import { type AllFitted, type Fitted, SAME_AS } from './fitted.js';

export function writeTargets(fitted: AllFitted): void {
  for (const id of listTargets()) {
    const file = new URL(`${id}.json`, targetsDirectory());
    const target: Target = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, `${format(calibrated(target, fitted))}\n`);
  }
}

/** The board with the figures of its core. */
export function calibrated(target: Target, fitted: AllFitted): Target {
  const { runtimes, core } = target;
  const own = fitted[SAME_AS[core] ?? core];
  const changed = { ...runtimes };
  if (own && runtimes.wasm3) changed.wasm3 = wasm3(runtimes.wasm3, own.wasm3, core);
  if (own && 'aot' in runtimes) changed.aot = aot(own.aot, CYCLES[core], core);
  return { ...target, runtimes: changed };
}

const tools = ({ compiler, emulator, date }: Fitted): string => `${compiler} -O2, ${emulator}, ${date}`;

const fittedTo = (fit: Fitted): string =>
  `fitted to ${fit.layers} random layers (mean error ${formatPercent(fit.meanError)}; ${tools(fit)})`;

function wasm3(before: TargetRuntime, fit: Fitted, core: string): TargetRuntime {
  const { value, low, high, source } = CYCLES_OF_OPS[core];
  const anchor = source.replace(/.*docs/, 'docs');
  const cycles = Object.entries(fit.instructions).map(([opClass, instructions]): [string, Figure] => [
    opClass,
    {
      value: digits(instructions * value),
      low: digits(instructions * low),
      high: digits(instructions * high),
      source: `${digits(instructions)} instructions x ${value} cycles, ${fittedTo(fit)}: ${anchor}`,
      kind: 'estimate',
    },
  ]);
  const measured = {
    flashBytes: sized(fit.flashBytes, `text of firmware-glue and wasm3 0.5.0 without floats, ${core}: ${tools(fit)}`),
    ramBytes: sized(fit.ramBytes, `besides linear memory and compiled code, ${core}: ${tools(fit)}`),
  };
  // Where ops call one another, docs/boards.md#stack has how the two figures of the stack were told apart.
  const stack =
    before.stackBytesPerDispatch === null
      ? { stackBytes: sized(fit.stackBytes, `deepest stack, painted and read back, ${core}: ${tools(fit)}`) }
      : {};
  const cyclesPerOp = Object.fromEntries(cycles) as Record<OpClass, Figure>;
  return { ...before, ...measured, cyclesPerOp, ...stack };
}

function aot(fit: Fitted, cycles: (typeof CYCLES)[string], core: string): AotRuntime {
  const figure = (value: number, what: string): Figure => sized(value, `${what}, ${core}: ${tools(fit)}`);
  return {
    flashBytes: figure(fit.flashBytes, 'text of firmware-glue with the kernels of all kinds of steps'),
    ramBytes: figure(fit.ramBytes, 'besides linear memory'),
    stackBytes: figure(fit.stackBytes, 'deepest stack, painted and read back'),
    instructions: { value: fit.instructions, source: `${core}, ${fittedTo(fit)}`, kind: 'qemu' },
    cyclesPerInstruction: { ...cycles, kind: 'estimate' },
  };
}

const sized = (value: number, source: string): Figure => ({ value, source, kind: 'qemu' });

const digits = (value: number): number => Number(Math.max(0.1, value).toFixed(1));

/** As biome formats it: short arrays on one line. */
const format = (target: Target): string =>
  JSON.stringify(target, null, 2).replace(/\[\n\s+("[^"\n]*")\n\s+\]/g, (whole, text: string) =>
    text.length < 110 ? `[${text}]` : whole,
  );
