/** fitted.json: what `npm run calibrate` found. */
import { readFileSync, writeFileSync } from 'node:fs';
import { CORES, type Core } from '../../src/qemu/cores.js';
import type { FirmwareRuntime } from '../../src/qemu/runtimes.js';
import type { Fit } from './fit.js';

const FILE = new URL('fitted.json', import.meta.url);

/** Cores of targets/ whose code is another's, as far as Debian's compiler knows their instructions. */
export const SAME_AS: Readonly<Record<string, string>> = { 'xtensa-lx7': 'xtensa-lx6' };

/** The emulated Cortex-M4 executes the code of a Cortex-M0+, all of whose instructions it has. */
export const CALIBRATED: Readonly<Record<string, Core>> = {
  rv32imc: CORES.rv32,
  'cortex-m4': CORES.m4,
  'xtensa-lx6': CORES.xtensa,
  'xtensa-lx106': CORES.lx106,
  'cortex-m0plus': { ...CORES.m4, id: 'm0plus', flags: ['-mcpu=cortex-m0plus', '-mthumb'] },
};

export interface Fitted {
  date: string;
  compiler: string;
  emulator: string;
  layers: number;
  /** Of the instructions of single layers: mean and largest relative error of the fit. */
  meanError: number;
  mostError: number;
  /** Instructions per op class or unit of work. */
  instructions: Fit;
  /** Of the firmware besides model and harness, in bytes; RAM besides linear memory and compiled code. */
  flashBytes: number;
  ramBytes: number;
  stackBytes: number;
}

/** By core of targets/, then by runtime. */
export type AllFitted = Record<string, Record<FirmwareRuntime, Fitted>>;

export const readFitted = (): AllFitted => JSON.parse(readFileSync(FILE, 'utf8'));

export function writeFitted(fitted: AllFitted): void {
  writeFileSync(FILE, `${JSON.stringify(fitted, null, 2)}\n`);
}
