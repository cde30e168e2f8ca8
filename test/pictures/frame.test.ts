import test from 'ava';
import { type Frame, type FrameFormat, rowBytes, unpackRow } from '../../src/pictures/frame.js';

const frame = (format: FrameFormat, ...data: number[]): Frame => {
  const width = format === 'yuyv' || format === 'uyvy' ? data.length / 2 : data.length / rowBytes(format, 1);
  return { width, height: 1, format, data: Uint8Array.from(data) };
};
const rgb = (picture: Frame): number[] => [...unpackRow(picture, 0, 0, picture.width, 3)];
const luma = (picture: Frame): number[] => [...unpackRow(picture, 0, 0, picture.width, 1)];

test('rows: whole pairs of YUV', (t) => {
  t.is(rowBytes('grey', 5), 5);
  t.is(rowBytes('rgb565', 5), 10);
  t.is(rowBytes('rgb565be', 5), 10);
  t.is(rowBytes('rgb888', 5), 15);
  t.is(rowBytes('yuyv', 5), 12);
  t.is(rowBytes('uyvy', 6), 12);
});

test('RGB565 in either order of its bytes: both ends, and one bit of each colour', (t) => {
  const words = [0x0000, 0xffff, 0x0800, 0x0020, 0x0001, 0x8410];
  const expected = [
    [0, 0, 0],
    [255, 255, 255],
    [8, 0, 0],
    [0, 4, 0],
    [0, 0, 8],
    [132, 130, 132],
  ].flat();
  t.deepEqual(rgb(frame('rgb565', ...words.flatMap((word) => [word & 255, word >> 8]))), expected);
  t.deepEqual(rgb(frame('rgb565be', ...words.flatMap((word) => [word >> 8, word & 255]))), expected);
});

test('YUV: the order of bytes, a chroma for two pixels, full range, clamped', (t) => {
  // JFIF: red is Y 76, Cb 85, Cr 255; blue is 29, 255, 107.
  t.deepEqual(rgb(frame('yuyv', 76, 85, 80, 255)), [254, 0, 0, 255, 4, 4]);
  t.deepEqual(rgb(frame('uyvy', 255, 29, 107, 29)), [0, 0, 254, 0, 0, 254]);
  t.deepEqual(rgb(frame('yuyv', 0, 128, 255, 128)), [0, 0, 0, 255, 255, 255]);
  t.deepEqual(luma(frame('yuyv', 1, 2, 3, 4)), [1, 3]);
  t.deepEqual(luma(frame('uyvy', 1, 2, 3, 4)), [2, 4]);
});

test('YUV to RGB within 1 of the equations of JFIF, at every eighth value', (t) => {
  for (let y = 0; y < 256; y += 8) {
    for (let u = 0; u < 256; u += 8) {
      for (let v = 0; v < 256; v += 8) {
        const real = [y + 1.402 * (v - 128), y - 0.344136 * (u - 128) - 0.714136 * (v - 128), y + 1.772 * (u - 128)];
        const found = rgb(frame('uyvy', u, y, v, y)).slice(0, 3);
        const far = found.map((value, c) => Math.abs(value - Math.min(255, Math.max(0, real[c]))));
        t.true(Math.max(...far) < 0.51, `${y}, ${u}, ${v}`);
      }
    }
  }
});

test('luma: BT.601, and grey pixels keep their value', (t) => {
  t.deepEqual(luma(frame('rgb888', 255, 0, 0, 0, 255, 0, 0, 0, 255)), [76, 150, 29]);
  const all = [...Array(256).keys()];
  t.deepEqual(luma(frame('rgb888', ...all.flatMap((value) => [value, value, value]))), all);
  t.deepEqual(luma(frame('grey', ...all)), all);
});

test('a part of a row, also from the second pixel of a pair on', (t) => {
  const { data, ...rest } = frame('yuyv', 10, 128, 20, 128, 30, 128, 40, 128, 50, 128, 60, 128);
  const two = { ...rest, data: Uint8Array.from([...data, ...data.map((byte) => byte + 1)]) };
  t.deepEqual([...unpackRow(two, 0, 1, 3, 1)], [20, 30, 40]);
  t.deepEqual([...unpackRow(two, 1, 5, 1, 1)], [61]);
});
