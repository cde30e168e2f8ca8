/** Operators that move values or say their shape alone: by themselves, and in chains, where steps are joined or left out. */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { validateGraph } from '../../src/analysis/validate.js';
import { compile } from '../../src/compile.js';
import { runReference } from '../../src/engines/reference.js';
import { openSession } from '../../src/engines/run.js';
import { writeTflite } from '../../src/export/tflite/write.js';
import { elements, type Graph } from '../../src/graph/graph.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { KIND_CONV, KIND_FULLY_CONNECTED, KIND_PERMUTE } from '../../src/program/layout.js';
import { difference } from '../difference.js';
import { GraphBuilder, type Random, seededRandom } from '../graph/builder.js';
import type { TinyTensor } from '../kernels/reference/tiny.js';
import { type Byte, bytesOf, chance, everywhere, fromLiteRt, single } from './single.js';

const INT8_AND_UINT8 = ['int8', 'uint8'] as const;

/** The numbers from 0 on, mixed. */
function mixed(random: Random, length: number): number[] {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** `rank` dimensions of `size` values in all. */
function factors(random: Random, size: number, rank: number): number[] {
  const dims = Array<number>(rank).fill(1);
  for (let rest = size, p = 2; rest > 1; p++) {
    for (; rest % p === 0; rest /= p) dims[Math.floor(random() * rank)] *= p;
  }
  return dims;
}

type Make = (random: Random, dtype: Byte) => Graph;

const SINGLE: Record<string, Make> = {
  TRANSPOSE(random, dtype) {
    const { integer, pick, map } = chance(random);
    const rest = Array.from({ length: integer(0, 4) }, () => pick(1, 2, 3, 5, 8));
    const shape = [1, ...rest];
    const axes = mixed(random, shape.length);
    const of = map(dtype);
    const order = { shape: [axes.length], dtype: 'int32' as const, data: axes };
    return single({ op: 'TRANSPOSE' }, [{ ...of, shape }, order], { ...of, shape: axes.map((axis) => shape[axis]) });
  },
  EXPAND_DIMS(random, dtype) {
    const { integer, map } = chance(random);
    const shape = [1, ...Array.from({ length: integer(0, 3) }, () => integer(1, 5))];
    const axis = integer(-shape.length - 1, shape.length);
    const of = map(dtype);
    const expanded = shape.toSpliced(axis < 0 ? axis + shape.length + 1 : axis, 0, 1);
    const where = { shape: [1], dtype: 'int32' as const, data: [axis] };
    return single({ op: 'EXPAND_DIMS' }, [{ ...of, shape }, where], { ...of, shape: expanded });
  },
  RESHAPE(random, dtype) {
    const { integer, pick, map } = chance(random);
    const size = pick(1, 6, 12, 60, 96, 210);
    const [from, to] = [factors(random, size, integer(1, 4)), factors(random, size, integer(1, 5))];
    const of = map(dtype);
    const stored = { shape: [to.length], dtype: 'int32' as const, data: to };
    return single({ op: 'RESHAPE' }, [{ ...of, shape: [1, ...from] }, stored], { ...of, shape: to });
  },
};

for (const [name, make] of Object.entries(SINGLE)) {
  for (const dtype of INT8_AND_UINT8) {
    test(`${name}, ${dtype}: every engine and LiteRT give the bytes of the reference kernels`, async (t) => {
      for (let seed = 1; seed <= 12; seed++) {
        const random = seededRandom(seed);
        const graph = make(random, dtype);
        const input = bytesOf(random, elements(graph.tensors[graph.inputs[0]].shape));
        everywhere(graph, input);
        for (const kernels of ['xnnpack', 'builtin'] as const) {
          const off = await fromLiteRt(graph, [input], kernels);
          if (off.most > 0) t.fail(`seed ${seed}: ${off.most} apart from LiteRT with ${kernels}`);
        }
      }
      t.pass();
    });
  }
}

/** A chain of changes of shape and order, with other operators between them. */
class Chain extends GraphBuilder {
  x = 0;

  get shape(): readonly number[] {
    return this.tensors[this.x].shape;
  }

  /** An operator that keeps scale and zero point. */
  moved(kind: { op: 'TRANSPOSE' | 'EXPAND_DIMS' }, ...values: number[]): this {
    const shape = kind.op === 'EXPAND_DIMS' ? this.shape.toSpliced(values[0], 0, 1) : undefined;
    const { quantization } = this.tensors[this.x];
    this.x = this.add(kind, [this.x, this.int32([values.length], values)], quantization, shape);
    return this;
  }

  transpose = (...axes: number[]): this => this.moved({ op: 'TRANSPOSE' }, ...axes);

  reshaped(...shape: number[]): this {
    this.x = this.reshape(this.x, shape, this.random() < 0.5);
    return this;
  }

  convolved(channels: number): this {
    this.x = this.conv(this.x, channels, { kernel: [1, 1] });
    return this;
  }

  connected(outputs: number): this {
    this.x = this.fullyConnected(this.x, outputs);
    return this;
  }

  /** The channels' first half and their second. */
  halves(): [first: number, second: number] {
    const { quantization } = this.tensors[this.x];
    const half = this.shape.with(-1, this.shape.at(-1)! / 2);
    const outputs = [this.activation(half, quantization), this.activation(half, quantization)] as [number, number];
    const inputs = [this.x, this.int32([1], [-1])];
    this.operators.push({ op: 'SPLIT', index: this.operators.length, inputs, outputs });
    return outputs;
  }

  anyStep(): this {
    const rank = this.shape.length;
    const size = elements(this.shape);
    const change = this.integer(0, 9);
    if (change < 4) return this.transpose(...mixed(this.random, rank));
    if (change < 7) return this.reshaped(...factors(this.random, size, this.integer(1, 5)));
    if (change === 7 && rank < 5) return this.moved({ op: 'EXPAND_DIMS' }, this.integer(0, rank));
    this.x = this.add({ op: this.pick('RELU', 'ABS') }, [this.x]);
    return this;
  }

  file(...more: number[]): Graph {
    return importTflite(writeTflite(validateGraph(this.graph([this.x, ...more]))));
  }
}

const begin = (shape: number[], seed = 1, dtype: Byte = 'int8'): Chain => {
  const chain = new Chain(seededRandom(seed), dtype);
  chain.x = chain.input(shape);
  return chain;
};

/** Every output, one operator a step too. */
function sameEverywhere(graph: Graph, input: Uint8Array): void {
  everywhere(graph, input);
  const expected = runReference(graph, [input]);
  for (const fuse of [true, false]) {
    const found = openSession(compile(graph, { fuse }).blob, 'node').run([input]);
    for (const [i, bytes] of expected.entries()) {
      const result = difference(found[i], bytes);
      if (result !== 'equal') throw new Error(`output ${i}, fuse ${fuse}: ${result}`);
    }
  }
}

for (const dtype of INT8_AND_UINT8) {
  test(`chains of TRANSPOSE and RESHAPE, ${dtype}: every engine gives the bytes of the reference kernels`, (t) => {
    const property = fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (seed) => {
      const random = seededRandom(seed);
      const { integer, pick } = chance(random);
      const shape = [1, integer(1, 6), integer(1, 6), pick(1, 2, 4, 6, 12, 24)];
      const chain = begin(shape, seed, dtype);
      if (random() < 0.5) chain.convolved(pick(2, 4, 6, 12));
      const seen: number[] = [];
      for (let length = integer(1, 6); length > 0; length--) {
        chain.anyStep();
        // What several operators read, or the model gives, has to stand somewhere.
        if (random() < 0.15) seen.push(chain.x);
      }
      if (random() < 0.5) chain.connected(integer(1, 5));
      const graph = chain.file(...seen.filter((index) => index !== chain.x));
      sameEverywhere(graph, bytesOf(random, elements(shape)));
    });
    t.notThrows(() => fc.assert(property, { numRuns: 40, seed: 71, includeErrorInReport: true }));
  });
}

const kinds = (graph: Graph): number[] => compile(graph).program.steps.map(({ kind }) => kind);

async function isExact(t: ExecutionContext, graph: Graph, most = 0): Promise<void> {
  const input = bytesOf(seededRandom(5), elements(graph.tensors[graph.inputs[0]].shape));
  sameEverywhere(graph, input);
  const off = await fromLiteRt(graph, [input]);
  t.true(off.most <= most, `${off.most} apart from LiteRT`);
}

test('channels in front of a FULLY_CONNECTED: its weights are moved, as torch exports need it', async (t) => {
  const graph = begin([1, 5, 4, 6]).transpose(0, 3, 1, 2).reshaped(1, 120).connected(7).file();
  t.deepEqual(kinds(graph), [KIND_CONV]);
  await isExact(t, graph, 1);
  const large = begin([1, 7, 7, 24]).convolved(32).transpose(0, 3, 1, 2).reshaped(1, 1568).connected(40).file();
  t.deepEqual(kinds(large), [KIND_CONV, KIND_FULLY_CONNECTED]);
  await isExact(t, large, 1);
});

test('axes of 1 alone move: no step', async (t) => {
  const graph = begin([1, 1, 1, 12]).transpose(0, 3, 1, 2).connected(3).file();
  t.deepEqual(kinds(graph), [KIND_CONV]);
  const end = begin([1, 4, 4, 3]).convolved(5).reshaped(1, 4, 1, 20).transpose(0, 2, 1, 3).file();
  t.deepEqual(kinds(end), [KIND_CONV]);
  await isExact(t, end, 1);
});

test('scores that end as [1,N,1,1], as torch exports have them, are classes', (t) => {
  const { program } = compile(begin([1, 4, 4, 3]).connected(5).reshaped(1, 1, 1, 5).transpose(0, 3, 1, 2).file());
  t.is(program.head, undefined);
  t.deepEqual(program.outputs[0].shape, [1, 5, 1, 1]);
});

test('there and back: no step', async (t) => {
  const graph = begin([1, 4, 5, 3]).convolved(4).transpose(0, 3, 1, 2).transpose(0, 2, 3, 1).convolved(2).file();
  t.deepEqual(kinds(graph), [KIND_CONV, KIND_CONV]);
  await isExact(t, graph, 1);
});

test('channel shuffle: one step, through which rows stream', async (t) => {
  const chain = begin([1, 12, 10, 8]).convolved(24);
  const graph = chain.reshaped(1, 12, 10, 3, 8).transpose(0, 1, 2, 4, 3).reshaped(1, 12, 10, 24).convolved(6).file();
  t.deepEqual(kinds(graph), [KIND_CONV, KIND_PERMUTE, KIND_CONV]);
  await isExact(t, graph, 1);
  const bytes = (memory: 'fast' | 'min') => compile(graph, { memory }).plan.arenaBytes;
  // Two rows of 10 pixels of 24 channels more than the input and the output, not two maps.
  t.true(bytes('min') < 12 * 10 * 8 + 2 * 10 * 24 + 10 * 8, `${bytes('min')} of ${bytes('fast')} B`);
});

test('a torch ShuffleNet keeps channels first inside: three changes of order are one step', async (t) => {
  const chain = begin([1, 6, 5, 4]).convolved(12).transpose(0, 3, 1, 2).reshaped(1, 2, 6, 6, 5);
  const graph = chain.transpose(0, 2, 1, 3, 4).reshaped(1, 12, 6, 5).transpose(0, 2, 3, 1).convolved(3).file();
  t.deepEqual(kinds(graph), [KIND_CONV, KIND_PERMUTE, KIND_CONV]);
  await isExact(t, graph, 1);
});

test('a unit of ShuffleNet V2: halves, one through layers, joined and shuffled', async (t) => {
  const chain = begin([1, 6, 5, 4]).convolved(12);
  const [kept, changed] = chain.halves();
  const layer = chain.depthwise(chain.conv(changed, 6, { kernel: [1, 1] }), 1);
  const { quantization } = chain.tensors[kept];
  chain.x = chain.add({ op: 'QUANTIZE' }, [layer], quantization);
  chain.x = chain.add({ op: 'CONCATENATION', axis: 3, activation: 'none' }, [kept, chain.x], quantization);
  chain.reshaped(1, 6, 5, 2, 6).transpose(0, 1, 2, 4, 3).reshaped(1, 6, 5, 12);
  const [, second] = chain.halves();
  chain.x = second;
  await isExact(t, chain.convolved(3).file(), 1);
});

test('a head of YOLO: maps of anchors in five dimensions', async (t) => {
  const chain = begin([1, 4, 4, 6]).convolved(21).reshaped(1, 4, 4, 3, 7).transpose(0, 3, 1, 2, 4);
  chain.x = chain.add({ op: 'LOGISTIC' }, [chain.x], { scale: [1 / 256], zeroPoint: [-128], axis: 0 });
  await isExact(t, chain.reshaped(1, 48, 7).file(), 1);
});

test('boxes of a detector: TRANSPOSE in front of RESHAPE and CONCATENATION', async (t) => {
  const chain = begin([1, 6, 6, 8]).convolved(8);
  const { x } = chain;
  const { quantization } = chain.tensors[x];
  const [large] = [chain.transpose(0, 3, 1, 2).reshaped(1, 8, 36).transpose(0, 2, 1).x];
  chain.x = x;
  const small = chain.transpose(0, 3, 2, 1).reshaped(1, 36, 8).x;
  chain.x = chain.add({ op: 'CONCATENATION', axis: 1, activation: 'none' }, [large, small], quantization);
  await isExact(t, chain.file(), 1);
});

test('a batch that is none: grouped rows [N,H,W,C] inside a model', async (t) => {
  const graph = begin([1, 6, 4, 8]).convolved(8).reshaped(2, 3, 4, 8);
  graph.x = graph.add({ op: 'RELU6' }, [graph.x]);
  await isExact(t, graph.transpose(1, 0, 2, 3).reshaped(1, 6, 4, 8).convolved(4).file(), 1);
});

test('TRANSPOSE, EXPAND_DIMS, PACK and UNPACK refuse what they cannot do', (t) => {
  const of = { dtype: 'int8' as const, scale: 0.5, zeroPoint: 3 };
  const list = (...data: number[]) => ({ shape: [data.length], dtype: 'int32' as const, data });
  const refused = (make: () => Graph, code: string, message: RegExp) => t.throws(make, { code, message });
  refused(
    () => single({ op: 'TRANSPOSE' }, [{ ...of, shape: [1, 2, 3] }, list(0, 1, 1)], { ...of, shape: [1, 2, 2] }),
    'MODEL_INVALID',
    /operator 0 \(TRANSPOSE\), tensor 1 "t1": axes \[0,1,1\] of \[1,2,3\]; expected: each of 3 axes once/,
  );
  refused(
    () => single({ op: 'TRANSPOSE' }, [{ ...of, shape: [1, 2, 3] }, list(0, 2, 1)], { ...of, shape: [1, 2, 3] }),
    'MODEL_INVALID',
    /output shape is \[1,2,3\], but \[1,3,2\] follows/,
  );
  refused(
    () =>
      single({ op: 'TRANSPOSE' }, [{ ...of, shape: [1, 2, 3] }, list(0, 2, 1)], { ...of, scale: 1, shape: [1, 3, 2] }),
    'MODEL_UNSUPPORTED',
    /scale 0.5, zero point 3 become 1, 3; supported: one scale/,
  );
  refused(
    () =>
      single({ op: 'TRANSPOSE' }, [{ ...of, shape: [1, 1, 1, 1, 1, 2] }, list(0, 1, 2, 3, 4, 5)], {
        ...of,
        shape: [1, 1, 1, 1, 1, 2],
      }),
    'MODEL_UNSUPPORTED',
    /shape \[1,1,1,1,1,2\]; supported: 1 to 5 dimensions/,
  );
  refused(
    () =>
      single({ op: 'TRANSPOSE' }, [{ ...of, shape: [2, 2, 3, 1] }, list(0, 1, 2, 3)], { ...of, shape: [2, 2, 3, 1] }),
    'MODEL_UNSUPPORTED',
    /batch 2 in shape \[2,2,3,1\]; supported: batch 1/,
  );
  refused(
    () => single({ op: 'PACK', axis: 3 }, [{ ...of, shape: [1, 2] }], { ...of, shape: [1, 2, 1] }),
    'MODEL_INVALID',
    /operator 0 \(PACK\): axis 3; expected: one of 3 dimensions/,
  );
  const one = { ...of, shape: [1, 2] };
  refused(
    () => single({ op: 'UNPACK', axis: 2 }, [one], { ...of, shape: [1] }),
    'MODEL_INVALID',
    /operator 0 \(UNPACK\): axis 2 of \[1,2\]; expected: one of its axes/,
  );
  refused(
    () => single({ op: 'UNPACK', axis: 1 }, [one], { ...of, shape: [1] }),
    'MODEL_INVALID',
    /2 places of axis 1; expected: 1, one for each output/,
  );
  refused(
    () => single({ op: 'UNPACK', axis: 1 }, [one], { ...of, shape: [1] }, { ...of, scale: 1, shape: [1] }),
    'MODEL_UNSUPPORTED',
    /scale 0.5, zero point 3 become 1, 3; supported: one scale/,
  );
  const pair = (scale: number, length: number): TinyTensor[] => [
    { ...of, shape: [1, 2] },
    { ...of, scale, shape: [1, length] },
  ];
  refused(
    () => single({ op: 'PACK', axis: 0 }, pair(0.25, 2), { ...of, shape: [2, 1, 2] }),
    'MODEL_UNSUPPORTED',
    /scale 0.25, zero point 3 become 0.5, 3; supported: one scale/,
  );
  refused(
    () => single({ op: 'PACK', axis: 0 }, pair(0.5, 3), { ...of, shape: [2, 1, 2] }),
    'MODEL_INVALID',
    /tensor 1 "t1": an input of shape \[1,3\]; expected: \[1,2\]/,
  );
  refused(
    () => single({ op: 'EXPAND_DIMS' }, [{ ...of, shape: [1, 2] }, list(3)], { ...of, shape: [1, 2, 1] }),
    'MODEL_INVALID',
    /axes \[3\]; expected: one axis of 3 dimensions/,
  );
  refused(
    () => single({ op: 'EXPAND_DIMS' }, [{ ...of, shape: [1, 2] }, list(1)], { ...of, shape: [1, 2, 1] }),
    'MODEL_INVALID',
    /\[1,2\] becomes \[1,2,1\]; expected: \[1,1,2\]/,
  );
});
