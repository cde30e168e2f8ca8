import test from 'ava';
import fc from 'fast-check';
import { compile } from '../../src/compile.js';
import { BlobView } from '../../src/program/blob-view.js';
import * as L from '../../src/program/layout.js';
import { isKind, kindName, kindOf, STEP_KINDS } from '../../src/steps/index.js';
import { readStep } from '../../src/steps/record.js';
import { graphs } from '../graphs.js';

const KINDS = Object.entries(L)
  .filter(([name]) => name.startsWith('KIND_'))
  .map(([, kind]) => kind);

test('the numbers of layout.ts are kinds, and no other', (t) => {
  const found = Array.from({ length: 256 }, (_, kind) => kind).filter(isKind);
  t.deepEqual(
    found,
    KINDS.sort((a, b) => a - b),
  );
  for (const kind of [-1, 0.5, 0x10001, 0xffffffff]) t.false(isKind(kind));
});

test('people read names, and numbers of what is no kind', (t) => {
  t.is(kindName(L.KIND_LUT), 'table');
  t.is(kindName(L.KIND_DEPTHWISE_ROW), kindName(L.KIND_DEPTHWISE));
  t.is(kindName(255), 'kind 255');
});

test('what reads no weights has none, and is priced by its bytes in JavaScript', (t) => {
  const shapes = { macs: 7, inputShape: [2, 3, 4], outputShape: [1, 2, 5] };
  const weighted = Object.values(STEP_KINDS).filter((kind) => kind.weightsPerOutput);
  t.deepEqual(
    weighted.map(({ name, weightsPerOutput, jsWork }) => [name, weightsPerOutput!(9, 4, 1), jsWork(shapes)]),
    [
      ['conv', 36, { convMac: 7, convOutput: 10 }],
      ['depthwise', 9, { depthwiseMac: 7 }],
      ['fully connected', 36, { convMac: 7, convOutput: 10 }],
      ['depthwise', 9, { depthwiseMac: 7 }],
      ['general conv', 36, { convMac: 7, convOutput: 10 }],
    ],
  );
  for (const kind of Object.values(STEP_KINDS)) {
    if (!kind.weightsPerOutput) t.deepEqual(kind.jsWork(shapes), { otherByte: 24 }, kind.name);
  }
});

test('a step needs as much scratch by its record as it was planned with', (t) => {
  fc.assert(
    fc.property(graphs(), fc.constantFrom('min', 'fast'), (graph, memory) => {
      const { blob, program, plan } = compile(graph, { memory: memory as 'min' | 'fast' });
      const records = new BlobView(blob).steps().map(readStep);
      for (const { step, rows } of plan.tasks) {
        const needed = kindOf(program.steps[step]).scratch(program.steps[step], rows);
        t.is(kindOf(records[step]).scratch(records[step], rows), needed);
        t.true(needed <= plan.scratchBytes);
      }
    }),
    { numRuns: 60 },
  );
});

test('an output row reads rows of the input that are there, and later rows never earlier ones', (t) => {
  fc.assert(
    fc.property(graphs(), (graph) => {
      for (const step of compile(graph).program.steps) {
        let [before, behind] = [0, 0];
        for (let y = 0; y < step.output.height; y++) {
          const [first, end] = kindOf(step).inputRows?.(step, y, y + 1) ?? [0, step.input.height];
          t.true(first >= before && end >= behind && first <= end && end <= step.input.height);
          [before, behind] = [first, end];
        }
      }
    }),
    { numRuns: 60 },
  );
});
