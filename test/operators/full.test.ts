/** Operators that need kernels of the full builds: random ones, in every engine and every plan, and beside LiteRT. */
import test from 'ava';
import { validateGraph } from '../../src/analysis/validate.js';
import { type CompileOptions, compile } from '../../src/compile.js';
import { runReference } from '../../src/engines/reference.js';
import { openSession } from '../../src/engines/run.js';
import { writeTflite } from '../../src/export/tflite/write.js';
import type { OperatorKind } from '../../src/graph/graph.js';
import { importTflite } from '../../src/import/tflite/import.js';
import type { Rounding } from '../../src/kernels/reference/fixedpoint.js';
import { difference } from '../difference.js';
import type { Kernels } from '../export/tflite/litert.js';
import { seededRandom } from '../graph/builder.js';
import { type TinyTensor, tinyGraph } from '../kernels/reference/tiny.js';
import { fromLiteRt } from './single.js';

type Byte = 'int8' | 'uint8';

const PLANS: CompileOptions[] = [{}, { memory: 'min' }, { memory: 'min', frame: 'rows' }];
const EACH = 24;

interface Case {
  kind: OperatorKind;
  inputs: TinyTensor[];
  output: TinyTensor;
}

class Choices {
  private readonly random;

  constructor(
    seed: number,
    readonly dtype: Byte,
  ) {
    this.random = seededRandom(seed * 7919 + 13);
  }

  integer = (low: number, high: number): number => low + Math.floor(this.random() * (high - low + 1));
  pick = <T>(...from: readonly T[]): T => from[this.integer(0, from.length - 1)];
  byte = (): number => this.integer(0, 255) - (this.dtype === 'int8' ? 128 : 0);
  map = () => ({ dtype: this.dtype, scale: Math.fround(2 ** (this.integer(-32, -8) / 4)), zeroPoint: this.byte() });
  shape = (): number[] => [1, this.integer(1, 6), this.integer(1, 6), this.pick(1, 2, 3, 8, 12)];

  /** An input, and an output of another shape with its map. */
  moved(from: number[], to: number[], kind: OperatorKind, ...constants: number[][]): Case {
    const map = this.map();
    const int32 = (data: number[]): TinyTensor => ({
      shape: kind.op === 'PAD' ? [4, 2] : [data.length],
      dtype: 'int32',
      data,
    });
    return { kind, inputs: [{ ...map, shape: from }, ...constants.map(int32)], output: { ...map, shape: to } };
  }

  /** Inputs that differ along one axis at most, of `rank` dimensions. */
  beside(axis: number, rank: number, isLong: boolean): TinyTensor[] {
    const shape = [1, ...Array.from({ length: rank - 1 }, () => this.pick(1, 2, 3, 5))];
    const map = this.map();
    const long = () => shape.map((length, i) => (isLong && i === axis ? this.integer(1, 4) : length));
    return Array.from({ length: this.integer(1, 4) }, () => ({ ...map, shape: axis === 0 ? shape : long() }));
  }

  /** Two operands of which the second has any axes of one value, and may be a constant; or the first. */
  two(kind: OperatorKind, { alike = false, inOrder = false } = {}): Case {
    const shape = this.shape();
    const map = this.map();
    const other = alike ? map : this.map();
    const data = (length: number) => Array.from({ length }, this.byte);
    const part = this.pick(
      shape,
      shape.map((axis) => this.pick(axis, 1)),
      shape.slice(3),
      [1],
    );
    const size = part.reduce((product, axis) => product * axis, 1);
    const second = { ...other, shape: part, ...((part.length < 4 || this.integer(0, 1)) && { data: data(size) }) };
    const near = alike
      ? map
      : { ...this.map(), scale: Math.fround(Math.max(map.scale, other.scale) * 2 ** (this.integer(-4, 4) / 4)) };
    const product = Math.fround(map.scale * other.scale * 2 ** this.integer(2, 6));
    const output = { ...(kind.op === 'MUL' ? { ...near, scale: product } : near), shape };
    const inputs = [{ ...map, shape }, second];
    return { kind, inputs: inOrder || this.integer(0, 2) ? inputs : inputs.reverse(), output };
  }
}

const CASES: Record<string, (c: Choices) => Case> = {
  ADD: (c) => c.two({ op: 'ADD', activation: c.pick('none', 'relu') }),
  SUB: (c) => c.two({ op: 'SUB', activation: c.pick('none', 'relu') }),
  MUL: (c) => c.two({ op: 'MUL', activation: c.pick('none', 'relu6') }),
  MAXIMUM: (c) => c.two({ op: 'MAXIMUM' }, { alike: true }),
  MINIMUM: (c) => c.two({ op: 'MINIMUM' }, { alike: true }),
  PRELU: (c) => c.two({ op: 'PRELU' }, { inOrder: true }),
  PAD: (c) => {
    const from = c.shape();
    const pads = [0, 0, ...Array.from({ length: 6 }, () => c.pick(0, 0, 1, 2, 4))];
    return c.moved(
      from,
      from.map((axis, i) => axis + pads[2 * i] + pads[2 * i + 1]),
      { op: 'PAD' },
      pads,
    );
  },
  RESIZE_NEAREST_NEIGHBOR: (c) => {
    const [, height, width, channels] = c.shape();
    const size = [height, width].map((axis) => c.pick(axis, 2 * axis, c.integer(1, 13)));
    const alignCorners = c.pick(false, false, true);
    const options = { alignCorners, halfPixelCenters: !alignCorners && c.pick(true, false) };
    const to = [1, ...size, channels];
    return c.moved([1, height, width, channels], to, { op: 'RESIZE_NEAREST_NEIGHBOR', ...options }, size);
  },
  SPACE_TO_DEPTH: (c) => {
    const [size, [, height, width, channels]] = [c.pick(1, 2, 3), c.shape()];
    const from = [1, height * size, width * size, channels];
    return c.moved(from, [1, height, width, channels * size * size], { op: 'SPACE_TO_DEPTH', blockSize: size });
  },
  CONCATENATION: (c) => {
    const rank = c.integer(1, 5);
    const axis = c.integer(0, rank - 1);
    const inputs = c.beside(axis, rank, true);
    const [first] = inputs;
    const length = inputs.reduce((sum, { shape }) => sum + shape[axis], 0);
    const output = { ...first, shape: first.shape.with(axis, length) };
    return { kind: { op: 'CONCATENATION', axis: c.pick(axis, axis - rank), activation: 'none' }, inputs, output };
  },
  PACK: (c) => {
    const rank = c.integer(1, 4);
    const inputs = c.beside(-1, rank, false);
    const axis = c.integer(0, rank);
    const output = { ...inputs[0], shape: inputs[0].shape.toSpliced(axis, 0, inputs.length) };
    return { kind: { op: 'PACK', axis: c.pick(axis, axis - rank - 1) }, inputs, output };
  },
  DEPTH_TO_SPACE: (c) => {
    const [size, [, height, width, channels]] = [c.pick(1, 2, 3), c.shape()];
    const from = [1, height, width, channels * size * size];
    return c.moved(from, [1, height * size, width * size, channels], { op: 'DEPTH_TO_SPACE', blockSize: size });
  },
};

/**
 * LiteRT with XNNPACK, which scales sums and products in float32, and TFLite's own kernels, which multiply the scales of MUL in
 * float32 where TFLite Micro does not. Others give the same bytes.
 */
const WITHIN: Record<Kernels, { rounding: Rounding; most: Record<string, number> }> = {
  xnnpack: { rounding: 'single', most: { ADD: 1, SUB: 1, MUL: 1, PRELU: 1 } },
  builtin: { rounding: 'double', most: { MUL: 1 } },
};

test('an activation that leaves one value of what the layer before it gives', (t) => {
  const map = { scale: [0.125], zeroPoint: [40], axis: 0 };
  const tensor = (index: number, data?: number[]) => ({
    index,
    name: `t${index}`,
    shape: [1, 1, 1, 1],
    dtype: 'uint8' as const,
    quantization: map,
    data: data && Uint8Array.from(data),
  });
  const graph = validateGraph({
    name: 'disjoint',
    tensors: [tensor(0), tensor(1, [90]), tensor(2), tensor(3, [7]), tensor(4)],
    operators: [
      { op: 'ADD', activation: 'relu', index: 0, inputs: [0, 1], outputs: [2] },
      { op: 'MINIMUM', index: 1, inputs: [2, 3], outputs: [4] },
    ],
    inputs: [0],
    outputs: [4],
  });
  for (const byte of [0, 60, 255]) {
    const [expected] = runReference(graph, [Uint8Array.of(byte)]);
    t.deepEqual([...expected], [7]);
    t.deepEqual([...openSession(compile(graph).blob, 'node').run([Uint8Array.of(byte)])[0]], [7]);
  }
});

for (const op of ['MAXIMUM', 'MINIMUM', 'ADD'] as const) {
  test(`an activation behind ${op} of a constant is applied`, (t) => {
    const map = { scale: [0.125], zeroPoint: [0], axis: 0 };
    const tensor = (index: number, data?: number[]) => ({
      index,
      name: `t${index}`,
      shape: [1, 1, 1, 2],
      dtype: 'uint8' as const,
      quantization: map,
      data: data && Uint8Array.from(data),
    });
    const kind = op === 'ADD' ? { op, activation: 'none' as const } : { op };
    const graph = validateGraph({
      name: op,
      tensors: [tensor(0), tensor(1, [142, 9]), tensor(2), tensor(3)],
      operators: [
        { ...kind, index: 0, inputs: [0, 1], outputs: [2] },
        { op: 'RELU6', index: 1, inputs: [2], outputs: [3] },
      ],
      inputs: [0],
      outputs: [3],
    });
    for (const input of [Uint8Array.of(0, 255), Uint8Array.of(255, 3)]) {
      const [expected] = runReference(graph, [input]);
      for (const engine of ['node', 'js', 'wasm3'] as const) {
        t.deepEqual([...openSession(compile(graph).blob, engine).run([input])[0]], [...expected], engine);
      }
    }
  });
}

for (const [name, make] of Object.entries(CASES)) {
  test(`${name}: every engine gives the bytes of the reference, through a file and under every plan`, async (t) => {
    let compared = 0;
    for (let seed = 1; seed <= EACH; seed++) {
      const c = new Choices(seed, seed % 3 ? 'int8' : 'uint8');
      const { kind, inputs, output } = make(c);
      const graph = importTflite(writeTflite(tinyGraph(kind, inputs, output)), name);
      const bytes = graph.inputs.map((index) =>
        Uint8Array.from({ length: graph.tensors[index].shape.reduce((a, b) => a * b, 1) }, () => c.byte() & 255),
      );
      const what = `seed ${seed}: ${JSON.stringify({ kind, inputs, output })}`;
      for (const rounding of ['double', 'single'] as const) {
        const [expected] = runReference(graph, bytes, { rounding });
        for (const [i, plan] of PLANS.entries()) {
          const { blob } = compile(graph, { ...plan, rounding });
          for (const engine of seed % 4 === i ? (['node', 'js', 'wasm3'] as const) : (['node', 'js'] as const)) {
            const [found] = openSession(blob, engine).run(bytes);
            const result = difference(found, expected);
            if (result !== 'equal') t.fail(`${engine}, ${JSON.stringify(plan)}, ${rounding}, ${what}: ${result}`);
          }
        }
      }
      // LiteRT wants an input.
      if (inputs.every(({ data, dtype }) => data && dtype !== 'int32')) continue;
      compared++;
      for (const kernels of ['xnnpack', 'builtin'] as const) {
        const { rounding, most } = WITHIN[kernels];
        const off = await fromLiteRt(graph, bytes, kernels, rounding);
        t.true(off.most <= (most[name] ?? 0), `${kernels} differs by ${off.most}, ${what}`);
      }
    }
    t.true(compared >= EACH / 3, `${compared} compared with LiteRT`);
  });
}
