/** Slices, splits and paddings along any axis: random ones, in every engine and every plan, and beside LiteRT. */
import test from 'ava';
import type { OperatorKind } from '../../src/graph/graph.js';
import { elements } from '../../src/graph/graph.js';
import { type Random, seededRandom } from '../graph/builder.js';
import type { TinyTensor } from '../kernels/reference/tiny.js';
import { type Byte, bytesOf, chance, everywhere, fromLiteRt, single } from './single.js';

const EACH = 24;

interface Case {
  kind: OperatorKind;
  inputs: TinyTensor[];
  outputs: TinyTensor[];
}

type Chance = ReturnType<typeof chance> & { dtype: Byte; random: Random };

const int32 = (data: number[], shape = [data.length]): TinyTensor => ({ shape, dtype: 'int32', data });

/** Shapes of one to five axes that a model's input may have. */
const shapeOf = (c: Chance): number[] => {
  const [height, width, channels] = [c.integer(1, 7), c.integer(1, 6), c.pick(1, 2, 3, 4, 8, 12)];
  const map = [1, height, width, channels];
  return c.pick(map, map, [height, width, channels], [1, c.integer(1, 3), ...map.slice(1)], [1, channels], [channels]);
};

const paddingsOf = (c: Chance, shape: number[], most: (axis: number) => number): number[] =>
  shape.flatMap((_, axis) => {
    const isBatch = axis === 0 && shape.length % 2 === 0;
    return [0, 1].map(() => (isBatch ? 0 : c.pick(0, c.integer(0, Math.min(3, most(axis))))));
  });

const paddedShape = (shape: number[], paddings: number[]) =>
  shape.map((length, axis) => length + paddings[2 * axis] + paddings[2 * axis + 1]);

function splitCase(c: Chance, kind: OperatorKind, lengthsOf: (axis: number) => number[]): Case {
  const shape = shapeOf(c);
  const axis = c.integer([1, 3].includes(shape.length) ? 0 : 1, shape.length - 1);
  const lengths = lengthsOf(shape[axis]);
  const whole = shape.map((length, i) => (i === axis ? lengths.reduce((a, b) => a + b) : length));
  const stated = int32([c.pick(axis, axis - shape.length)], c.pick([], [1]));
  const open = c.integer(0, lengths.length);
  const sizes = int32(lengths.map((length, i) => (i === open ? -1 : length)));
  const map = c.map(c.dtype);
  return {
    kind,
    inputs: [{ ...map, shape: whole }, ...(kind.op === 'SPLIT' ? [stated] : [sizes, stated])],
    outputs: lengths.map((length) => ({ ...map, shape: whole.map((each, i) => (i === axis ? length : each)) })),
  };
}

/** One axis of a STRIDED_SLICE: what the lists say of it, and how many places that are. */
function range(c: Chance, length: number) {
  const first = c.integer(0, length - 1);
  const last = c.integer(0, length - 1);
  const stride = (first <= last ? 1 : -1) * c.integer(1, 3);
  const count = Math.floor(Math.abs(last - first) / Math.abs(stride)) + 1;
  // Just behind the last place, in the direction of the stride; before the first one is out of reach of negative numbers.
  const end = stride > 0 ? last + 1 : last - 1 < 0 ? -length - 1 : last - 1;
  return { begin: c.pick(first, first - length), end, stride, count };
}

function stridedSlice(c: Chance): Case {
  const shape = shapeOf(c);
  const lists: number[][] = [[], [], []];
  const masks = { beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 };
  const output: number[] = [];
  const say = (begin: number, end: number, stride: number) => {
    [begin, end, stride].forEach((value, i) => {
      lists[i].push(value);
    });
    return 1 << (lists[0].length - 1);
  };
  const any = () => c.integer(-9, 9);
  const ellipsis = c.pick(-1, c.integer(0, shape.length - 1));
  let axis = 0;
  while (axis < shape.length) {
    const length = shape[axis];
    const isBatch = axis === 0 && shape.length % 2 === 0;
    if (axis === ellipsis) {
      masks.ellipsisMask |= say(any(), any(), 1);
      const axes = c.integer(1, shape.length - axis);
      output.push(...shape.slice(axis, axis + axes));
      axis += axes;
      continue;
    }
    // Axes that no entry is about come out whole.
    if (ellipsis < 0 && axis > 0 && c.integer(0, 4) === 0) {
      output.push(...shape.slice(axis));
      break;
    }
    if (axis === 0 && shape.length === 3 && c.integer(0, 2) === 0) {
      masks.newAxisMask |= say(any(), any(), 1);
      output.push(1);
    }
    if (!isBatch && shape.length > 3 && axis > 2 && c.integer(0, 3) === 0) {
      const at = c.integer(0, length - 1);
      masks.shrinkAxisMask |= say(c.pick(at, at - length), any(), 1);
    } else if (c.integer(0, 2) === 0) {
      const bits = say(any(), any(), c.pick(1, 1, -1));
      masks.beginMask |= bits;
      masks.endMask |= bits;
      output.push(length);
    } else {
      const { begin, end, stride, count } = range(c, length);
      say(begin, end, stride);
      output.push(count);
    }
    axis++;
  }
  const map = c.map(c.dtype);
  const inputs = [{ ...map, shape }, ...lists.map((list) => int32(list))];
  return { kind: { op: 'STRIDED_SLICE', ...masks }, inputs, outputs: [{ ...map, shape: output }] };
}

const CASES: Record<string, (c: Chance) => Case> = {
  SLICE: (c) => {
    const shape = shapeOf(c);
    const begin = shape.map((length) => c.pick(0, c.integer(0, length - 1)));
    const counts = shape.map((length, axis) => c.integer(1, length - begin[axis]));
    const open = shape.map(() => c.integer(0, 2) === 0);
    const output = shape.map((length, axis) => (open[axis] ? length - begin[axis] : counts[axis]));
    const size = counts.map((count, axis) => (open[axis] ? -1 : count));
    const map = c.map(c.dtype);
    const inputs = [{ ...map, shape }, int32(begin), int32(size)];
    return { kind: { op: 'SLICE' }, inputs, outputs: [{ ...map, shape: output }] };
  },
  STRIDED_SLICE: stridedSlice,
  SPLIT: (c) => {
    const count = c.integer(1, 4);
    return splitCase(c, { op: 'SPLIT' }, (length) => Array<number>(count).fill(length));
  },
  SPLIT_V: (c) =>
    splitCase(c, { op: 'SPLIT_V' }, (length) => Array.from({ length: c.integer(1, 4) }, () => c.integer(1, length))),
  PAD: (c) => {
    const shape = shapeOf(c);
    const paddings = paddingsOf(c, shape, () => 3);
    const map = c.map(c.dtype);
    const output = { ...map, shape: paddedShape(shape, paddings) };
    return { kind: { op: 'PAD' }, inputs: [{ ...map, shape }, int32(paddings, [shape.length, 2])], outputs: [output] };
  },
  PADV2: (c) => {
    const shape = shapeOf(c);
    const paddings = paddingsOf(c, shape, () => 3);
    const map = c.map(c.dtype);
    const low = c.dtype === 'int8' ? -128 : 0;
    const data = [c.pick(low, map.zeroPoint, low + c.integer(0, 255))];
    const value = { ...map, shape: c.pick([], [1]), data };
    const output = { ...map, shape: paddedShape(shape, paddings) };
    const inputs = [{ ...map, shape }, value, int32(paddings, [shape.length, 2])];
    return { kind: { op: 'PADV2' }, inputs, outputs: [output] };
  },
  UNPACK: (c) => {
    const rank = c.integer(2, 5);
    const shape = [1, ...Array.from({ length: rank - 1 }, () => c.pick(1, 2, 3, 5))];
    const axis = c.integer(0, rank - 1);
    const map = c.map(c.dtype);
    const outputs = Array.from({ length: shape[axis] }, () => ({ ...map, shape: shape.toSpliced(axis, 1) }));
    return { kind: { op: 'UNPACK', axis: c.pick(axis, axis - rank) }, inputs: [{ ...map, shape }], outputs };
  },
  MIRROR_PAD: (c) => {
    const shape = shapeOf(c);
    const mode = c.pick('reflect', 'symmetric');
    const paddings = paddingsOf(c, shape, (axis) => shape[axis] - (mode === 'reflect' ? 1 : 0));
    const map = c.map(c.dtype);
    const output = { ...map, shape: paddedShape(shape, paddings) };
    const inputs = [{ ...map, shape }, int32(paddings, [shape.length, 2])];
    return { kind: { op: 'MIRROR_PAD', mode }, inputs, outputs: [output] };
  },
};

for (const [name, make] of Object.entries(CASES)) {
  test(`${name}: every engine gives the bytes of the reference, and LiteRT does`, async (t) => {
    for (let seed = 1; seed <= EACH; seed++) {
      const random = seededRandom(seed * 7919 + 13);
      const c: Chance = { ...chance(random), random, dtype: seed % 3 ? 'int8' : 'uint8' };
      const { kind, inputs, outputs } = make(c);
      const what = `seed ${seed}: ${JSON.stringify({ kind, inputs, outputs })}`;
      const graph = single(kind, inputs, ...outputs);
      const bytes = bytesOf(random, elements(inputs[0].shape));
      t.notThrows(() => everywhere(graph, bytes), what);
      const kernels = seed % 2 ? 'xnnpack' : 'builtin';
      t.is((await fromLiteRt(graph, [bytes], kernels)).most, 0, `LiteRT, ${kernels}, ${what}`);
    }
  });
}
