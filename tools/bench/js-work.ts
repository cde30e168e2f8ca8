/**
 * What work costs in the JavaScript engines of boards that are on PATH, in instructions of this machine counted by valgrind:
 * what the cycles of targets/*.json come from (docs/boards.md). Whole networks, fitted to a * MACs + b * outputs of layers
 * with weights.
 *
 *     npx tsx tools/bench/js-work.ts digits MODEL.tflite ...
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asset } from '../../src/assets.js';
import { jsCost } from '../../src/budget/js-cost.js';
import { loadModel } from '../../src/cli/model.js';
import { compile } from '../../src/compile/compile.js';
import { formatNumber, table } from '../../src/report/table.js';
import { BOARD_ENGINES, type BoardEngine, onPath } from '../../test/runtime/board-engines.js';

/** Outputs of depthwise layers, which are 3x3. */
const WINDOW = 9;

/** Runs the network so many times. */
function script(blob: Uint8Array, times: number): string {
  const pieces = Array.from({ length: Math.ceil(blob.length / 128) }, (_, i) => blob.subarray(i * 128, (i + 1) * 128));
  return [
    new TextDecoder().decode(asset('depthwise.js')).trimEnd(),
    `var B = new Uint8Array(${blob.length});`,
    ...pieces.map((piece, i) => `B.set([${piece}], ${i * 128});`),
    'var N = depthwise.open(B), I = N.input();',
    'for (var i = 0; i < I.length; i++) I[i] = i * 37;',
    `for (i = 0; i < ${times}; i++) N.invoke();`,
    '',
  ].join('\n');
}

function instructions(engine: BoardEngine, text: string): number {
  const folder = mkdtempSync(join(tmpdir(), 'depthwise-'));
  try {
    const [file, profile] = [join(folder, 'script.js'), join(folder, 'profile')];
    writeFileSync(file, text);
    execFileSync('valgrind', ['--tool=callgrind', `--callgrind-out-file=${profile}`, engine, file], {
      stdio: 'ignore',
    });
    return Number(/^(?:summary|totals): (\d+)$/m.exec(readFileSync(profile, 'utf8'))![1]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Network {
  name: string;
  blob: Uint8Array;
  macs: number;
  outputs: number;
}

function network(name: string): Network {
  const model = loadModel(name);
  const blob = model.kind === 'dw' ? model.blob : compile(model.graph).blob;
  const { convMac, convOutput, depthwiseMac } = jsCost(blob).work;
  return { name, blob, macs: convMac + depthwiseMac, outputs: convOutput + depthwiseMac / WINDOW };
}

/** Least squares of the relative error over two unknowns. */
function fit(networks: Network[], counts: number[]): { mac: number; output: number } {
  let [aa, ab, bb, ay, by] = [0, 0, 0, 0, 0];
  networks.forEach(({ macs, outputs }, i) => {
    const [a, b] = [macs / counts[i], outputs / counts[i]];
    aa += a * a;
    ab += a * b;
    bb += b * b;
    ay += a;
    by += b;
  });
  const determinant = aa * bb - ab * ab;
  return { mac: (ay * bb - by * ab) / determinant, output: (by * aa - ay * ab) / determinant };
}

const networks = process.argv.slice(2).map(network);
if (networks.length < 2) throw new Error('Give two models or more: two figures are to be found.');
for (const engine of BOARD_ENGINES.filter(onPath)) {
  const counts = networks.map(
    ({ blob }) => instructions(engine, script(blob, 1)) - instructions(engine, script(blob, 0)),
  );
  const { mac, output } = fit(networks, counts);
  const rows = networks.map(({ name, macs, outputs }, i) => {
    const share = ((mac * macs + output * outputs) / counts[i]).toFixed(2);
    return [name, macs, Math.round(outputs), counts[i], formatNumber(Math.round(counts[i] / macs)), share];
  });
  console.log(`${engine}\n${table(['model', 'MACs', 'outputs', 'instructions', 'per MAC', 'fit / counted'], rows)}`);
  console.log(`${formatNumber(Math.round(mac))} per MAC + ${formatNumber(Math.round(output))} per output\n`);
}
