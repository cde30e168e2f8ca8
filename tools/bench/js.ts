/**
 * What an inference costs in the JavaScript engines of boards that are on PATH, as instructions of this machine counted by
 * valgrind, against the same network on plain loops (test/board-js/plain/loops.ts):
 *
 *     npm run bench:js [-- MODEL ...]
 */

import { graphCost } from '../../src/analysis/cost.js';
import { seededInputs } from '../../src/bundle/selftest.js';
import { loadModel } from '../../src/cli/model.js';
import { compile } from '../../src/compile.js';
import { readBlob } from '../../src/format/read.js';
import { formatNumber, formatPercent, table } from '../../src/report/table.js';
import { BOARD_ENGINES, onPath } from '../../test/board-js/board-engines.js';
import { perInference } from '../../test/board-js/plain/instructions.js';
import { plainScript, runtimeScript } from '../../test/board-js/plain/script.js';

if (!onPath('valgrind')) throw new Error('valgrind is not on PATH: apt-get install valgrind');
const models = process.argv.length > 2 ? process.argv.slice(2) : ['digits'];
const rows: (string | number)[][] = [];
for (const name of models) {
  const model = loadModel(name);
  if (model.kind !== 'graph') throw new Error(`${name}: plain loops need the model itself`);
  const compiled = compile(model.graph);
  const [input] = seededInputs(readBlob(compiled.blob));
  const { macs } = graphCost(model.graph);
  for (const engine of BOARD_ENGINES.filter(onPath)) {
    const plain = await perInference(engine, (times) => plainScript(compiled, input, times));
    const ours = await perInference(engine, (times) => runtimeScript('depthwise.js', compiled, input, times));
    if (ours.printed !== plain.printed) throw new Error(`${name}, ${engine}: ${ours.printed}, plain ${plain.printed}`);
    const perMac = (instructions: number) => (instructions / macs).toFixed(1);
    rows.push([
      name,
      engine,
      plain.instructions,
      perMac(plain.instructions),
      ours.instructions,
      perMac(ours.instructions),
      formatPercent(ours.instructions / plain.instructions),
    ]);
    console.error(`${name}, ${engine}: ${formatNumber(ours.instructions)} instructions`);
  }
}
const head = ['model', 'engine', 'plain loops', 'per MAC', 'runtime', 'per MAC', 'of plain'];
console.log(table(head, rows, { align: ['left', 'left', 'right', 'right', 'right', 'right', 'right'] }));
