/** The command: what it prints, how it ends. Tests that run it in this process are serial: stdout is the process's. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from '../../src/cli/command.js';
import { writeTflite } from '../../src/export/tflite/write.js';
import type { Graph } from '../../src/graph/graph.js';
import { temporaryFolder } from '../temporary.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface Ended {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** The command in this process. */
export async function cli(...args: string[]): Promise<Ended> {
  const ended: Ended = { exitCode: 0, stdout: '', stderr: '' };
  const { stdout, stderr } = process;
  const [out, err] = [stdout.write, stderr.write];
  const into = (stream: 'stdout' | 'stderr') => (text: string) => {
    ended[stream] += text;
    return true;
  };
  stdout.write = into('stdout') as typeof stdout.write;
  stderr.write = into('stderr') as typeof stderr.write;
  try {
    ended.exitCode = await main(args);
  } finally {
    stdout.write = out;
    stderr.write = err;
    process.exitCode = undefined;
  }
  return ended;
}

/** The command as a process of its own, for what may take its process along: packages with native code, signals. */
export const executable = (...args: string[]): Promise<Ended> => ending(started(...args), args);

/** Its process, which runs. */
export const started = (...args: string[]) =>
  spawn(process.execPath, ['--import=tsx', MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });

/** What such a process says, and how it ends. */
export async function ending(child: ReturnType<typeof started>, args: readonly string[]): Promise<Ended> {
  const ended: Ended = { exitCode: 0, stdout: '', stderr: '' };
  child.stdout.on('data', (text) => (ended.stdout += text));
  child.stderr.on('data', (text) => (ended.stderr += text));
  const [exitCode, signal] = await once(child, 'close');
  if (signal) throw new Error(`${args.join(' ')}: ended by ${signal}, ${ended.stderr}`);
  return { ...ended, exitCode };
}

/** Runs with --json; the whole of stdout has to be one JSON object. */
export async function cliJson<T = any>(...args: string[]): Promise<T> {
  const { exitCode, stdout, stderr } = await cli(...args, '--json');
  if (exitCode !== 0) throw new Error(`${args.join(' ')}: exit code ${exitCode}, ${stderr}`);
  return JSON.parse(stdout);
}

/** An empty folder of its own. */
export class Folder {
  readonly path = temporaryFolder();

  file = (name: string): string => join(this.path, name);
  names = (): string[] => readdirSync(this.path).sort();
  read = (name: string): Uint8Array => new Uint8Array(readFileSync(this.file(name)));

  /** Writes a file; returns its path. */
  write(name: string, content: Uint8Array | string): string {
    writeFileSync(this.file(name), content);
    return this.file(name);
  }

  model(name: string, graph: Graph): string {
    return this.write(name, writeTflite(graph));
  }
}
