/** C compilers of this machine. Tests that need one say so and pass where there is none. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

export const GLUE = fileURLToPath(new URL('../../firmware-glue/', import.meta.url));
export const HERE = fileURLToPath(new URL('.', import.meta.url));
export const STRICT = ['-std=c99', '-Wall', '-Wextra', '-Werror', '-Wconversion'];
export const SANITIZE = ['-g', '-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

export const has = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0;

/** Is the tool there? Otherwise the test says so and passes. */
export function needs(t: ExecutionContext, tool: string): boolean {
  if (has(tool)) return true;
  t.log(`not run: there is no ${tool}`);
  t.pass();
  return false;
}

/** Runs a program; its standard output. @throws Error with everything that it printed. */
export function run(program: string, args: readonly string[]): string {
  const { status, signal, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ended with ${status ?? signal}:\n${stdout}${stderr}`);
  return stdout;
}

/** Compiles C files to a program of this machine; returns its path. */
export function program(sources: readonly string[], flags: readonly string[] = SANITIZE): string {
  const output = join(mkdtempSync(join(tmpdir(), 'depthwise-c-')), 'program');
  run('gcc', [...STRICT, ...flags, `-I${join(GLUE, 'core')}`, ...sources, '-o', output]);
  return output;
}
