import { spawnSync } from 'node:child_process';
import { CORES, type Core } from '../../src/qemu/cores.js';
import { needs, type Register } from '../needs.js';

const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;
const known = new Map<string, boolean>();

function onPath(program: string): boolean {
  if (!known.has(program)) known.set(program, has(program));
  return known.get(program)!;
}

/** Those of the programs that are not on PATH. */
export const missingTools = (...programs: string[]): string[] => programs.filter((program) => !onPath(program));

/** Registers a test that needs programs. */
export const withTools = (test: Register, programs: string[], title: string, run: Parameters<Register>[1]): void =>
  needs(test, missingTools(...programs), title, run);

export const coreTools = ({ compiler, emulator }: Core): string[] => [compiler, emulator];

export const EVERY_CORE = Object.values(CORES);
