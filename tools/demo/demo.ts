/** npm start: the built-in digits through every engine, byte against byte, and what they cost on every board. */
import { compareUint8Arrays } from 'typed-array-utils';
import { asset } from '../../src/assets.js';
import { listTargets, loadTarget } from '../../src/boards/target.js';
import { price } from '../../src/budget/price.js';
import { DISCLAIMER } from '../../src/budget/report.js';
import { summaryTable } from '../../src/budget/text.js';
import { costOf } from '../../src/cli/cost.js';
import { loadModel } from '../../src/cli/model.js';
import { compile } from '../../src/compile.js';
import type { EngineName } from '../../src/engines/engine.js';
import { openRunner, type Runner } from '../../src/engines/run.js';
import type { Graph } from '../../src/graph/graph.js';
import { formatNumber } from '../../src/report/table.js';
import { topClasses, values } from '../../src/report/top.js';
import { drawDigits } from './draw.js';

const ENGINES: EngineName[] = ['wasm3', 'js', 'node', 'reference'];
const SIDE = 28;

const samples = asset('models/digits-samples.bin');
const digits = Array.from({ length: samples.length / SIDE ** 2 }, (_, i) =>
  samples.subarray(i * SIDE ** 2, (i + 1) * SIDE ** 2),
);

for (const name of ['digits', 'digits-mini']) {
  const model = loadModel(name);
  if (model.kind !== 'graph') throw new Error(`${name} is not a graph`);
  await show(name, model.graph);
}
print(DISCLAIMER);

async function show(name: string, graph: Graph): Promise<void> {
  const compiled = compile(graph);
  const { plan, blob } = compiled;
  const runners = ENGINES.map((engine) => ({ engine, runner: openRunner(graph, compiled, engine) }));
  const answers = digits.map((digit) => answer(graph, runners, digit));

  print(`\n${name}: a MobileNet trained from scratch on handwritten digits, in int8\n`);
  for (const half of [0, 5]) {
    print(drawDigits(digits.slice(half, half + 5), SIDE));
    print(
      `${answers
        .slice(half, half + 5)
        .map((text) => text.padEnd(SIDE / 2 + 2))
        .join('')}\n`,
    );
  }
  print(`${ENGINES.join(', ')}: the same bytes for all ${digits.length} digits\n`);

  const stats = runners[0].runner.stats();
  const cost = await costOf({ kind: 'graph', graph }, {});
  print(
    `MACs ${formatNumber(cost.macs)}   wasm3 ops ${formatNumber(stats.ops!)}   file ${formatNumber(blob.length)} B`,
  );
  print(
    `arena ${formatNumber(plan.arenaBytes)} B   scratch ${formatNumber(plan.scratchBytes)} B   compiled code ${formatNumber(stats.compiledCodeBytes!)} B\n`,
  );
  const boards = listTargets()
    .map(loadTarget)
    .filter((target) => target.runtimes.wasm3 !== undefined);
  print(`${summaryTable(boards.map((target) => price(target, cost, {}, 'wasm3')))}\n`);
}

/** Runs a digit in all engines; the first one's answer, or an error where another one disagrees. */
function answer(graph: Graph, runners: { engine: EngineName; runner: Runner }[], digit: Uint8Array): string {
  // The model takes int8: pixel - 128.
  const input = digit.map((pixel) => pixel ^ 0x80);
  const outputs = runners.map(({ runner }) => runner.run([input])[0]);
  outputs.forEach((output, i) => {
    if (!compareUint8Arrays(outputs[0], output))
      throw new Error(`${runners[i].engine} differs from ${runners[0].engine}`);
  });
  const { scale, zeroPoint } = graph.tensors[graph.outputs[0]].quantization!;
  const [first] = topClasses(values(outputs[0], 'int8'), { scale: scale[0], zeroPoint: zeroPoint[0] }, graph.labels, 1);
  return `${first.label} (${first.score?.toFixed(2)})`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
