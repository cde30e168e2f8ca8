import test from 'ava';
import fc from 'fast-check';
import { validateGraph } from '../../src/analysis/validate.js';
import { compile } from '../../src/compile.js';
import { runReference } from '../../src/engines/reference.js';
import type { Graph, Quantization, Tensor } from '../../src/graph/graph.js';
import type { Rounding } from '../../src/kernels/reference/fixedpoint.js';
import { difference } from '../difference.js';
import { graphs, inputBytes } from '../graphs.js';
import { NATIVE, openTested, type TestedEngine } from './kernels.js';

type Engine = Exclude<TestedEngine, 'reference'>;

/** Every engine against the readable kernels, outputs and, unfused, every operator's output. */
function check(graph: Graph, inputs: Uint8Array[], rounding: Rounding, engines: readonly Engine[], fuse = true): void {
  const layers = new Map<number, Uint8Array>();
  const expected = runReference(graph, inputs, {
    rounding,
    afterOperator: (operator, [output]) => layers.set(operator, output),
  });
  const compiled = compile(graph, { rounding, fuse });
  for (const engine of engines) {
    const seen = new Set<number>();
    const compare = (found: Uint8Array, bytes: Uint8Array, what: string) => {
      const result = difference(found, bytes);
      if (result !== 'equal') throw new Error(`${engine}, ${what}: ${result}\n${describe(graph)}`);
    };
    const onLayer = (operator: number, output: Uint8Array) => {
      seen.add(operator);
      compare(output, layers.get(operator)!, `operator ${operator}`);
    };
    const runner = openTested(graph, compiled, engine);
    const outputs = runner.run(inputs, fuse ? undefined : onLayer);
    for (const [i, output] of outputs.entries()) compare(output, expected[i], `output ${i}`);
    if (!fuse && seen.size !== graph.operators.length) {
      throw new Error(`${engine} showed operators ${[...seen]} of ${graph.operators.length}\n${describe(graph)}`);
    }
    // Nothing of one inference may reach into the next.
    for (const [i, output] of runner.run(inputs).entries()) compare(output, expected[i], `output ${i}, second run`);
  }
}

/** A graph in a few lines, for the message of a failure. */
function describe(graph: Graph): string {
  const tensor = (index: number) => {
    if (index < 0) return '-';
    const { shape, dtype, quantization, data } = graph.tensors[index];
    const values = data ? ` ${String(data.subarray(0, 8))}` : '';
    return `t${index} ${dtype}[${shape}] scale ${quantization?.scale[0]} zero point ${quantization?.zeroPoint[0]}${values}`;
  };
  return graph.operators
    .map(({ inputs, outputs, ...rest }) =>
      [JSON.stringify(rest), ...inputs.map((i) => `  ${tensor(i)}`), `  -> ${tensor(outputs[0])}`].join('\n'),
    )
    .join('\n');
}

/** A fixed seed: a failure is a change of ours, not of the dice. */
const runs = (numRuns: number, seed: number) => ({ numRuns, seed, includeErrorInReport: true });

const holds = (engines: readonly Engine[], { fuse = true, overflow = false } = {}) =>
  fc.property(
    graphs(4, overflow),
    fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    fc.constantFrom(0, 0, 0, 1, 2, 3),
    fc.constantFrom<Rounding>('double', 'double', 'single'),
    (graph, seed, pattern, rounding) => check(graph, inputBytes(graph, seed, pattern), rounding, engines, fuse),
  );

test('random graphs: node gives the bytes of the reference kernels', (t) => {
  t.notThrows(() => fc.assert(holds(['node']), runs(800, 1)));
});

test('random graphs: the native kernels give the bytes of the reference kernels', (t) => {
  t.notThrows(() => fc.assert(holds(NATIVE), runs(800, 7)));
});

test('random graphs: wasm3 gives the bytes of the reference kernels', (t) => {
  t.notThrows(() => fc.assert(holds(['wasm3']), runs(200, 2)));
});

test('random graphs: js gives the bytes of the reference kernels', (t) => {
  t.notThrows(() => fc.assert(holds(['js']), runs(400, 3)));
});

test('random graphs, unfused: every operator can be looked at and is right', (t) => {
  t.notThrows(() => fc.assert(holds(['node', ...NATIVE, 'js'], { fuse: false }), runs(200, 4)));
  t.notThrows(() => fc.assert(holds(['wasm3'], { fuse: false }), runs(50, 5)));
});

test('left shifts beyond 32 bits wrap as they do in C', (t) => {
  t.notThrows(() => fc.assert(holds(['node', ...NATIVE, 'wasm3'], { overflow: true }), runs(150, 6)));
});

/** A pointwise layer of `k` input channels over 13 pixels: one whole group of twelve and one pixel more. */
function pointwise(k: number, weight: (i: number) => number, dtype: 'int8' | 'uint8', weightZeroPoint: number): Graph {
  const low = dtype === 'int8' ? -128 : 0;
  const outputs = 5;
  const quantization = (scale: number, zeroPoint: number): Quantization => ({
    scale: [scale],
    zeroPoint: [zeroPoint],
    axis: 0,
  });
  const filter = Array.from({ length: outputs * k }, (_, i) => weight(i));
  // Sums of up to k * 255 * 255 spread over the output's 256 values.
  const scale = Math.fround(k * 256);
  const tensors: Tensor[] = [
    { index: 0, name: 'input', shape: [1, 1, 13, k], dtype, quantization: quantization(1, low + 128) },
    {
      index: 1,
      name: 'filter',
      shape: [outputs, 1, 1, k],
      dtype,
      quantization: quantization(1, weightZeroPoint),
      data: (dtype === 'int8' ? Int8Array : Uint8Array).from(filter),
    },
    { index: 2, name: 'output', shape: [1, 1, 13, outputs], dtype, quantization: quantization(scale, low + 128) },
  ];
  return validateGraph({
    name: 'pointwise',
    tensors,
    operators: [
      {
        op: 'CONV_2D',
        index: 0,
        inputs: [0, 1],
        outputs: [2],
        activation: 'none',
        padding: 'same',
        strideH: 1,
        strideW: 1,
      },
    ],
    inputs: [0],
    outputs: [2],
  });
}

/** Around the K block (8), the K chunk and the longest sum that is safe for any weights (64), and well beyond. */
const DEPTHS = [1, 7, 8, 9, 56, 57, 63, 64, 65, 72, 127, 128, 129, 200, 511, 1024];

for (const engine of ['node', ...NATIVE, 'wasm3', 'js'] as const) {
  test(`sums hold at their extremes: ${engine}`, (t) => {
    const alternating = (a: number, b: number) => (i: number) => (i % 2 ? a : b);
    const int8: ((i: number) => number)[] = [
      () => -128,
      () => -127,
      () => 127,
      alternating(127, -128),
      alternating(-128, 127),
    ];
    const uint8: ((i: number) => number)[] = [() => 0, () => 255, alternating(0, 255)];
    for (const k of DEPTHS) {
      const layers = [
        ...int8.map((weight) => pointwise(k, weight, 'int8', 0)),
        ...uint8.flatMap((weight) => [0, 128, 255].map((zeroPoint) => pointwise(k, weight, 'uint8', zeroPoint))),
      ];
      for (const graph of layers) {
        for (const pattern of [1, 2, 3]) check(graph, inputBytes(graph, 1, pattern), 'double', [engine]);
      }
    }
    t.pass();
  });
}
