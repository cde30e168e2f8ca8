/**
 * How many held-out digits a model names rightly in our runtime:
 *
 *     npm run eval -- digits [--engine node|wasm3|js|reference] [--part heldOut|validation|fit]
 *
 * MODEL is a built-in model or a .tflite file that takes 28x28x1 int8 pixels (pixel - 128) and gives ten scores.
 */
import { parseArgs } from 'node:util';
import { loadModel } from '../../src/cli/model.js';
import { compile } from '../../src/compile/compile.js';
import type { EngineName } from '../../src/engines/engine.js';
import { openRunner } from '../../src/engines/run.js';
import { loadDigits, type Part } from './digits.js';
import { countRight } from './score.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { engine: { type: 'string', default: 'node' }, part: { type: 'string', default: 'heldOut' } },
});
if (positionals.length !== 1) throw new Error('usage: npm run eval -- MODEL [--engine NAME] [--part NAME]');

const model = loadModel(positionals[0]);
if (model.kind !== 'graph') throw new Error(`${positionals[0]} is a .dw file: give the .tflite it was compiled from`);
const runner = openRunner(model.graph, compile(model.graph), values.engine as EngineName);
const digits = loadDigits([values.part as Part]);
const correct = countRight(digits, (input) => runner.run([input])[0]);
console.log(`${correct}/${digits.length}`);
console.error(
  `${model.graph.name}: ${((100 * correct) / digits.length).toFixed(2)} % of the digits of the part "${values.part}" are right, engine ${values.engine}`,
);
