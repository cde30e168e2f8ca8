/** `depthwise flash`: a bundle onto its board. */
import { Command } from 'commander';
import { readBundle } from '../bundle/folder.js';
import { flash } from '../flash/flash.js';
import type { Written } from '../flash/flasher.js';
import { progressOn } from '../flash/progress.js';
import { table } from '../report/table.js';
import { note, print } from './output.js';

interface Options {
  port?: string;
  dryRun?: boolean;
  json?: boolean;
}

export function flashCommand(): Command {
  return new Command('flash')
    .description('put a bundle on its board, and check what it holds then')
    .argument('<dir>', 'the folder that bundle wrote')
    .option('--port <port>', 'a serial port such as /dev/ttyUSB0 or COM3, or tcp://HOST:PORT')
    .option('--dry-run', 'say what would be written where, and touch no board')
    .option('--json', 'one JSON object on stdout')
    .action(run);
}

interface Report {
  target: string;
  port: string | null;
  dryRun: boolean;
  written: Written[];
}

async function run(folder: string, { port, dryRun = false, json }: Options): Promise<void> {
  const bundle = readBundle(folder);
  const written = await flash(bundle, { port, dryRun, progress: progressOn(process.stderr), note });
  const report: Report = { target: bundle.manifest.target, port: port ?? null, dryRun, written };
  print(json, report, () => text(report));
}

function text({ target, port, dryRun, written }: Report): string {
  if (written.length === 0 && !dryRun)
    return `${target} on ${port}: the board holds all of it already: nothing was written`;
  const rows = written.map(({ address, bytes, sha256 }) => [
    typeof address === 'number' ? `0x${address.toString(16)}` : address,
    bytes,
    sha256,
  ]);
  const end = dryRun
    ? `would be written to ${target}: nothing was touched`
    : `written to ${target} on ${port}, read back and compared`;
  return `${table(['address', 'bytes', 'SHA-256'], rows)}\n\n${end}`;
}
