import test from 'ava';
import fc from 'fast-check';
import { resample } from '../../src/pictures/resample.js';
import { pattern } from '../input/pictures.js';
import { resampleInFloat } from './float.js';

interface Planes {
  width: number;
  height: number;
  planes: number;
  data: Uint8Array;
}

const grey = (width: number, height: number, data: readonly number[]): Planes => ({
  width,
  height,
  planes: 1,
  data: Uint8Array.from(data),
});
const stripes = (width: number, height: number, planes: 1 | 3 = 3): Planes => ({
  planes,
  ...pattern(width, height, planes),
});

function resized(picture: Planes, width: number, height: number): Uint8Array {
  const { data, planes } = picture;
  const row = (y: number) => data.subarray(y * picture.width * planes, (y + 1) * picture.width * planes);
  return resample(row, picture, { width, height }, planes);
}

test('equal sizes leave every value as it is', (t) => {
  for (const [width, height] of [
    [1, 1],
    [7, 5],
    [96, 96],
    [4099, 2],
  ]) {
    const picture = stripes(width, height);
    t.deepEqual(resized(picture, width, height), picture.data);
  }
});

test('shrinking by two: a triangle over four pixels, 1 3 3 1, cut off and renormalised at the ends', (t) => {
  const values = [0, 80, 160, 40, 200, 120];
  const square = grey(
    6,
    6,
    values.flatMap((value) => Array(6).fill(value)),
  );
  const column = [...resized(square, 3, 3)].filter((_, i) => i % 3 === 0);
  t.deepEqual(column, [
    Math.round((3 * 0 + 3 * 80 + 160) / 7),
    Math.round((80 + 3 * 160 + 3 * 40 + 200) / 8),
    Math.round((40 + 3 * 200 + 3 * 120) / 7),
  ]);
});

test('enlarging by two: bilinear with half-pixel centres, the ends repeated', (t) => {
  t.deepEqual([...resized(grey(2, 2, [0, 100, 0, 100]), 4, 4)].slice(0, 4), [0, 25, 75, 100]);
});

const size = fc.integer({ min: 1, max: 40 });

test('a picture of one colour stays so, at any size', (t) => {
  fc.assert(
    fc.property(size, size, size, size, fc.nat(255), (width, height, toWidth, toHeight, value) => {
      const data = resized(grey(width, height, Array(width * height).fill(value)), toWidth, toHeight);
      t.is(data.length, toWidth * toHeight);
      t.true(data.every((pixel) => pixel === value));
    }),
    { numRuns: 100 },
  );
});

test('channels do not mix', (t) => {
  const picture = stripes(20, 20);
  const whole = resized(picture, 7, 7);
  for (const c of [0, 1, 2]) {
    const channel = grey(
      20,
      20,
      [...picture.data].filter((_, i) => i % 3 === c),
    );
    t.deepEqual(
      [...resized(channel, 7, 7)],
      [...whole].filter((_, i) => i % 3 === c),
    );
  }
});

/** How far two pictures are apart, at the most. */
function distance(a: Uint8Array, b: Uint8Array): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
}

test('within 1 of the filter in floating point: noise, edges, one colour', (t) => {
  const side = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 60 }) }, fc.integer({ min: 60, max: 300 }));
  const picture = fc.tuple(side, side, fc.constantFrom(1, 3)).chain(([width, height, planes]) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      planes: fc.constant(planes),
      data: fc.oneof(
        fc.uint8Array({ minLength: width * height * planes, maxLength: width * height * planes }),
        fc
          .nat(99)
          .map((seed) =>
            Uint8Array.from({ length: width * height * planes }, (_, i) => ((i * i * seed) & 64 ? 255 : 0)),
          ),
      ),
    }),
  );
  fc.assert(
    fc.property(picture, side, side, (from, width, height) => {
      fc.pre(from.width <= 256 * width && from.height <= 256 * height);
      const expected = resampleInFloat(from.data, from, { width, height }, from.planes);
      t.true(distance(resized(from, width, height), expected) <= 1, `${from.width}x${from.height}, ${width}x${height}`);
    }),
    { numRuns: 500 },
  );
});

test('within 1 of it where weights lose bits, and at the strongest shrinking', (t) => {
  const random = (i: number) => (Math.imul(i, 0x9e3779b1) >>> 24) & 255;
  for (const [width, height, toWidth, toHeight] of [
    [4097, 3, 96, 2],
    [65535, 1, 256, 1],
    [1, 5000, 1, 21],
    [256, 256, 1, 1],
    [3, 2, 9000, 1],
    [2, 3, 2, 4097],
    [8000, 2, 7999, 3],
  ]) {
    for (const data of [
      Uint8Array.from({ length: width * height }, (_, i) => random(i)),
      Uint8Array.from({ length: width * height }, (_, i) => (i % 2) * 255),
      new Uint8Array(width * height).fill(255),
    ]) {
      const expected = resampleInFloat(data, { width, height }, { width: toWidth, height: toHeight }, 1);
      const found = resized({ width, height, planes: 1, data }, toWidth, toHeight);
      t.true(distance(found, expected) <= 1, `${width}x${height}, ${toWidth}x${toHeight}`);
    }
  }
});
