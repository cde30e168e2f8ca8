/** Programs of this machine's C compiler. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../temporary.js';

export const GLUE = fileURLToPath(new URL('../../firmware-glue/', import.meta.url));
export const HERE = fileURLToPath(new URL('.', import.meta.url));
export const STRICT = ['-std=c99', '-Wall', '-Wextra', '-Werror', '-Wconversion'];
export const SANITIZE = ['-g', '-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

/** Runs a program; its standard output. @throws Error with everything that it printed. */
export function run(program: string, args: readonly string[]): string {
  const { status, signal, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ended with ${status ?? signal}:\n${stdout}${stderr}`);
  return stdout;
}

/** Compiles C files to a program of this machine; returns its path. */
export function program(sources: readonly string[], flags: readonly string[] = SANITIZE): string {
  const output = join(temporaryFolder(), 'program');
  run('gcc', [...STRICT, ...flags, `-I${join(GLUE, 'core')}`, ...sources, '-o', output]);
  return output;
}
