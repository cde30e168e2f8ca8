import { gzipSync } from 'node:zlib';
import test from 'ava';
import { compile } from '../../src/compile.js';
import { runReference } from '../../src/engines/reference.js';
import type { Graph } from '../../src/graph/graph.js';
import { buildMobileNet } from '../../src/mobilenet/builder.js';
import { parseSpec } from '../../src/mobilenet/topology.js';
import { seededRandom } from '../graph/builder.js';
import { makeGraph } from '../graphs.js';
import { asModule, bundle, onPoorEngine, type Runtime } from './engine.js';

const mobilenet = buildMobileNet(parseSpec('mobilenet:0.25@32x32x3,4'));

function pixels(bytes: number): Uint8Array {
  const random = seededRandom(bytes);
  return Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256));
}

const raw = (values: Int8Array | Uint8Array) => Uint8Array.from(values, (value) => value & 255);

function run(runtime: Runtime, graph: Graph): { actual: Uint8Array[]; expected: Uint8Array[] } {
  const { blob, program } = compile(graph);
  const inputs = program.inputs.map(({ shape }) => pixels(shape.reduce((a, b) => a * b, 1)));
  const net = runtime.open(blob);
  for (const [i, input] of inputs.entries()) net.input(i).set(input);
  net.invoke();
  return { actual: program.outputs.map((_, i) => raw(net.output(i))), expected: runReference(graph, inputs) };
}

test('bundles are as small as promised', (t) => {
  t.true(bundle('depthwise.mobilenet.js').length <= 8 * 1024);
  t.true(bundle('depthwise.mobilenet.espruino.js').length <= 8 * 1024);
  t.true(bundle('depthwise.js').length <= 20 * 1024);
  t.true(gzipSync(bundle('depthwise.js')).length <= 9 * 1024);
});

for (const file of ['depthwise.js', 'depthwise.mobilenet.js']) {
  test(`${file} is a CommonJS module`, (t) => {
    const { actual, expected } = run(asModule(file), mobilenet);
    t.deepEqual(actual, expected);
  });

  test(`${file} is a plain script, and does with what Espruino has`, (t) => {
    const { actual, expected } = run(onPoorEngine(file).runtime, mobilenet);
    t.deepEqual(actual, expected);
  });

  test(`${file} makes no array after open`, (t) => {
    const { runtime, made } = onPoorEngine(file);
    const net = runtime.open(compile(mobilenet).blob);
    const before = made();
    t.true(before > 0);
    const input = pixels(32 * 32 * 3);
    net.input().set(input);
    net.invoke();
    while (net.tick());
    net.classify(input);
    net.top(4);
    t.is(made(), before);
  });
}

test('every operator does with what Espruino has', (t) => {
  const random = seededRandom(5);
  const integer = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  const { runtime } = onPoorEngine('depthwise.js');
  const seen = new Set<string>();
  for (let i = 1; i <= 150; i++) {
    const graph = makeGraph({ integer }, i, 5);
    if ([...graph.inputs, ...graph.outputs].some((index) => graph.tensors[index].dtype === 'float32')) continue;
    for (const { op } of graph.operators) seen.add(op);
    const { actual, expected } = run(runtime, graph);
    t.deepEqual(actual, expected, `graph ${i}`);
  }
  for (const op of ['CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED', 'ADD', 'MEAN', 'PAD', 'SOFTMAX', 'LOGISTIC']) {
    t.true(seen.has(op), op);
  }
});

test('the small flavour says which kind of step it leaves out', (t) => {
  const random = seededRandom(6);
  const integer = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  const { open } = asModule('depthwise.mobilenet.js');
  const codes = new Set<unknown>();
  for (let i = 1; i <= 40; i++) {
    try {
      open(compile(makeGraph({ integer }, i, 5)).blob);
    } catch (error) {
      codes.add((error as { code?: string }).code);
    }
  }
  t.deepEqual([...codes], ['KIND']);
});
