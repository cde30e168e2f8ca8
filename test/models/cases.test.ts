/** What converters write, in files of one layer or two: the bytes that LiteRT gives, which rounds once. */
import { readdirSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { asset } from '../../src/assets.js';
import { compile } from '../../src/compile.js';
import { openJs } from '../../src/engines/js.js';
import { openNode } from '../../src/engines/node.js';
import { runReference } from '../../src/engines/reference.js';
import { openWasm3 } from '../../src/engines/wasm3.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { FIXTURES, readFixture, withFixtures } from '../fixtures.js';

/** Bytes of every engine, under both plans, are the reference's; those are given back. */
function everywhere(t: ExecutionContext, name: string): Buffer {
  const kernels = asset('kernels-full.wasm');
  const graph = importTflite(readFixture('cases', `${name}.tflite`));
  const input = readFixture('cases', `${name}.in.bin`);
  const expected = Buffer.concat(runReference(graph, [input], { rounding: 'single' }));
  for (const memory of ['fast', 'min'] as const) {
    const { blob } = compile(graph, { rounding: 'single', memory });
    for (const session of [openNode(blob, kernels), openWasm3(blob, kernels), openJs(blob)]) {
      t.deepEqual(Buffer.concat(session.run([input])), expected, `${session.constructor.name} ${memory}`);
    }
  }
  return expected;
}

/** Cases that have an input. */
const names = (FIXTURES ? readdirSync(`${FIXTURES}/cases`) : [])
  .filter((file) => file.endsWith('.in.bin'))
  .map((file) => file.replace('.in.bin', ''));

for (const name of names.filter((each) => each !== 'nobias')) {
  withFixtures(test, `${name}: every engine gives LiteRT's bytes`, (t: ExecutionContext) => {
    t.deepEqual(everywhere(t, name), Buffer.from(readFixture('cases', `${name}.litert.bin`)));
  });
}

withFixtures(test, 'cases are found', (t: ExecutionContext) => {
  t.true(names.length >= 10, names.join(', '));
});

withFixtures(test, 'nobias: every engine gives the bytes of the reference', (t: ExecutionContext) => {
  t.true(everywhere(t, 'nobias').length > 0);
});

withFixtures(test, 'int16: activations of 16 bits are refused', (t: ExecutionContext) => {
  t.throws(() => importTflite(readFixture('cases', 'int16.tflite')), {
    code: 'MODEL_UNSUPPORTED',
    message: /INT16/,
  });
});
