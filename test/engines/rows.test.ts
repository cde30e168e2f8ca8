/** Fully connected layers over the pixels of a map, as exporters write them. */
import test from 'ava';
import { asset } from '../../src/assets.js';
import { compile } from '../../src/compile.js';
import { openJs } from '../../src/engines/js.js';
import { openNode } from '../../src/engines/node.js';
import { runReference } from '../../src/engines/reference.js';
import { openWasm3 } from '../../src/engines/wasm3.js';
import { writeTflite } from '../../src/export/tflite/write.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { GraphBuilder, seededRandom } from '../graph/builder.js';

const FORMS = ['as rows, between two RESHAPEs', 'on the map'] as const;

for (const form of FORMS) {
  test(`a layer ${form}: every engine gives the bytes of the reference kernels, also from a file`, (t) => {
    const random = seededRandom(23);
    for (let i = 0; i < 60; i++) {
      const b = new GraphBuilder(random, i % 3 ? 'int8' : 'uint8');
      const [height, width, channels, outputs] = [b.integer(1, 5), b.integer(2, 7), b.integer(1, 40), b.integer(1, 20)];
      const choice = { perChannel: i % 3 !== 0 && i % 2 === 0 };
      const map = [1, height, width, outputs];
      let y = b.input([1, height, width, channels]);
      if (form === 'on the map') y = b.fullyConnected(y, outputs, choice, map, channels);
      else {
        const rows = b.reshape(y, [height * width, channels]);
        y = b.reshape(b.fullyConnected(rows, outputs, choice, [height * width, outputs], channels), map);
      }
      const graph = importTflite(writeTflite(b.graph([y])));
      const input = Uint8Array.from({ length: height * width * channels }, () => b.integer(0, 255));
      const expected = runReference(b.graph([y]), [input]);
      t.deepEqual(runReference(graph, [input]), expected);
      for (const memory of ['fast', 'min'] as const) {
        const { blob } = compile(graph, { memory });
        const kernels = asset('kernels.wasm');
        for (const session of [openNode(blob, kernels), openWasm3(blob, kernels), openJs(blob)]) {
          t.deepEqual(session.run([input]), expected);
        }
      }
    }
  });
}
