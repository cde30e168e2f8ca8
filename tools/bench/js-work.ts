/**
 * What work costs in the JavaScript engines of boards that are on PATH, in instructions of this machine counted by valgrind:
 * what the cycles of targets/*.json come from (docs/boards.md). Layers of whole networks, fitted by kind of work:
 *
 *     npx tsx tools/bench/js-work.ts digits MODEL.tflite ...
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asset } from '../../src/assets.js';
import type { JsEngine } from '../../src/boards/target.js';
import { jsCost, workOf } from '../../src/budget/js-cost.js';
import { loadModel } from '../../src/cli/model.js';
import { compile } from '../../src/compile.js';
import { readBlob } from '../../src/format/read.js';
import { formatNumber, table } from '../../src/report/table.js';
import { kindName } from '../../src/steps/index.js';
import { JS_WORK, type JsWork } from '../../src/steps/work.js';
import { onPath } from '../../test/board-js/board-engines.js';

/** Commands, and of each the C function that `print` ends in. */
const ENGINES = { jerry: 'fwrite', espruino: 'jswrap_print' } as const;
type Command = keyof typeof ENGINES;
const ENGINE: Record<Command, JsEngine> = { jerry: 'jerryscript', espruino: 'espruino' };

interface Network {
  name: string;
  blob: Uint8Array;
  /** Tasks of each layer, in their order. */
  layers: { step: number; ticks: number }[];
}

interface Layer {
  name: string;
  work: Record<JsWork, number>;
  /** Counted, and what the whole network takes. */
  instructions: number;
  total: number;
}

function network(name: string): Network {
  const model = loadModel(name);
  if (model.kind !== 'graph') throw new Error(`${name}: the order of its layers is known of models only`);
  const { blob, plan } = compile(model.graph);
  const layers: Network['layers'] = [];
  for (const { step, repeat } of plan.tasks) {
    const last = layers.at(-1);
    if (last?.step === step) last.ticks += repeat;
    else layers.push({ step, ticks: repeat });
  }
  return { name, blob, layers };
}

/** Bytes of a piece of the file, of which every engine takes views. */
const PIECE = 32768;

/**
 * One inference, which prints before and after each layer. Beyond byte 65,535 Espruino takes no views: a larger file is
 * read out of pieces, as a board reads it from a storage that is not mapped.
 */
function script({ blob, layers }: Network, runtime: Uint8Array): string {
  const large = blob.length > 0xffff;
  const size = large ? PIECE : blob.length;
  const pieces = Array.from({ length: Math.ceil(blob.length / size) }, (_, i) =>
    blob.subarray(i * size, (i + 1) * size),
  );
  const lines = (piece: Uint8Array, p: number) =>
    Array.from({ length: Math.ceil(piece.length / 128) }, (_, i) => {
      return `P[${p}].set([${piece.subarray(i * 128, (i + 1) * 128)}], ${i * 128});`;
    });
  return [
    new TextDecoder().decode(runtime).trimEnd(),
    `var P = [${pieces.map(({ length }) => `new Uint8Array(${length})`)}];`,
    ...pieces.flatMap(lines),
    'function read(at, n) {',
    '  var to = new Uint8Array(n), done = 0, from, most;',
    '  while (done < n) {',
    `    from = (at + done) % ${PIECE};`,
    `    most = Math.min(n - done, ${PIECE} - from);`,
    `    to.set(new Uint8Array(P[Math.floor((at + done) / ${PIECE})].buffer, from, most), done);`,
    '    done += most;',
    '  }',
    '  return to;',
    '}',
    `var N = depthwise.open(${large ? `{ length: ${blob.length}, read: read }` : 'P[0]'}), I = N.input(), i;`,
    'for (i = 0; i < I.length; i++) I[i] = i * 37;',
    'function run(ticks) { for (var i = 0; i < ticks; i++) N.tick(); print(1); }',
    'N.begin(); print(1);',
    ...layers.map(({ ticks }) => `run(${ticks});`),
    '',
  ].join('\n');
}

/** Instructions of each layer: callgrind writes down what it has counted whenever something is printed. */
function instructions(command: Command, net: Network): number[] {
  const folder = mkdtempSync(join(tmpdir(), 'depthwise-'));
  try {
    const [file, profile] = [join(folder, 'script.js'), join(folder, 'profile')];
    writeFileSync(file, script(net, asset(jsCost(net.blob, ENGINE[command]).flavour)));
    const options = ['--tool=callgrind', `--callgrind-out-file=${profile}`, `--dump-before=${ENGINES[command]}`];
    execFileSync('valgrind', [...options, command, file], { stdio: 'ignore' });
    const counted = (i: number): number =>
      Number(/^totals: (\d+)$/m.exec(readFileSync(`${profile}.${i + 1}`, 'utf8'))![1]);
    // The last one is what comes behind the last call.
    const dumps = readdirSync(folder).filter((name) => /^profile\.\d+$/.test(name)).length;
    const parts = Array.from({ length: dumps }, (_, i) => counted(i));
    // JerryScript calls it for the text and for the end of the line.
    const calls = Math.floor(dumps / (net.layers.length + 1));
    return net.layers.map((_, i) => parts.slice(calls * i + 1, calls * (i + 1) + 1).reduce((a, b) => a + b));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function layersOf(command: Command, net: Network): Layer[] {
  const { steps } = readBlob(net.blob);
  const counts = instructions(command, net);
  const total = counts.reduce((a, b) => a + b);
  return net.layers.map(({ step }, i) => {
    const [h, w, c] = steps[step].outputShape;
    const name = `${net.name} ${step} ${kindName(steps[step].kind)} ${h}x${w}x${c}`;
    return { name, work: workOf([steps[step]]), instructions: counts[i], total };
  });
}

/** Least squares of the error over two kinds of work, in shares of the networks. */
function fitTwo(layers: Layer[], one: JsWork, other: JsWork): [number, number] {
  let [aa, ab, bb, ay, by] = [0, 0, 0, 0, 0];
  for (const { work, instructions, total } of layers) {
    const [a, b, y] = [work[one] / total, work[other] / total, instructions / total];
    aa += a * a;
    ab += a * b;
    bb += b * b;
    ay += a * y;
    by += b * y;
  }
  const determinant = aa * bb - ab * ab;
  return [(ay * bb - by * ab) / determinant, (by * aa - ay * ab) / determinant];
}

/** The sum over layers, each network alike. */
function fitOne(layers: Layer[], kind: JsWork): number {
  const share = (of: (layer: Layer) => number) => layers.reduce((sum, layer) => sum + of(layer) / layer.total, 0);
  return share(({ instructions }) => instructions) / share(({ work }) => work[kind]);
}

const networks = process.argv.slice(2).map(network);
for (const command of (Object.keys(ENGINES) as Command[]).filter(onPath)) {
  const layers = networks.flatMap((net) => layersOf(command, net));
  const of = (kind: JsWork) => layers.filter(({ work }) => work[kind] > 0);
  const [convMac, convOutput] = fitTwo(of('convMac'), 'convMac', 'convOutput');
  const each: Record<JsWork, number> = {
    convMac,
    convOutput,
    depthwiseMac: fitOne(of('depthwiseMac'), 'depthwiseMac'),
    otherByte: fitOne(of('otherByte'), 'otherByte'),
  };
  const fitted = ({ work }: Layer): number => JS_WORK.reduce((sum, kind) => sum + work[kind] * each[kind], 0);
  const row = (name: string, some: Layer[]) => {
    const count = some.reduce((sum, { instructions }) => sum + instructions, 0);
    const fit = some.reduce((sum, layer) => sum + fitted(layer), 0);
    return [name, count, formatNumber(Math.round(fit)), (fit / count).toFixed(2)];
  };
  const rows = layers.map((layer) => row(layer.name, [layer]));
  const wholes = networks.map(({ name }) =>
    row(
      name,
      layers.filter((layer) => layer.name.startsWith(`${name} `)),
    ),
  );
  console.log(`${command}\n${table(['layer', 'instructions', 'fitted', 'fitted / counted'], [...rows, ...wholes])}`);
  console.log(JS_WORK.map((kind) => `${kind} ${formatNumber(Math.round(each[kind]))}`).join(', '), '\n');
}
