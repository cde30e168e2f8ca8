import test from 'ava';
import fc from 'fast-check';
import { graphCost } from '../../src/analysis/cost.js';
import { compile } from '../../src/compile.js';
import { DepthwiseError } from '../../src/errors.js';
import { checkBlob } from '../../src/format/check.js';
import { readBlob } from '../../src/format/read.js';
import { writeBlob } from '../../src/format/write.js';
import { elements } from '../../src/graph/graph.js';
import * as L from '../../src/program/layout.js';
import { GraphBuilder, seededRandom } from '../graph/builder.js';
import { graphs } from '../graphs.js';

test('what the compiler writes passes the checks, and reads as what it was made from', (t) => {
  fc.assert(
    fc.property(graphs(), fc.constantFrom<'double' | 'single'>('double', 'single'), (graph, rounding) => {
      const { blob, program, plan } = compile(graph, { rounding });
      const contents = readBlob(blob);
      const found = {
        name: contents.name,
        rounding: contents.rounding,
        macs: contents.macs,
        memory: [contents.stateBytes, contents.arenaBytes, contents.scratchBytes, contents.memoryBytes],
        kinds: contents.steps.map(({ kind }) => kind),
        inputs: contents.inputs.map(({ name, bytes, dtype, zeroPoint, pixels }) => [
          name,
          bytes,
          dtype,
          zeroPoint,
          pixels,
        ]),
        outputs: contents.outputs.map(({ name, bytes, scale }) => [name, bytes, scale]),
      };
      const expected = {
        name: graph.name,
        rounding,
        macs: graphCost(graph).macs,
        memory: [plan.stateBytes, plan.arenaBytes, plan.scratchBytes, plan.memoryBytes],
        kinds: program.steps.map(({ kind }) => kind),
        inputs: program.inputs.map(({ name, shape, dtype, zeroPoint, pixels }) => [
          name,
          elements(shape),
          dtype,
          zeroPoint,
          pixels,
        ]),
        outputs: program.outputs.map(({ name, shape, scale }) => [name, elements(shape), Math.fround(scale)]),
      };
      if (JSON.stringify(found) !== JSON.stringify(expected)) {
        throw new Error(`${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
      }
    }),
    { numRuns: 150, seed: 11, includeErrorInReport: true },
  );
  t.pass();
});

test('names, labels and flags survive, whatever letters they are made of', (t) => {
  const b = new GraphBuilder(seededRandom(1));
  const graph = b.graph([b.conv(b.input([1, 2, 2, 1]), 3)], {
    name: 'Räder/车 0',
    labels: ['Katze', '', 'with\0zero'],
    randomWeights: true,
  });
  const contents = readBlob(compile(graph).blob);
  t.is(contents.name, 'Räder/车 0');
  t.deepEqual(contents.labels, ['Katze', '', 'with zero']);
  t.true(contents.randomWeights);
  t.false(contents.randomRanges);
});

test('sections and constants start on multiples of four', (t) => {
  const b = new GraphBuilder(seededRandom(1));
  const { blob } = compile(b.graph([b.conv(b.input([1, 3, 3, 1]), 3)]));
  const view = new DataView(blob.buffer);
  const steps = view.getUint32(L.H_STEPS_OFFSET, true);
  const offsets = [
    L.H_PORTS_OFFSET,
    L.H_TASKS_OFFSET,
    L.H_STEPS_OFFSET,
    L.H_STRINGS_OFFSET,
    steps + L.S_WEIGHTS,
    steps + L.S_TABLE,
  ];
  for (const field of offsets) t.is(view.getUint32(field, true) % 4, 0);
});

test('a view into a larger buffer reads like a file of its own', (t) => {
  const b = new GraphBuilder(seededRandom(1));
  const { blob } = compile(b.graph([b.conv(b.input([1, 3, 3, 1]), 3)]));
  const large = new Uint8Array(blob.length + 20);
  large.set(blob, 13);
  t.deepEqual(readBlob(large.subarray(13, 13 + blob.length)), readBlob(blob));
});

test('a value that does not fit its field is refused, not cut off', (t) => {
  const b = new GraphBuilder(seededRandom(1));
  const graph = b.graph([b.conv(b.input([1, 3, 3, 1]), 3)]);
  const { program, plan } = compile(graph);
  program.steps[0].window.strideW = 70_000;
  const error = t.throws(() => writeBlob(program, plan, 0), { instanceOf: DepthwiseError, code: 'MODEL_TOO_LARGE' });
  t.regex(error!.message, /70000.*0 to 65535/);
});

test('the same graph gives the same bytes', (t) => {
  const build = () => {
    const b = new GraphBuilder(seededRandom(9));
    return compile(b.graph([b.conv(b.input([1, 5, 5, 3]), 8)])).blob;
  };
  t.deepEqual(build(), build());
  t.notThrows(() => checkBlob(build()));
});
