/** The runtime against plain loops, in instructions on Duktape. */
import test from 'ava';
import { seededInputs } from '../../../src/bundle/selftest.js';
import { loadModel } from '../../../src/cli/model.js';
import { compile } from '../../../src/compile.js';
import { runReference } from '../../../src/engines/reference.js';
import { readBlob } from '../../../src/format/read.js';
import { needs } from '../../needs.js';
import { missingCommands } from '../board-engines.js';
import { perInference } from './instructions.js';
import { plainScript, runtimeScript } from './script.js';

const TITLE = 'digits takes at most 45 % of the instructions of plain loops on Duktape';
needs(test, missingCommands('duk', 'valgrind'), TITLE, async (t) => {
  const model = loadModel('digits');
  if (model.kind !== 'graph') throw new Error('digits is a graph');
  const compiled = compile(model.graph);
  const [input] = seededInputs(readBlob(compiled.blob));
  const plain = await perInference('duk', (times) => plainScript(compiled, input, times));
  const [expected] = runReference(model.graph, [input]);
  t.is(plain.printed, `[${expected}]`);
  const ours = await perInference('duk', (times) => runtimeScript('depthwise.js', compiled, input, times));
  t.is(ours.printed, plain.printed);
  const ratio = ours.instructions / plain.instructions;
  t.log(`${ours.instructions} of ${plain.instructions} instructions: ${(100 * ratio).toFixed(1)} %`);
  t.true(ratio <= 0.45);
});
