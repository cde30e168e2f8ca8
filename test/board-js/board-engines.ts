/** JavaScript engines of boards, built for this machine: those that are on PATH. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { needs, type Register } from '../needs.js';

/** Duktape is a Debian package and runs in CI. */
export type BoardEngine = 'duk' | 'jerry' | 'espruino';
export const BOARD_ENGINES: readonly BoardEngine[] = ['duk', 'jerry', 'espruino'];

// npm puts its folder of commands in front, where the package espruino, an uploader, has the engine's name.
process.env.PATH = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !/node_modules[\\/]\.bin$/.test(folder))
  .join(delimiter);

export function onPath(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What a script prints, line by line, without the banner and the prompts of Espruino. */
export function runScript(engine: BoardEngine, script: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'depthwise-'));
  try {
    const file = join(folder, 'script.js');
    writeFileSync(file, script);
    const { stdout, stderr, error } = spawnSync(engine, [file], { input: '', encoding: 'utf8', timeout: 300_000 });
    if (error) throw error;
    const printed = stdout.split('espruino.com/Donate').at(-1)!;
    return `${printed}\n${stderr}`
      .split('\n')
      .map((line) => line.replace(/^>/, '').trim())
      .filter((line) => line !== '');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Those of the commands that are not on PATH. */
export const missingCommands = (...commands: string[]): string[] => commands.filter((command) => !onPath(command));

/** Registers a test for each engine that is there; `missing` as for needs(). */
export function onBoardEngines(
  test: Register,
  title: string,
  run: (t: ExecutionContext, engine: BoardEngine) => void,
  missing: readonly string[] = [],
): void {
  for (const engine of BOARD_ENGINES) {
    needs(test, [...missing, ...missingCommands(engine)], `${engine}: ${title}`, (t) => run(t, engine));
  }
}
