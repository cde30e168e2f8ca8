/**
 * A bundle on a real Espruino, built for Linux: written by the real command over TCP, run by the uploader's own command as
 * the bundle's README says, its answer read.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { missingCommands } from '../board-js/board-engines.js';
import { cliJson, Folder } from '../cli/cli.js';
import { needs } from '../needs.js';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const MAIN = path('src/cli/main.ts');
const UPLOADER = path('node_modules/espruino/bin/espruino-cli.js');

/** The port of Espruino's --telnet, which nothing changes. */
const TCP = 2323;
const PORT = `tcp://127.0.0.1:${TCP}`;

/** Whether somebody listens there. */
function listening(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(TCP, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** Espruino at its prompt, with a storage in an empty folder. Its standard input stays open: at its end it would leave. */
async function board(): Promise<ChildProcess> {
  if (await listening()) throw new Error(`port ${TCP} is in use: another Espruino runs`);
  const child = spawn('espruino', ['--telnet'], { cwd: new Folder().path, stdio: ['pipe', 'ignore', 'ignore'] });
  for (let i = 0; i < 50 && !(await listening()); i++) await sleep(100);
  return child;
}

const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, args, { encoding: 'utf8', timeout: 200_000, maxBuffer: 1e8 });

async function uploadAndRun(t: ExecutionContext, ...bundleArgs: string[]): Promise<void> {
  const folder = new Folder().file('bundle');
  await cliJson('bundle', ...bundleArgs, '--target', 'espruino-esp32', '-o', folder);
  const child = await board();
  try {
    const { stdout, stderr } = await run('--import=tsx', MAIN, 'flash', folder, '--port', PORT, '--json');
    t.deepEqual(
      JSON.parse(stdout).written.map(({ address }: { address: string }) => address),
      ['depthwise', 'model.dw'],
    );
    t.regex(stderr, /model\.dw 100 %/);
    const ran = await run(UPLOADER, '-p', PORT, '--no-ble', '--sleep', '10', `${folder}/run.js`);
    t.regex(ran.stdout, /PASS, .*"index":/);
    t.notRegex(ran.stdout, /Uncaught|FAIL/);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
}

const missing = [...missingCommands('espruino'), ...(existsSync(UPLOADER) ? [] : ['espruino, the uploader'])];

function onEspruino(title: string, ...bundleArgs: string[]): void {
  needs(test.serial, missing, `espruino: ${title}`, (t) => uploadAndRun(t, ...bundleArgs));
}

onEspruino('digits-mini is written, run and right', 'digits-mini');
onEspruino('and row by row', 'digits-mini', '--frame', 'rows', '--memory', 'min');
