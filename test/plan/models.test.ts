/** How little real networks need, and what plans of a given size cost. Figures: docs/memory.md. */
import test, { type ExecutionContext } from 'ava';
import { asset } from '../../src/assets.js';
import { type Compiled, compile } from '../../src/compile.js';
import { openNode } from '../../src/engines/node.js';
import { openWasm3 } from '../../src/engines/wasm3.js';
import { DepthwiseError } from '../../src/errors.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { buildMobileNet } from '../../src/mobilenet/builder.js';
import { parseSpec } from '../../src/mobilenet/topology.js';
import { difference } from '../difference.js';
import { readFixture, withFixtures } from '../fixtures.js';
import { inputBytes } from '../graphs.js';
import { replay } from './replay.js';

/** Most bytes of arena, `--memory min`. */
const ARENA: Record<string, { resident: number; rows: number }> = {
  person_detect: { resident: 12_288, rows: 10_080 },
  vww_96_int8: { resident: 28_032, rows: 10_272 },
  kws_ref_model: { resident: 8_640, rows: 8_640 },
  'mobilenet_v1_0.25_128_quant': { resident: 49_472, rows: 15_200 },
  fomo_face_detection: { resident: 28_896, rows: 12_700 },
  'mobilenet_v2_1.0_224_quant': { resident: 186_000, rows: 97_500 },
  'mobilenet:1@224x224x3,1001': { resident: 201_000, rows: 130_000 },
};
/** Over the most live bytes, as a factor. */
const NEAR = 1.03;

const load = (name: string) =>
  name.startsWith('mobilenet:')
    ? buildMobileNet(parseSpec(name))
    : importTflite(readFixture('models', `${name}.tflite`), name);

const need = ({ plan }: Compiled): number => plan.arenaBytes + plan.scratchBytes;

for (const [name, most] of Object.entries(ARENA)) {
  withFixtures(test, `${name}: the least RAM, with a frame and with rows pushed`, (t: ExecutionContext) => {
    const graph = load(name);
    const [resident, rows] = (['resident', 'rows'] as const).map((frame) => {
      const compiled = compile(graph, { memory: 'min', frame });
      const { arenaBytes, lowerBoundBytes } = compiled.plan;
      t.true(arenaBytes <= most[frame], `${frame}: ${arenaBytes} B`);
      t.true(arenaBytes <= NEAR * lowerBoundBytes, `${frame}: ${arenaBytes} B, bound ${lowerBoundBytes}`);
      replay(compiled.program, compiled.blob);
      return compiled;
    });
    t.true(need(rows) <= need(resident));
    t.true(need(resident) <= need(compile(graph, { memory: 'fast' })));
  });
}

withFixtures(
  test,
  'MobileNetV2 at 224 gives the same bytes in less than half of the RAM, its rows pushed',
  (t: ExecutionContext) => {
    const graph = load('mobilenet_v2_1.0_224_quant');
    const inputs = inputBytes(graph, 3, 0);
    const outputs = ([{ memory: 'fast' }, { memory: 'min' }, { memory: 'min', frame: 'rows' }] as const).map(
      (options) => openNode(compile(graph, options).blob, asset('kernels.wasm')).run(inputs)[0],
    );
    t.is(difference(outputs[1], outputs[0]), 'equal');
    t.is(difference(outputs[2], outputs[0]), 'equal');
  },
);

withFixtures(
  test,
  'person_detect in a number of bytes: every plan fits, and costs fewer ops the more there are',
  (t: ExecutionContext) => {
    const graph = load('person_detect');
    const least = need(compile(graph, { memory: 'min' }));
    const most = 55_296;
    const inputs = inputBytes(graph, 3, 0);
    const counted = Array.from({ length: 11 }, (_, tenth) => {
      const memory = Math.round(least + ((most - least) * tenth) / 10);
      const compiled = compile(graph, { memory });
      t.true(need(compiled) <= memory, `${need(compiled)} B in ${memory}`);
      const session = openWasm3(compiled.blob, asset('kernels.wasm'));
      session.run(inputs);
      const { ops } = session.stats();
      session.close();
      return ops!;
    });
    const sorted = [...counted].sort((a, b) => b - a);
    t.deepEqual(counted, sorted);
    t.true(new Set(counted).size >= 5, counted.join(' '));
    const error = t.throws(() => compile(graph, { memory: least - 1 }), { instanceOf: DepthwiseError });
    t.is(error?.code, 'BUDGET_EXCEEDED');
    t.regex(error!.message, new RegExp(`${least - 1} bytes.* ${least} are the least possible`));
  },
);
