/**
 * NumPy's .npy files: magic, version, length of the header, the header (a Python dictionary as text), then the values.
 * Source: the format's description in numpy.lib.format, versions 1.0 to 3.0.
 */
import { DepthwiseError } from '../errors.js';
import { type DType, elements } from '../graph/graph.js';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** The values start on a multiple of this. */
const ALIGNMENT = 64;

export interface Npy {
  shape: number[];
  /** Without the byte order: `i1`, `u1`, `f4`, `f8`. */
  type: NpyType;
  /** Values in C order. */
  values: Int8Array | Uint8Array | Float32Array | Float64Array;
}

export type NpyType = 'i1' | 'u1' | 'f4' | 'f8';

type Read = (view: DataView, offset: number, littleEndian: boolean) => number;

const TYPES: Record<NpyType, { bytes: number; array: (length: number) => Npy['values']; read: Read }> = {
  i1: { bytes: 1, array: (n) => new Int8Array(n), read: (view, at) => view.getInt8(at) },
  u1: { bytes: 1, array: (n) => new Uint8Array(n), read: (view, at) => view.getUint8(at) },
  f4: { bytes: 4, array: (n) => new Float32Array(n), read: (view, at, little) => view.getFloat32(at, little) },
  f8: { bytes: 8, array: (n) => new Float64Array(n), read: (view, at, little) => view.getFloat64(at, little) },
};

export function isNpy(file: Uint8Array): boolean {
  return MAGIC.every((byte, i) => file[i] === byte);
}

/**
 * Reads an array of int8, uint8, float32 or float64, of either byte order; Fortran order is turned into C order. `place`
 * names the file in messages.
 * @throws DepthwiseError INPUT_UNREADABLE.
 */
export function readNpy(file: Uint8Array, place: string): Npy {
  const fail = (found: string, expected: string) =>
    new DepthwiseError('INPUT_UNREADABLE', `${place}: ${found}; expected ${expected}. Write it with numpy.save.`);
  if (!isNpy(file)) throw fail('no .npy file', 'one that begins with \\x93NUMPY');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const version = file[6];
  if (!(version >= 1 && version <= 3)) throw fail(`.npy version ${version}`, 'version 1, 2 or 3');
  const headerAt = version === 1 ? 10 : 12;
  if (file.length < headerAt) throw fail(`${file.length} bytes`, 'a header');
  const start = headerAt + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (file.length < start) throw fail(`${file.length} bytes`, `a header of ${start}`);

  const header = new TextDecoder().decode(file.subarray(headerAt, start));
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const dims = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(header)?.[1];
  const supported = 'int8, uint8, float32 or float64 (numpy.astype)';
  if (descr === undefined || fortran === undefined || dims === undefined) {
    throw fail(`the header ${header.slice(0, 120).trim()}`, `'descr', 'fortran_order' and 'shape' of ${supported}`);
  }
  const type = descr.slice(1) as NpyType;
  const format = Object.hasOwn(TYPES, type) && '<>|='.includes(descr[0]) ? TYPES[type] : undefined;
  if (!format) throw fail(`values of type '${descr}'`, supported);
  const shape = [...dims.matchAll(/\d+/g)].map(Number);
  const count = elements(shape);
  if (file.length - start !== count * format.bytes) {
    throw fail(`${file.length - start} bytes of values`, `${count * format.bytes} for shape (${dims.trim()})`);
  }

  const values = format.array(count);
  const order = fortran === 'True' ? fortranOrder(shape) : undefined;
  for (let i = 0; i < count; i++) {
    values[i] = format.read(view, start + (order ? order[i] : i) * format.bytes, descr[0] !== '>');
  }
  return { shape, type, values };
}

/** Where in a Fortran-ordered file the values of C order stand. */
function fortranOrder(shape: readonly number[]): Uint32Array {
  const strides = shape.map((_, axis) => elements(shape.slice(0, axis)));
  return Uint32Array.from({ length: elements(shape) }, (_, i) => {
    let at = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += (i % shape[axis]) * strides[axis];
      i = Math.floor(i / shape[axis]);
    }
    return at;
  });
}

const DESCR: Record<DType, string> = { int8: '|i1', uint8: '|u1', int32: '<i4', int64: '<i8', float32: '<f4' };
const BYTES: Record<DType, number> = { int8: 1, uint8: 1, int32: 4, int64: 8, float32: 4 };

/** An .npy file, version 1.0, of raw little-endian values in C order. */
export function writeNpy(dtype: DType, shape: readonly number[], raw: Uint8Array): Uint8Array {
  if (raw.length !== elements(shape) * BYTES[dtype]) {
    throw new RangeError(`${raw.length} bytes are no ${dtype} array of shape [${shape}]`);
  }
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${DESCR[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const start = Math.ceil((10 + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const file = new Uint8Array(start + raw.length).fill(0x20, 0, start);
  file.set([...MAGIC, 1, 0]);
  new DataView(file.buffer).setUint16(8, start - 10, true);
  file.set(new TextEncoder().encode(text), 10);
  file[start - 1] = 0x0a;
  file.set(raw, start);
  return file;
}
