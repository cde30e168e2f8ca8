import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { DepthwiseError, type ErrorCode } from '../../src/errors.js';
import { writeNpy } from '../../src/input/npy.js';
import { type InputPort, readInputs } from '../../src/input/read.js';
import { fixture, readFixture, withFixtures } from '../fixtures.js';
import { bmp, pattern, png } from './pictures.js';

const folder = mkdtempSync(join(tmpdir(), 'depthwise-'));
test.after.always(() => rmSync(folder, { recursive: true }));

let files = 0;
function save(extension: string, content: Uint8Array): string {
  const file = join(folder, `${++files}${extension}`);
  writeFileSync(file, content);
  return file;
}

const INT8: InputPort = { shape: [1, 2, 3, 1], dtype: 'int8', scale: 0.5, zeroPoint: 1 };
const UINT8: InputPort = { ...INT8, dtype: 'uint8' };
const FLOAT: InputPort = { ...INT8, float32: true };
const SIX = Uint8Array.of(250, 1, 2, 3, 4, 5);
const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const records = async (file: string, port = INT8): Promise<number[][]> =>
  (await readInputs(file, port)).records.map((record) => [...record]);

async function refused(t: ExecutionContext, code: ErrorCode, message: RegExp, file: string, port = INT8) {
  const error = await t.throwsAsync(readInputs(file, port), { instanceOf: DepthwiseError, message });
  t.is(error?.code, code);
}

test('.bin: one record or several', async (t) => {
  t.deepEqual(await records(save('.bin', SIX)), [[...SIX]]);
  t.deepEqual(await records(save('.bin', Uint8Array.of(...SIX, ...SIX.map((x) => x + 9)))), [
    [...SIX],
    [...SIX.map((x) => x + 9)],
  ]);
});

test('.bin is raw also where it begins as a picture, other names without a signature are raw', async (t) => {
  const likeBmp = Uint8Array.of(0x42, 0x4d, 0, 0, 0, 0);
  t.deepEqual(await records(save('.bin', likeBmp)), [[...likeBmp]]);
  t.deepEqual(await records(save('.raw', SIX)), [[...SIX]]);
  t.deepEqual(await records(save('', SIX)), [[...SIX]]);
});

test('.bin of another size: found and expected', async (t) => {
  await refused(
    t,
    'INPUT_SIZE',
    /has 7 bytes; expected 6 \(\[1,2,3,1\] int8\), or a multiple/,
    save('.bin', new Uint8Array(7)),
  );
  await refused(t, 'INPUT_SIZE', /has 0 bytes/, save('.bin', new Uint8Array()));
  await refused(t, 'INPUT_SIZE', /has 6 bytes; expected 24 \(\[1,2,3,1\] float32\)/, save('.bin', SIX), FLOAT);
});

test('.bin of a float32 model: quantised as its QUANTIZE does', async (t) => {
  const file = save('.bin', floats(0, 0.25, -0.25, 1, 100, -100, 1, 1, 1, 1, 1, 1));
  t.deepEqual(await records(file, FLOAT), [
    [1, 2, 0, 3, 127, 128],
    [3, 3, 3, 3, 3, 3],
  ]);
});

test('.npy of the own type is raw, whatever the file is called', async (t) => {
  t.deepEqual(await records(save('.npy', writeNpy('int8', [1, 2, 3, 1], SIX))), [[...SIX]]);
  t.deepEqual(await records(save('.array', writeNpy('uint8', [2, 3], SIX)), UINT8), [[...SIX]]);
});

test('.npy: shapes of one record and of several', async (t) => {
  const shapes: [number[], number][] = [
    [[1, 2, 3, 1], 1],
    [[2, 3, 1], 1],
    [[2, 3], 1],
    [[6], 1],
    [[1, 6], 1],
    [[4, 2, 3, 1], 4],
    [[4, 2, 3], 4],
    [[4, 6], 4],
  ];
  for (const [shape, count] of shapes) {
    const file = save('.npy', writeNpy('int8', shape, new Uint8Array(6 * count).fill(3)));
    t.deepEqual(await records(file), Array(count).fill(Array(6).fill(3)), `[${shape}]`);
  }
});

test('.npy of other shapes is refused, channels first with a word of advice', async (t) => {
  const npy = (...shape: number[]) =>
    save('.npy', writeNpy('int8', shape, new Uint8Array(shape.reduce((a, b) => a * b))));
  await refused(t, 'INPUT_SIZE', /has shape \[1,3,2,1\]; expected \[1,2,3,1\], or \[N,2,3,1\]/, npy(1, 3, 2, 1));
  await refused(t, 'INPUT_SIZE', /has shape \[12\]/, npy(12));
  await refused(t, 'INPUT_SIZE', /has shape \[0,2,3\]/, npy(0, 2, 3));
  const colour: InputPort = { ...INT8, shape: [1, 4, 5, 3] };
  await refused(t, 'INPUT_SIZE', /Channels come last here: numpy\.moveaxis\(x, -3, -1\)/, npy(1, 3, 4, 5), colour);
});

test('.npy of real values is quantised, for every model', async (t) => {
  const file = save('.npy', writeNpy('float32', [2, 3], floats(0, 0.25, -0.25, 1, 100, -100)));
  t.deepEqual(await records(file), [[1, 2, 0, 3, 127, 128]]);
  t.deepEqual(await records(file, FLOAT), [[1, 2, 0, 3, 127, 128]]);
  t.deepEqual(await records(file, UINT8), [[1, 2, 0, 3, 201, 0]]);
});

test('.npy of another integer type is refused', async (t) => {
  const file = save('.npy', writeNpy('uint8', [2, 3], SIX));
  await refused(t, 'INPUT_UNREADABLE', /has uint8 values; this model takes int8, or float32/, file);
  await refused(t, 'INPUT_UNREADABLE', /has uint8 values; this model takes float32/, file, FLOAT);
  await refused(t, 'INPUT_UNREADABLE', /no \.npy file/, save('.npy', SIX));
});

test('a missing file', async (t) => {
  await refused(t, 'INPUT_UNREADABLE', /none\.bin cannot be read: ENOENT/, join(folder, 'none.bin'));
  await refused(t, 'INPUT_UNREADABLE', /cannot be read/, folder);
});

const RGB: InputPort = { shape: [1, 4, 4, 3], dtype: 'int8', scale: 1 / 255, zeroPoint: -128 };

test('a picture of the size of the model: pixel - 128', async (t) => {
  const { data } = pattern(4, 4);
  const { records, mapping } = await readInputs(save('.bmp', bmp(4, 4, data)), RGB);
  t.deepEqual(records, [data.map((pixel) => pixel ^ 128)]);
  t.is(mapping, '4x4, RGB, pixel - 128');
});

test('a picture of another size: cropped and resampled, and that is said', async (t) => {
  const grey: InputPort = { ...RGB, shape: [1, 4, 4, 1], dtype: 'uint8', zeroPoint: 0 };
  const file = save('.picture', bmp(12, 8, new Uint8Array(12 * 8 * 3).fill(77)));
  const { records, mapping } = await readInputs(file, grey);
  t.deepEqual(records, [new Uint8Array(16).fill(77)]);
  t.is(mapping, '12x8, central 8x8, resampled to 4x4, grey, pixel as it is');
});

test('raw files and arrays have no mapping to tell', async (t) => {
  t.is((await readInputs(save('.bin', SIX), INT8)).mapping, undefined);
});

test('pictures for other models, and what only looks like one', async (t) => {
  const five: InputPort = { ...RGB, shape: [1, 4, 4, 5] };
  await refused(
    t,
    'INPUT_SIZE',
    /is a picture; this model takes \[1,4,4,5\].* 1 \(grey\) or 3/,
    save('.bmp', bmp(4, 4, [])),
    five,
  );
  await refused(t, 'PICTURE_INVALID', /no picture was recognised/, save('.jpg', SIX), RGB);
  await refused(t, 'PICTURE_INVALID', /cannot be decoded/, save('.bmp', bmp(4, 4, []).subarray(0, 70)), RGB);
});

test('a PNG is a picture whatever it is called', async (t) => {
  const file = save('.dat', png(4, 4, pattern(4, 4).data));
  const found = await readInputs(file, RGB).catch((error: DepthwiseError) => error.code);
  // Without sharp it is recognised all the same, and the message says what to install.
  if (found !== 'PACKAGE_MISSING')
    t.deepEqual((found as { records: Uint8Array[] }).records, [pattern(4, 4).data.map((x) => x ^ 128)]);
  else t.pass();
});

const PERSON: InputPort = { shape: [1, 96, 96, 1], dtype: 'int8', scale: Math.fround(0.00784313772), zeroPoint: -1 };

withFixtures(
  test,
  'the pictures of person_detect: pixel - 128 of the bytes that its golden inputs hold',
  async (t: ExecutionContext) => {
    for (const name of ['person', 'no_person']) {
      const { records, mapping } = await readInputs(fixture('pictures', `${name}.bmp`), PERSON);
      // The golden inputs are the bytes of the pictures, copied without the subtraction.
      const golden = readFixture('golden', 'person_detect', `${name}.in.bin`);
      t.deepEqual(records, [golden.map((byte) => byte ^ 128)]);
      t.is(mapping, '96x96, grey, pixel - 128');
    }
  },
);

withFixtures(test, 'a file of a hundred records', async (t: ExecutionContext) => {
  const port: InputPort = { shape: [1, 49, 10, 1], dtype: 'int8', scale: 1, zeroPoint: 0 };
  const { records } = await readInputs(fixture('golden', 'kws_ref_model', 'official100.in.bin'), port);
  t.is(records.length, 100);
  t.is(records[99].length, 490);
});
