/**
 * How many pictures a model names rightly in our runtime, as correct/total:
 *
 *     npm run eval -- digits [--part heldOut|validation|fit] [--engine node|wasm3|js|reference]
 *     npm run eval -- cifar10 --data ARCHIVE [--part test|validation|fit] [...] [--memory min] [--metrics FILE]
 *
 * MODEL is a built-in model or a .tflite file that takes int8 pixels (pixel - 128), 28x28x1 for the digits or 32x32x3 for
 * CIFAR-10, and gives ten scores. ARCHIVE is what tools/eval/cifar10.ts reads. --metrics writes the figures as JSON.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { graphCost } from '../../src/analysis/cost.js';
import { loadModel } from '../../src/cli/model.js';
import { compile } from '../../src/compile.js';
import type { EngineName } from '../../src/engines/engine.js';
import { openRunner } from '../../src/engines/run.js';
import { CIFAR10_PARTS, loadCifar10 } from './cifar10.js';
import { DIGIT_PARTS, loadDigits } from './digits.js';
import type { Sample } from './sample.js';
import { countRight } from './score.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    engine: { type: 'string', default: 'node' },
    memory: { type: 'string', default: 'fast' },
    metrics: { type: 'string' },
    part: { type: 'string' },
  },
});
if (positionals.length !== 1)
  fail('usage: npm run eval -- MODEL [--data ARCHIVE] [--part NAME] [--engine NAME] [--metrics FILE]');

const model = loadModel(positionals[0]);
if (model.kind !== 'graph') fail(`${positionals[0]} is a .dw file: give the .tflite it was compiled from`);
const { graph } = model;
const { part, samples } = await samplesFor(String(graph.tensors[graph.inputs[0]].shape.slice(1)));
const compiled = compile(graph, { memory: oneOf('--memory', ['fast', 'min'], values.memory) });
const runner = openRunner(graph, compiled, values.engine as EngineName);
const correct = countRight(samples, (input) => runner.run([input])[0]);
const total = samples.length;
console.log(`${correct}/${total}`);
const percent = ((100 * correct) / total).toFixed(2);
console.error(`${graph.name}: ${percent} % of the part "${part}" are right, engine ${values.engine}`);
if (values.metrics) {
  const metrics = {
    model: graph.name,
    part,
    engine: values.engine,
    memory: values.memory,
    correct,
    total,
    accuracy: correct / total,
    macs: graphCost(graph).macs,
    blobBytes: compiled.blob.length,
    arenaBytes: compiled.plan.arenaBytes,
    scratchBytes: compiled.plan.scratchBytes,
  };
  writeFileSync(values.metrics, `${JSON.stringify(metrics, null, 2)}\n`);
}

async function samplesFor(shape: string): Promise<{ part: string; samples: Sample[] }> {
  if (shape === '28,28,1') {
    const part = oneOf('--part', DIGIT_PARTS, values.part ?? 'heldOut');
    return { part, samples: loadDigits([part]) };
  }
  if (shape !== '32,32,3') fail(`${graph.name} takes ${shape}: expected 28,28,1 (digits) or 32,32,3 (CIFAR-10)`);
  if (!values.data) fail('CIFAR-10 is not in the package: give its archive with --data');
  const part = oneOf('--part', CIFAR10_PARTS, values.part ?? 'test');
  return { part, samples: await loadCifar10(values.data, part) };
}

function oneOf<const T extends string>(option: string, names: readonly T[], name: string): T {
  return names.find((known) => known === name) ?? fail(`${option} ${name}: expected ${names.join(', ')}`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
