import test from 'ava';
import fc from 'fast-check';
import { DepthwiseError } from '../../src/errors.js';
import { isNpy, type NpyType, readNpy, writeNpy } from '../../src/input/npy.js';

/** A file as NumPy writes it, with the header given as text. */
function npy(header: string, values: Uint8Array, version = 1): Uint8Array {
  const start = version === 1 ? 10 : 12;
  const file = new Uint8Array(start + header.length + values.length);
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const view = new DataView(file.buffer);
  if (version === 1) view.setUint16(8, header.length, true);
  else view.setUint32(8, header.length, true);
  file.set(new TextEncoder().encode(header), start);
  file.set(values, start + header.length);
  return file;
}

const header = (descr: string, shape: string, fortran = 'False'): string =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;
const raw = (values: ArrayBufferView): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();

test('what numpy.save wrote for numpy.arange(6, dtype="int8").reshape(2, 3)', (t) => {
  const file = Buffer.from(
    '934e554d5059010076007b276465736372273a20277c6931272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028322c2033292c207d' +
      `${'20'.repeat(58)}0a000102030405`,
    'hex',
  );
  t.deepEqual(readNpy(file, 'x.npy'), { shape: [2, 3], type: 'i1', values: Int8Array.of(0, 1, 2, 3, 4, 5) });
  t.deepEqual(writeNpy('int8', [2, 3], Uint8Array.of(0, 1, 2, 3, 4, 5)), new Uint8Array(file));
});

test('versions 1, 2 and 3', (t) => {
  for (const version of [1, 2, 3]) {
    const file = npy(header('|u1', '(3,)'), Uint8Array.of(7, 8, 255), version);
    t.deepEqual(readNpy(file, 'x.npy').values, Uint8Array.of(7, 8, 255), `version ${version}`);
  }
});

test('float32 and float64, of either byte order', (t) => {
  const values = [1.5, -2.25];
  const big = new DataView(new ArrayBuffer(8));
  values.forEach((value, i) => {
    big.setFloat32(4 * i, value, false);
  });
  t.deepEqual(
    readNpy(npy(header('<f4', '(2,)'), raw(Float32Array.from(values))), '').values,
    Float32Array.from(values),
  );
  t.deepEqual(readNpy(npy(header('>f4', '(2,)'), raw(big)), '').values, Float32Array.from(values));
  t.deepEqual(
    readNpy(npy(header('<f8', '(2,)'), raw(Float64Array.from(values))), '').values,
    Float64Array.from(values),
  );
});

test('Fortran order becomes C order', (t) => {
  // numpy.asfortranarray([[0, 1, 2], [3, 4, 5]]) stores column after column.
  const two = npy(header('|i1', '(2, 3)', 'True'), Uint8Array.of(0, 3, 1, 4, 2, 5));
  t.deepEqual([...readNpy(two, '').values], [0, 1, 2, 3, 4, 5]);
  const three = npy(header('|i1', '(2, 2, 2)', 'True'), Uint8Array.of(0, 4, 2, 6, 1, 5, 3, 7));
  t.deepEqual([...readNpy(three, '').values], [0, 1, 2, 3, 4, 5, 6, 7]);
});

test('the shape of a single number is ()', (t) => {
  t.deepEqual(readNpy(npy(header('|i1', '()'), Uint8Array.of(5)), '').shape, []);
});

test('written files read back, and begin on a multiple of 64 bytes', (t) => {
  const arrays = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(arrays, fc.constantFrom('int8', 'uint8', 'float32'), (shape, dtype) => {
      const count = shape.reduce((a, b) => a * b);
      const bytes = Uint8Array.from({ length: count * (dtype === 'float32' ? 4 : 1) }, (_, i) => (i * 3) & 127);
      const file = writeNpy(dtype, shape, bytes);
      t.is((file.length - bytes.length) % 64, 0);
      t.true(isNpy(file));
      const back = readNpy(file, '');
      t.deepEqual(back.shape, shape);
      t.is(back.type, ({ int8: 'i1', uint8: 'u1', float32: 'f4' } as Record<string, NpyType>)[dtype]);
      t.deepEqual(raw(back.values), bytes);
    }),
  );
  t.throws(() => writeNpy('int8', [3], new Uint8Array(2)), { instanceOf: RangeError });
});

for (const [name, file, message] of [
  ['no .npy file', Uint8Array.of(1, 2, 3), /no \.npy file/],
  ['version 4', npy(header('|i1', '(1,)'), new Uint8Array(1), 4), /\.npy version 4; expected version 1, 2 or 3/],
  ['a cut header', npy(header('|i1', '(1,)'), new Uint8Array(1)).subarray(0, 30), /30 bytes; expected a header of/],
  ['int64', npy(header('<i8', '(1,)'), new Uint8Array(8)), /values of type '<i8'; expected int8, uint8, float32/],
  ['a property of Object', npy(header('|toString', '(1,)'), new Uint8Array(8)), /values of type '\|toString'/],
  [
    'records',
    npy("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,), }", new Uint8Array(4)),
    /the header/,
  ],
  [
    'fewer values',
    npy(header('<f4', '(2, 3)'), new Uint8Array(20)),
    /20 bytes of values; expected 24 for shape \(2, 3\)/,
  ],
  ['more values', npy(header('|i1', '(2,)'), new Uint8Array(3)), /3 bytes of values; expected 2/],
] as const) {
  test(`refused: ${name}`, (t) => {
    const error = t.throws(() => readNpy(file, 'x.npy'), { instanceOf: DepthwiseError, message });
    t.is(error?.code, 'INPUT_UNREADABLE');
    t.regex(error!.message, /^x\.npy: /);
  });
}
