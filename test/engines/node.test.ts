import test from 'ava';
import { asset } from '../../src/assets.js';
import { compile } from '../../src/compile.js';
import { openNode } from '../../src/engines/node.js';
import { DepthwiseError } from '../../src/errors.js';
import { buildMobileNet } from '../../src/mobilenet/builder.js';
import { parseSpec } from '../../src/mobilenet/topology.js';

const graph = buildMobileNet(parseSpec('mobilenet:0.25@32x32x3,4'));
const compiled = compile(graph);
const open = (blob = compiled.blob) => openNode(blob, asset('kernels.wasm'));
const image = (fill: number) => new Uint8Array(32 * 32 * 3).fill(fill);

test('a session runs again and again, and runs do not touch each other', (t) => {
  const session = open();
  const [first] = session.run([image(3)]);
  const [other] = session.run([image(200)]);
  t.is(first.length, 4);
  t.notDeepEqual(first, other);
  t.deepEqual(session.run([image(3)]), [first]);
});

test('the input is left as it was', (t) => {
  const input = image(7);
  open().run([input]);
  t.true(input.every((byte) => byte === 7));
});

test('costs: bytes of linear memory as planned, bytes streamed, the one import', (t) => {
  const session = open();
  session.run([image(0)]);
  const { linearMemoryBytes, streamedBytes, imports, ops } = session.stats();
  t.is(linearMemoryBytes, compiled.plan.memoryBytes);
  t.true(streamedBytes! > compiled.program.steps.reduce((sum, step) => sum + (step.weights?.length ?? 0), 0));
  t.deepEqual(imports, ['dw.read']);
  t.is(ops, undefined);
});

test('afterStep comes once for every step, in order, and reads linear memory', (t) => {
  const { outputs, steps } = compiled.program;
  const [offset] = compiled.plan.offsets[outputs[0].view.buffer];
  const seen: number[] = [];
  let last: Uint8Array | undefined;
  const [result] = open().run([image(50)], (step, read) => {
    seen.push(step);
    last = read(compiled.plan.arenaAddress + offset, 4);
  });
  t.deepEqual(seen, [...steps.keys()]);
  t.deepEqual(last, result);
});

test('an input of another size is refused', (t) => {
  for (const inputs of [[], [image(0).subarray(1)], [image(0), image(0)]]) {
    const error = t.throws(() => open().run(inputs), { instanceOf: DepthwiseError, code: 'INPUT_SIZE' });
    t.regex(error!.message, /3072/);
  }
});
