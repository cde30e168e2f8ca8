import test from 'ava';
import fc from 'fast-check';
import type { Picture } from '../../src/input/raster.js';
import { centralCrop, fitPicture } from '../../src/input/resample.js';
import { pattern } from './pictures.js';

const grey = (width: number, height: number, data: readonly number[]): Picture => ({
  width,
  height,
  channels: 1,
  data: Uint8Array.from(data),
});

test('equal sizes leave every pixel as it is', (t) => {
  for (const [width, height] of [
    [1, 1],
    [7, 5],
    [96, 96],
  ]) {
    t.deepEqual(fitPicture(pattern(width, height), width, height), pattern(width, height));
  }
});

test('the central crop keeps the aspect ratio of the model', (t) => {
  t.deepEqual(centralCrop({ width: 512, height: 341 }, 96, 96), { left: 85, top: 0, width: 341, height: 341 });
  t.deepEqual(centralCrop({ width: 512, height: 600 }, 96, 96), { left: 0, top: 44, width: 512, height: 512 });
  t.deepEqual(centralCrop({ width: 100, height: 100 }, 96, 48), { left: 0, top: 25, width: 100, height: 50 });
  t.deepEqual(centralCrop({ width: 3, height: 1000 }, 4096, 1), { left: 0, top: 499, width: 3, height: 1 });
});

test('a crop of the right size is cut out without resampling', (t) => {
  const picture = pattern(6, 4, 1);
  const cut = [0, 1, 2, 3].flatMap((y) => [...picture.data.subarray(6 * y + 1, 6 * y + 5)]);
  t.deepEqual([...fitPicture(picture, 4, 4).data], cut);
});

test('shrinking by two: a triangle over four pixels, 1 3 3 1, cut off and renormalised at the ends', (t) => {
  const values = [0, 80, 160, 40, 200, 120];
  const square = grey(
    6,
    6,
    values.flatMap((value) => Array(6).fill(value)),
  );
  const column = [...fitPicture(square, 3, 3).data].filter((_, i) => i % 3 === 0);
  t.deepEqual(column, [
    Math.round((3 * 0 + 3 * 80 + 160) / 7),
    Math.round((80 + 3 * 160 + 3 * 40 + 200) / 8),
    Math.round((40 + 3 * 200 + 3 * 120) / 7),
  ]);
});

test('enlarging by two: bilinear with half-pixel centres, the ends repeated', (t) => {
  const square = grey(2, 2, [0, 100, 0, 100]);
  t.deepEqual([...fitPicture(square, 4, 4).data].slice(0, 4), [0, 25, 75, 100]);
});

const size = fc.integer({ min: 1, max: 40 });

test('a picture of one colour stays so, at any size', (t) => {
  fc.assert(
    fc.property(size, size, size, size, fc.nat(255), (width, height, toWidth, toHeight, value) => {
      const { data } = fitPicture(grey(width, height, Array(width * height).fill(value)), toWidth, toHeight);
      t.is(data.length, toWidth * toHeight);
      t.true(data.every((pixel) => pixel === value));
    }),
    { numRuns: 100 },
  );
});

test('turning rows into columns before or after is the same', (t) => {
  const turned = ({ width, height, data }: Picture): Picture =>
    grey(
      height,
      width,
      Array.from({ length: width * height }, (_, i) => data[(i % height) * width + Math.floor(i / height)]),
    );
  fc.assert(
    fc.property(size, size, size, size, (width, height, toWidth, toHeight) => {
      const picture = pattern(width, height, 1);
      t.deepEqual(turned(fitPicture(picture, toWidth, toHeight)), fitPicture(turned(picture), toHeight, toWidth));
    }),
    { numRuns: 100 },
  );
});

test('channels do not mix', (t) => {
  const picture = pattern(20, 20);
  const whole = fitPicture(picture, 7, 7).data;
  for (const c of [0, 1, 2]) {
    const channel = grey(
      20,
      20,
      [...picture.data].filter((_, i) => i % 3 === c),
    );
    t.deepEqual(
      [...fitPicture(channel, 7, 7).data],
      [...whole].filter((_, i) => i % 3 === c),
    );
  }
});
