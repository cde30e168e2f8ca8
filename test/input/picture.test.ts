import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { DepthwiseError } from '../../src/errors.js';
import { decodePicture } from '../../src/input/picture.js';
import type { Sharp } from '../../src/input/sharp.js';
import { readFixture, withFixtures } from '../fixtures.js';
import { type BmpChoice, bmp, pattern, png } from './pictures.js';

const RGBA_MASKS = [0x000000ff, 0x0000ff00, 0x00ff0000, 0xff000000];

const CHOICES: Record<string, BmpChoice> = {
  '24 bits': {},
  '24 bits, top row first': { topDown: true },
  '24 bits, BITMAPV5HEADER': { headerBytes: 124 },
  '24 bits, pixels behind a gap': { gap: 70 },
  '32 bits': { bits: 32 },
  '32 bits, BITMAPV4HEADER with empty masks': { bits: 32, headerBytes: 108 },
  '32 bits, red first by masks': { bits: 32, masks: RGBA_MASKS },
  '32 bits, red first by masks in BITMAPV4HEADER': { bits: 32, headerBytes: 108, masks: RGBA_MASKS },
};

for (const [name, choice] of Object.entries(CHOICES)) {
  test(`BMP: ${name}`, async (t) => {
    // Rows are padded to four bytes: widths that leave 0 to 3 of them.
    for (const width of [4, 5, 6, 7]) {
      const expected = pattern(width, 3);
      t.deepEqual(await decodePicture(bmp(width, 3, expected.data, choice), 'x.bmp'), expected);
    }
  });
}

test('BMP: 8 bits with a palette', async (t) => {
  const palette = [
    [255, 0, 10],
    [0, 128, 20],
    [7, 8, 9],
  ];
  for (const topDown of [false, true]) {
    const file = bmp(3, 2, [0, 1, 2, 2, 1, 0], { bits: 8, palette, topDown });
    const { data } = await decodePicture(file, 'x.bmp');
    t.deepEqual(
      [...data],
      [0, 1, 2, 2, 1, 0].flatMap((index) => palette[index]),
    );
  }
});

for (const [name, file, message] of [
  ['run lengths', bmp(4, 4, [], { bits: 8, palette: [[0, 0, 0]], compression: 1 }), /compression 1; supported: none/],
  ['1 bit', bmp(4, 4, [], { bits: 1 as never, palette: [[0, 0, 0]] }), /1 bits a pixel; supported: 8 with a palette/],
  ['a cut file', bmp(4, 4, []).subarray(0, 60), /60 bytes; 4x4 pixels end at 102/],
  ['only a signature', bmp(4, 4, []).subarray(0, 20), /20 bytes, a BMP has 54/],
  ['no pixels', bmp(0, 4, []), /0x4 pixels/],
] as const) {
  test(`BMP refused: ${name}`, async (t) => {
    const error = await t.throwsAsync(decodePicture(file, 'x.bmp'), { instanceOf: DepthwiseError, message });
    t.is(error?.code, 'PICTURE_INVALID');
    t.regex(error!.message, /^x\.bmp: this BMP cannot be decoded: .* Save the picture again/);
  });
}

test('BMP: damaged files give a picture or PICTURE_INVALID', async (t) => {
  const palette = Array.from({ length: 16 }, (_, i) => [i, i, i]);
  const files = [bmp(5, 4, pattern(5, 4).data), bmp(5, 4, pattern(5, 4, 1).data, { bits: 8, palette })];
  const damage = fc.array(fc.tuple(fc.nat(199), fc.nat(255)), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...files), damage, fc.nat(60), async (file, changes, cut) => {
      const damaged = file.slice(0, file.length - cut);
      for (const [at, value] of changes) damaged[2 + (at % (damaged.length - 2))] = value;
      try {
        const { width, height, data } = await decodePicture(damaged, 'x.bmp');
        return data.length === width * height * 3;
      } catch (error) {
        return error instanceof DepthwiseError && error.code === 'PICTURE_INVALID';
      }
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('what is no picture is refused', async (t) => {
  const error = await t.throwsAsync<DepthwiseError>(decodePicture(new Uint8Array(99), 'x.gif'));
  t.is(error?.code, 'PICTURE_INVALID');
  t.regex(error!.message, /PNG, JPEG and BMP/);
});

test('PNG without sharp: what to install', async (t) => {
  const missing = async (): Promise<Sharp> => {
    throw Object.assign(new Error("Cannot find package 'sharp'"), { code: 'ERR_MODULE_NOT_FOUND' });
  };
  const error = await t.throwsAsync<DepthwiseError>(decodePicture(png(1, 1, [1, 2, 3]), 'x.png', missing));
  t.is(error?.code, 'PACKAGE_MISSING');
  t.is(error?.exitCode, 4);
  t.regex(error!.message, /npm install sharp/);
});

test('PNG with sharp: RGB as it is, alpha dropped, damage told; without it, PACKAGE_MISSING', async (t) => {
  const expected = pattern(5, 4);
  const rgba = Array.from({ length: 5 * 4 * 4 }, (_, i) => (i % 4 === 3 ? i : expected.data[3 * (i >> 2) + (i % 4)]));
  const files = [png(5, 4, expected.data), png(5, 4, rgba)];
  const sharp: string = 'sharp';
  const installed = await import(sharp).then(
    () => true,
    () => false,
  );
  if (!installed) {
    t.log('sharp is not installed');
    const error = await t.throwsAsync<DepthwiseError>(decodePicture(files[0], 'x.png'));
    t.is(error?.code, 'PACKAGE_MISSING');
    return;
  }
  for (const file of files) t.deepEqual(await decodePicture(file, 'x.png'), expected);
  const error = await t.throwsAsync<DepthwiseError>(decodePicture(files[0].subarray(0, 50), 'x.png'));
  t.is(error?.code, 'PICTURE_INVALID');
});

withFixtures(test, 'BMP: a photograph, 24 bits with BITMAPV5HEADER', async (t: ExecutionContext) => {
  const file = readFixture('pictures', 'cat.bmp');
  const { width, height, data } = await decodePicture(file, 'cat.bmp');
  t.deepEqual([width, height], [512, 341]);
  // 512 * 3 bytes need no padding: the file's last row, blue first, is the top one.
  const last = file.subarray(file.length - 512 * 3);
  const top = data.slice(0, 512 * 3);
  for (let i = 0; i < top.length; i += 3) [top[i], top[i + 2]] = [top[i + 2], top[i]];
  t.deepEqual(top, last);
});
