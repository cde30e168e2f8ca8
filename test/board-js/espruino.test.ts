/** The kernel for Espruino, on random graphs, with that engine's functions stood in for: the bytes of the reference. */
import test, { type ExecutionContext } from 'ava';
import { type CompileOptions, compile } from '../../src/compile.js';
import { runReference } from '../../src/engines/reference.js';
import type { Graph } from '../../src/graph/graph.js';
import { seededRandom } from '../graph/builder.js';
import { GraphMaker, makeGraph } from '../graphs.js';
import { asModule } from './engine.js';
import { E } from './espruino.js';

type Integer = (low: number, high: number) => number;

const integers = (seed: number): Integer => {
  const random = seededRandom(seed);
  return (low, high) => low + Math.floor(random() * (high - low + 1));
};

/** A file in memory, and one that is read in pieces. */
function agrees(
  t: ExecutionContext,
  open: ReturnType<typeof asModule>['open'],
  graph: Graph,
  options: CompileOptions,
  integer: Integer,
): void {
  const { blob, program } = compile(graph, options);
  const inputs = program.inputs.map(({ shape }) =>
    Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => integer(0, 255)),
  );
  const read = (offset: number, count: number) => blob.slice(offset, offset + count);
  for (const file of [blob, { length: blob.length, read }]) {
    const net = open(file);
    for (const [j, input] of inputs.entries()) net.input(j).set(input);
    net.invoke();
    const outputs = program.outputs.map((_, j) => Uint8Array.from(net.output(j), (value) => value & 255));
    t.deepEqual(outputs, runReference(graph, inputs, { rounding: program.rounding }), graph.name);
  }
}

test('random graphs, in every plan, give the bytes of the reference kernels', (t) => {
  const integer = integers(17);
  let calls = 0;
  const convolve: typeof E.convolve = (...args) => {
    calls++;
    return E.convolve(...args);
  };
  const { open } = asModule('depthwise.js', { E: { ...E, convolve } });
  for (let i = 1; i <= 200; i++) {
    const graph = makeGraph({ integer }, i, 5);
    if ([...graph.inputs, ...graph.outputs].some((index) => graph.tensors[index].dtype === 'float32')) continue;
    const options = { memory: i % 2 ? 'min' : 'fast', rounding: i % 3 ? 'double' : 'single' } as const;
    agrees(t, open, { ...graph, name: `graph ${i}` }, options, integer);
  }
  t.true(calls > 10_000);
});

test('a pointwise layer that is padded below and to the right alone', (t) => {
  const integer = integers(3);
  const { open } = asModule('depthwise.js', { E });
  for (const [below, right] of [
    [0, 1],
    [3, 0],
    [3, 1],
  ]) {
    const maker = new GraphMaker({ integer }, 1 + below + right);
    const input = maker.tensor([1, 2, 7, 3], 'int8', maker.anyQuantization('int8'));
    maker.inputs.push(input);
    const padded = maker.append({ op: 'PAD' }, [input, maker.int32([4, 2], [0, 0, 0, below, 0, right, 0, 0])]);
    const point = { padding: 'valid' as const, strideH: 1, strideW: 1, kernelH: 1, kernelW: 1 };
    const graph = maker.graph([maker.conv(padded, 4, point)]);
    agrees(t, open, { ...graph, name: `${below} below, ${right} to the right` }, {}, integer);
  }
});
