/** Slices, splits and paddings as they stand in networks: exact in every engine, and their rows stream by. */
import test from 'ava';
import { compile } from '../../src/compile.js';
import { writeTflite } from '../../src/export/tflite/write.js';
import { readBlob } from '../../src/format/read.js';
import { elements, type Graph } from '../../src/graph/graph.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { seededRandom } from '../graph/builder.js';
import { GraphMaker } from '../graphs.js';
import { type TinyTensor, tinyGraph } from '../kernels/reference/tiny.js';
import { bytesOf, everywhere } from './single.js';

const WINDOW = { padding: 'same' as const, strideH: 1, strideW: 1, kernelH: 3, kernelW: 3 };
const POINT = { ...WINDOW, kernelH: 1, kernelW: 1 };
const VALID = { ...WINDOW, padding: 'valid' as const };
const MASKS = { beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 };

class Network extends GraphMaker {
  constructor() {
    const random = seededRandom(5);
    super({ integer: (low, high) => low + Math.floor(random() * (high - low + 1)) }, 7);
  }

  map(shape: number[]): number {
    const index = this.tensor(shape, 'int8', { scale: [0.05], zeroPoint: [-11], axis: 0 });
    this.inputs.push(index);
    return index;
  }

  /** x[:, top::2, left::2] */
  everySecond(x: number, top: number, left: number): number {
    const lists = [
      [0, top, left, 0],
      [0, 0, 0, 0],
      [1, 2, 2, 1],
    ].map((list) => this.int32([4], list));
    return this.append({ op: 'STRIDED_SLICE', ...MASKS, beginMask: 9, endMask: 15 }, [x, ...lists]);
  }

  halves(x: number): number[] {
    const shape = this.shape(x).map((length, axis) => (axis === 3 ? length / 2 : length));
    const outputs = [0, 1].map(() => this.tensor(shape, 'int8', this.quantization(x)));
    const inputs = [x, this.int32([], [3])];
    this.operators.push({ op: 'SPLIT', index: this.operators.length, inputs, outputs });
    return outputs;
  }

  join(...parts: number[]): number {
    return this.append({ op: 'CONCATENATION', axis: 3, activation: 'none' }, parts);
  }

  paddings(x: number, around: number): number {
    return this.int32([this.shape(x).length, 2], [0, 0, around, around, around, around, 0, 0]);
  }
}

const NETWORKS: Record<string, (n: Network) => number> = {
  'YOLO: four pixels become channels (Focus)': (n) => {
    const x = n.map([1, 32, 32, 3]);
    const parts = [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ].map(([top, left]) => n.everySecond(x, top, left));
    return n.conv(n.join(...parts), 8, WINDOW);
  },
  'ShuffleNetV2: half of the channels pass by': (n) => {
    const [kept, other] = n.halves(n.conv(n.map([1, 24, 24, 3]), 16, WINDOW));
    const branch = n.append({ op: 'RELU' }, [n.conv(n.depthwise(other, 1, WINDOW), 8, POINT)], n.quantization(kept));
    return n.conv(n.join(kept, branch), 4, POINT);
  },
  'the lowest value around a map that is pooled': (n) => {
    const x = n.conv(n.map([1, 32, 32, 3]), 8, WINDOW);
    const value = n.tensor([], 'int8', n.quantization(x), Int8Array.of(-128));
    const padded = n.append({ op: 'PADV2' }, [x, value, n.paddings(x, 1)]);
    const pool = { filterH: 3, filterW: 3, strideH: 2, strideW: 2, padding: 'valid', activation: 'none' } as const;
    return n.conv(n.append({ op: 'MAX_POOL_2D', ...pool }, [padded]), 4, POINT);
  },
  'mirrors around what is convolved': (n) => {
    const x = n.conv(n.map([1, 32, 32, 3]), 8, POINT);
    const padded = n.append({ op: 'MIRROR_PAD', mode: 'reflect' }, [x, n.paddings(x, 1)]);
    return n.conv(padded, 4, VALID);
  },
  'YOLO: a part of the channels at a time': (n) => {
    const x = n.conv(n.map([1, 16, 16, 8]), 12, POINT);
    const lists = [
      [0, 0, 0, 2],
      [0, 0, 0, 4],
      [1, 1, 1, 1],
    ].map((list) => n.int32([4], list));
    const sizes = n.append({ op: 'STRIDED_SLICE', ...MASKS, beginMask: 7, endMask: 7 }, [x, ...lists]);
    return n.conv(sizes, 8, WINDOW);
  },
};

for (const [name, make] of Object.entries(NETWORKS)) {
  test(name, (t) => {
    const network = new Network();
    const output = make(network);
    const graph: Graph = importTflite(writeTflite(network.graph([output])));
    const bytes = bytesOf(seededRandom(3), elements(graph.tensors[graph.inputs[0]].shape));
    t.notThrows(() => everywhere(graph, bytes));
    const [whole, streamed] = [{}, { memory: 'min', frame: 'rows' } as const].map(
      (options) => readBlob(compile(graph, options).blob).arenaBytes,
    );
    t.log(`arena ${whole} B as whole tensors, ${streamed} B in streams of rows`);
    t.true(2 * streamed < whole);
  });
}

/** An operator of which one input, or output, is not as it should be. */
const REFUSED: [what: string, graph: () => Graph, message: RegExp][] = [
  [
    'a slice beyond the end',
    () => slice([0, 1, 0, 0], [1, 4, 4, 2]),
    /SLICE.*\[1,4,4,2\] from \[0,1,0,0\] on of \[1,4,4,2\]/,
  ],
  ['a slice of three of four axes', () => slice([0, 1, 0], [1, 3, 4]), /3 values; expected: one for each axis/],
  ['a stride of 0', () => strided([0, 1], [1, 2], [1, 0]), /steps of \[1,0\]/],
  ['nothing of an axis', () => strided([0, 2], [1, 2], [1, 1]), /one that takes something of each axis/],
  [
    'a split into unequal pieces',
    () => split('SPLIT', []),
    /4 places of an axis in 3 outputs; expected: pieces of one length/,
  ],
  [
    'lengths that are too long',
    () => split('SPLIT_V', [1, 2, 2]),
    /lengths 1, 2, 2 of 3 outputs; expected: one of each, 4/,
  ],
  ['more to mirror than there is', () => mirror(4), /paddings .* no more than there is to mirror \(reflect\)/],
];

const ACTIVATION: TinyTensor = { shape: [1, 4, 4, 2], dtype: 'int8', scale: 0.5, zeroPoint: 3 };
const int32 = (data: number[], shape = [data.length]): TinyTensor => ({ shape, dtype: 'int32', data });

const slice = (begin: number[], size: number[]) =>
  tinyGraph({ op: 'SLICE' }, [ACTIVATION, int32(begin), int32(size)], ACTIVATION);
const strided = (...lists: number[][]) =>
  tinyGraph({ op: 'STRIDED_SLICE', ...MASKS }, [ACTIVATION, ...lists.map((list) => int32(list))], ACTIVATION);
const split = (op: 'SPLIT' | 'SPLIT_V', lengths: number[]) =>
  tinyGraph(
    { op },
    [ACTIVATION, ...(op === 'SPLIT_V' ? [int32(lengths)] : []), int32([1])],
    ...[1, 2, 3].map(() => ACTIVATION),
  );
const mirror = (above: number) =>
  tinyGraph({ op: 'MIRROR_PAD', mode: 'reflect' }, [ACTIVATION, int32([0, 0, above, 0, 0, 0, 0, 0], [4, 2])], {
    ...ACTIVATION,
    shape: [1, 4 + above, 4, 2],
  });

for (const [what, graph, message] of REFUSED) {
  test(`${what} is refused`, (t) => {
    t.throws(() => writeTflite(graph()), { message });
  });
}

test('a padding that is not of the scale of its map is refused', (t) => {
  const value: TinyTensor = { shape: [1], dtype: 'int8', scale: 0.25, zeroPoint: 3, data: [0] };
  const graph = tinyGraph({ op: 'PADV2' }, [ACTIVATION, value, int32([0, 0, 0, 0, 0, 0, 0, 0], [4, 2])], ACTIVATION);
  t.throws(() => writeTflite(graph), { message: /scale 0.25, zero point 3 become 0.5, 3/ });
});
