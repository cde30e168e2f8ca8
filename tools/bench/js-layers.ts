/**
 * What work costs in the JavaScript engines of boards that are on PATH, by kind, in instructions of this machine counted by
 * valgrind: what the cycles of targets/*.json come from (docs/boards.md). Convolutions are fitted to instructions = a * MACs +
 * b * outputs.
 *
 *     npx tsx tools/bench/js-layers.ts
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asset } from '../../src/assets.js';
import { type JsCost, jsCost } from '../../src/budget/js-cost.js';
import { compile } from '../../src/compile/compile.js';
import type { Graph } from '../../src/graph/graph.js';
import { formatNumber, table } from '../../src/report/table.js';
import { GraphBuilder, seededRandom } from '../../test/graph/builder.js';
import { BOARD_ENGINES, type BoardEngine, onPath } from '../../test/runtime/board-engines.js';

type Layer = (b: GraphBuilder) => number;
const pointwise =
  (inputs: number, outputs: number): Layer =>
  (b) =>
    b.conv(b.input([1, 6, 6, inputs]), outputs, { kernel: [1, 1] });

const LAYERS: Record<string, Layer> = {
  'pointwise 8 -> 16': pointwise(8, 16),
  'pointwise 32 -> 32': pointwise(32, 32),
  'pointwise 64 -> 32': pointwise(64, 32),
  'conv 3x3, 3 -> 8': (b) => b.conv(b.input([1, 8, 8, 3]), 8, { stride: [2, 2] }),
  'depthwise 3x3, 16': (b) => b.depthwise(b.input([1, 8, 8, 16]), 1),
  'depthwise 3x3 /2, 16': (b) => b.depthwise(b.input([1, 8, 8, 16]), 1, { stride: [2, 2] }),
  'average pool': (b) => b.pool('AVERAGE_POOL_2D', b.input([1, 6, 6, 16]), { kernel: [2, 2], stride: [2, 2] }),
};

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

interface Row {
  work: JsCost['work'];
  instructions: number;
}

/** Least squares of the relative error over two unknowns. */
function fitConv(rows: Row[]): { mac: number; output: number; error: number } {
  let [aa, ab, bb, ay, by] = [0, 0, 0, 0, 0];
  for (const { work, instructions: y } of rows) {
    const [a, b] = [work.convMac / y, work.convOutput / y];
    aa += a * a;
    ab += a * b;
    bb += b * b;
    ay += a;
    by += b;
  }
  const determinant = aa * bb - ab * ab;
  const mac = (ay * bb - by * ab) / determinant;
  const output = (by * aa - ay * ab) / determinant;
  const errors = rows.map(({ work, instructions: y }) =>
    Math.abs((mac * work.convMac + output * work.convOutput) / y - 1),
  );
  return { mac, output, error: Math.max(...errors) };
}

function graphOf(layer: Layer): Graph {
  const b = new GraphBuilder(seededRandom(3));
  return b.graph([layer(b)]);
}

for (const engine of BOARD_ENGINES.filter(onPath)) {
  const rows: Record<string, Row> = {};
  for (const [name, layer] of Object.entries(LAYERS)) {
    const { blob } = compile(graphOf(layer));
    const once = instructions(engine, script(blob, 2)) - instructions(engine, script(blob, 1));
    rows[name] = { work: jsCost(blob).work, instructions: once };
  }
  const lines = Object.entries(rows).map(([name, { work, instructions: count }]) => {
    const per = work.convMac || work.depthwiseMac || work.otherByte;
    return [name, per, count, formatNumber(Math.round(count / per))];
  });
  const { mac, output, error } = fitConv(Object.values(rows).filter(({ work }) => work.convMac > 0));
  console.log(`${engine}\n${table(['layer', 'MACs or bytes', 'instructions', 'each'], lines)}`);
  console.log(
    `convolutions: ${formatNumber(Math.round(mac))} per MAC + ${formatNumber(Math.round(output))} per output, within ${Math.round(100 * error)} %\n`,
  );
}
