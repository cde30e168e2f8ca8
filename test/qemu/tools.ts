import { spawnSync } from 'node:child_process';
import type { ExecutionContext } from 'ava';
import { CORES, type Core } from '../../src/qemu/cores.js';

const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;
const known = new Map<string, boolean>();

/** Whether these programs are on PATH. */
export function onPath(...programs: string[]): boolean {
  return programs.every((program) => {
    if (!known.has(program)) known.set(program, has(program));
    return known.get(program);
  });
}

type Run = (t: ExecutionContext) => void | Promise<void>;

/** Registers a test that needs programs; without them it passes with one line that says so. */
export function withTools(test: (title: string, run: Run) => void, programs: string[], title: string, run: Run): void {
  if (onPath(...programs)) test(title, run);
  else {
    test(title, (t) => {
      t.log(`not run: ${programs.filter((program) => !onPath(program)).join(', ')} not on PATH`);
      t.pass();
    });
  }
}

export const coreTools = ({ compiler, emulator }: Core): string[] => [compiler, emulator];

export const EVERY_CORE = Object.values(CORES);
