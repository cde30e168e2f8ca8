/** The functions that are compiled when a model is opened are those that an inference calls: none is missing, none is too much. */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { asset } from '../../src/assets.js';
import { type CompileOptions, compile } from '../../src/compile.js';
import { openWasm3 } from '../../src/engines/wasm3.js';
import { conditionNumber } from '../../src/format/calls.js';
import { kernelModule } from '../../src/format/kinds.js';
import { readBlob } from '../../src/format/read.js';
import type { Graph } from '../../src/graph/graph.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { buildMobileNet } from '../../src/mobilenet/builder.js';
import { parseSpec } from '../../src/mobilenet/topology.js';
import { readFixture, withFixtures } from '../fixtures.js';
import { graphs } from '../graphs.js';
import { stepFiles } from '../steps/files.js';

const PLANS: CompileOptions[] = [{}, { memory: 'min' }, { frame: 'rows' }, { memory: 'min', frame: 'rows' }];

function compilesWhatItCalls(t: ExecutionContext, graph: Graph, options: CompileOptions): void {
  // Pixels of zeros have no norm to divide by.
  const callsAll = graph.operators.every(({ op }) => op !== 'L2_NORMALIZATION');
  compilesWhatTheFileCalls(t, compile(graph, options).blob, `${graph.name} ${JSON.stringify(options)}`, callsAll);
}

/** @param callsAll whether any values call all functions. */
function compilesWhatTheFileCalls(t: ExecutionContext, blob: Uint8Array, what: string, callsAll = true): void {
  const { inputs } = readBlob(blob);
  const session = openWasm3(blob, asset(kernelModule(blob)));
  session.run(inputs.map(({ bytes }) => new Uint8Array(bytes).map((_, i) => i * 91 + 5)));
  const { callsByFunction, compiledFunctions } = session.stats();
  session.close();
  const called = callsByFunction!.flatMap((calls, i) => (calls > 0 ? [i] : []));
  if (callsAll) t.deepEqual(compiledFunctions, called, what);
  else
    t.deepEqual(
      called.filter((index) => !compiledFunctions!.includes(index)),
      [],
      what,
    );
}

test('MobileNets on every plan', (t) => {
  for (const spec of ['0.25@32x32x1,2', '0.25@33x31x3,10', '0.1@16x16x4,3']) {
    for (const plan of PLANS) compilesWhatItCalls(t, buildMobileNet(parseSpec(`mobilenet:${spec}`)), plan);
  }
});

test('random graphs of every kind of step, on every plan', (t) => {
  fc.assert(
    fc.property(graphs(6), fc.constantFrom(...PLANS), (graph, plan) => compilesWhatItCalls(t, graph, plan)),
    { numRuns: 200 },
  );
});

test('files of the kinds of step that random graphs do not have', (t) => {
  for (const [i, blob] of stepFiles().entries()) compilesWhatTheFileCalls(t, blob, `file ${i}`);
});

for (const model of ['person_detect', 'vww_96_int8', 'kws_ref_model', 'mobilenet_v1_0.25_128_quant']) {
  withFixtures(test, model, (t: ExecutionContext) => {
    for (const plan of PLANS)
      compilesWhatItCalls(t, importTflite(readFixture('models', `${model}.tflite`), model), plan);
  });
}

test('conditions have the numbers that firmware in the field knows', (t) => {
  t.is(conditionNumber('conv'), 1);
  t.is(conditionNumber('rowsPushed'), 26);
});
