/** The kernel for Espruino, on random graphs, with that engine's functions stood in for: the bytes of the reference. */
import test from 'ava';
import { compile } from '../../src/compile.js';
import { runReference } from '../../src/engines/reference.js';
import { seededRandom } from '../graph/builder.js';
import { makeGraph } from '../graphs.js';
import { asModule } from './engine.js';
import { E } from './espruino.js';

test('random graphs, in every plan, give the bytes of the reference kernels', (t) => {
  const random = seededRandom(17);
  const integer = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  let calls = 0;
  const convolve: typeof E.convolve = (...args) => {
    calls++;
    return E.convolve(...args);
  };
  const { open } = asModule('depthwise.js', { E: { ...E, convolve } });
  for (let i = 1; i <= 200; i++) {
    const graph = makeGraph({ integer }, i, 5);
    if ([...graph.inputs, ...graph.outputs].some((index) => graph.tensors[index].dtype === 'float32')) continue;
    const { blob, program } = compile(graph, { memory: i % 2 ? 'min' : 'fast', rounding: i % 3 ? 'double' : 'single' });
    const inputs = program.inputs.map(({ shape }) =>
      Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => integer(0, 255)),
    );
    const read = (offset: number, count: number) => blob.slice(offset, offset + count);
    for (const file of [blob, { length: blob.length, read }]) {
      const net = open(file);
      for (const [j, input] of inputs.entries()) net.input(j).set(input);
      net.invoke();
      const outputs = program.outputs.map((_, j) => Uint8Array.from(net.output(j), (value) => value & 255));
      t.deepEqual(outputs, runReference(graph, inputs, { rounding: program.rounding }), `graph ${i}`);
    }
  }
  t.true(calls > 10_000);
});
