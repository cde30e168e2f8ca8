/** What converters write, in files of one layer or two: the bytes that LiteRT gives, which rounds once. */
import test, { type ExecutionContext } from 'ava';
import { asset } from '../../src/assets.js';
import { compile } from '../../src/compile.js';
import { openJs } from '../../src/engines/js.js';
import { openNode } from '../../src/engines/node.js';
import { runReference } from '../../src/engines/reference.js';
import { openWasm3 } from '../../src/engines/wasm3.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { readFixture, withFixtures } from '../fixtures.js';

const CASES = ['dilated', 'hard_swish', 'shape_chain', 'ei_head', 'fc_keepdims', 'out_is_input_of_other', 'asym_same'];

for (const name of CASES) {
  withFixtures(test, `${name}: every engine gives LiteRT's bytes`, (t: ExecutionContext) => {
    const kernels = asset('kernels-full.wasm');
    const graph = importTflite(readFixture('cases', `${name}.tflite`));
    const input = readFixture('cases', `${name}.in.bin`);
    const expected = Buffer.from(readFixture('cases', `${name}.litert.bin`));
    t.deepEqual(Buffer.concat(runReference(graph, [input], { rounding: 'single' })), expected);
    for (const memory of ['fast', 'min'] as const) {
      const { blob } = compile(graph, { rounding: 'single', memory });
      for (const session of [openNode(blob, kernels), openWasm3(blob, kernels), openJs(blob)]) {
        t.deepEqual(Buffer.concat(session.run([input])), expected);
      }
    }
  });
}
