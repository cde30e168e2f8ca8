import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { asset } from '../../src/assets.js';
import { type CompileOptions, compile } from '../../src/compile.js';
import { openWasm3 } from '../../src/engines/wasm3.js';
import { readBlob } from '../../src/format/read.js';
import type { Graph } from '../../src/graph/graph.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { buildMobileNet } from '../../src/mobilenet/builder.js';
import { mobileNet, pairsOfDepth } from '../../src/mobilenet/topology.js';
import { measureOverheads, runLayers } from '../../src/search/bench.js';
import { Counter } from '../../src/search/counter.js';
import { type Layer, plannedLayers, terms } from '../../src/search/layer.js';

const bench = { kernels: asset('kernels.wasm'), rounding: 'double' } as const;

/** The composed counts are those of the simulator: op by op, step by step. */
function agrees(t: ExecutionContext, counter: Counter, graph: Graph, options: CompileOptions): void {
  const compiled = compile(graph, options);
  const composed = counter.count(compiled);
  const session = openWasm3(compiled.blob, bench.kernels);
  const { inputs } = readBlob(compiled.blob);
  session.run(inputs.map((port) => new Uint8Array(port.bytes).map((_, i) => (i * 91 + 5) & 255)));
  const counted = session.stats();
  session.close();
  const place = `${graph.name} ${options.memory}`;
  t.is(composed.ops, counted.ops!, place);
  t.deepEqual(composed.opsByStep, counted.opsByStep!, place);
  const kinds = Object.entries(composed.opsByKind).filter(([, ops]) => ops !== 0);
  t.deepEqual(Object.fromEntries(kinds), counted.opsByKind!, place);
  t.is(composed.compiledCodeBytes, counted.compiledCodeBytes!, place);
  t.is(composed.maxNativeDepth, counted.maxNativeDepth!, place);
  t.is(composed.linearMemoryBytes, counted.linearMemoryBytes!, place);
}

const network = fc.record({
  alpha: fc.integer({ min: 2, max: 40 }).map((n) => n / 64),
  height: fc.integer({ min: 8, max: 90 }),
  width: fc.integer({ min: 8, max: 90 }),
  channels: fc.constantFrom(1, 3),
  classes: fc.constantFrom(1, 2, 10, 300),
  depth: fc.integer({ min: 1, max: 13 }),
  memory: fc.constantFrom('fast' as const, 'min' as const),
});

test('random MobileNets: every op of every step as the simulator counts it', (t) => {
  // One counter for all: what was counted for a network must be right for the next one.
  const counter = new Counter(bench);
  fc.assert(
    fc.property(network, ({ alpha, height, width, channels, classes, depth, memory }) => {
      const graph = buildMobileNet(mobileNet({ alpha, input: [height, width, channels], classes, depth }, 'test'));
      agrees(t, counter, graph, { memory });
    }),
    { numRuns: 30 },
  );
});

test('unusual bodies: a stem that keeps the size, odd channels, many classes', (t) => {
  const counter = new Counter(bench);
  const depth = pairsOfDepth(4).map(({ channels, stride }) => [channels + 7, stride]);
  for (const memory of ['fast', 'min'] as const) {
    const spec = mobileNet({ alpha: 0.3, input: [37, 61, 3], classes: 1000, depth, stemStride: 1 }, 'test');
    agrees(t, counter, buildMobileNet(spec), { memory });
  }
});

test('a last layer whose input rows stand by a table, before an output that is smaller', (t) => {
  const { program, plan } = compile(
    buildMobileNet(mobileNet({ alpha: 0.25, input: [48, 48, 1], classes: 1, depth: 5 }, 'test')),
  );
  const pool = plannedLayers(program, plan).find(({ step }) => step.output.height < step.input.height / 2)!;
  const layer: Layer = { ...pool, standing: ['table', undefined, 'joined'] };
  const { counts } = runLayers(bench, [], [layer], measureOverheads(bench));
  t.true(counts[0].functions.length > 0);
});

for (const name of ['digits', 'digits-mini', 'cifar10']) {
  test(`${name}: trained weights, the same counts`, (t) => {
    const file = readFileSync(new URL(`../../src/models/${name}.tflite`, import.meta.url));
    const graph = importTflite(new Uint8Array(file), name);
    const counter = new Counter(bench);
    for (const memory of ['fast', 'min'] as const) agrees(t, counter, graph, { memory });
  });
}

test('a sum of layers has the tasks of the layer, and is shorter where that is long', (t) => {
  const spec = mobileNet({ alpha: 0.25, input: [224, 224, 3], classes: 10 }, 'test');
  const { program, plan } = compile(buildMobileNet(spec));
  let [whole, parts] = [0, 0];
  for (const layer of plannedLayers(program, plan)) {
    const sum = terms(layer);
    if (sum.length > 1) t.true(sum.reduce((rest, { factor }) => rest + factor, 0) > 0, layer.step.name);
    whole += layer.step.output.height * layer.step.output.width;
    for (const { layer: part } of sum) parts += part.step.output.height * part.step.output.width;
  }
  t.true(parts < whole / 2, `${parts} pixels of ${whole}`);
});
