/**
 * Reads Protocol Buffers messages field by field, checking every length: the bytes are untrusted. The pbf package does
 * the decoding; it does not look where a message ends, so the checks are here.
 */
import { PbfReader } from 'pbf';
import { DepthwiseError } from '../errors.js';

/** Wire types: https://protobuf.dev/programming-guides/encoding. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** One message. `name` says where it is, for messages: `node 12, attribute 3`. Fields are asked for by their number. */
export class Message {
  private readonly fields = new Map<number, (number | Uint8Array)[]>();

  constructor(
    bytes: Uint8Array,
    readonly name: string,
  ) {
    const reader = new PbfReader(bytes);
    try {
      while (reader.pos < bytes.length) {
        const tag = reader.readVarint();
        const field = Math.floor(tag / 8);
        const value = readValue(reader, tag % 8);
        if (field === 0 || value === undefined || reader.pos > bytes.length) throw new RangeError();
        const values = this.fields.get(field);
        if (values) values.push(value);
        else this.fields.set(field, [value]);
      }
    } catch (cause) {
      throw new DepthwiseError(
        'MODEL_INVALID',
        `${name}: byte ${Math.min(reader.pos, bytes.length)} of ${bytes.length} does not fit the ONNX format. ` +
          'The file is truncated, damaged or no ONNX model: export it again.',
        { cause },
      );
    }
  }

  private mismatch(field: number, expected: string): DepthwiseError {
    return new DepthwiseError(
      'MODEL_INVALID',
      `${this.name}: field ${field} is not ${expected}. The file is damaged or no ONNX model: export it again.`,
    );
  }

  /** A repeated message, bytes or string field. */
  bytes(field: number): Uint8Array[] {
    const values = this.fields.get(field) ?? [];
    if (values.some((value) => typeof value === 'number')) throw this.mismatch(field, 'bytes, text or a message');
    return values as Uint8Array[];
  }

  texts(field: number): string[] {
    return this.bytes(field).map((bytes) => utf8.decode(bytes));
  }

  /** The last value counts, as the format has it; `''` if absent. */
  text(field: number): string {
    return this.texts(field).at(-1) ?? '';
  }

  /** `what` names one of them: the position is appended. */
  messages(field: number, what: string): Message[] {
    return this.bytes(field).map((bytes, i) => new Message(bytes, `${what} ${i}`));
  }

  message(field: number, what: string): Message | undefined {
    const bytes = this.bytes(field).at(-1);
    return bytes && new Message(bytes, what);
  }

  /** A repeated integer field, packed or not. */
  integers(field: number): number[] {
    const integers: number[] = [];
    for (const value of this.fields.get(field) ?? []) {
      if (typeof value === 'number') {
        integers.push(value);
        continue;
      }
      const reader = new PbfReader(value);
      try {
        while (reader.pos < value.length) integers.push(reader.readVarint(true));
        if (reader.pos > value.length) throw new RangeError();
      } catch {
        throw this.mismatch(field, 'a list of integers');
      }
    }
    return integers;
  }

  integer(field: number): number | undefined {
    return this.integers(field).at(-1);
  }

  /** A repeated floating-point field, packed or not: `size` is 4 (float) or 8 (double). */
  floats(field: number, size: 4 | 8 = 4): Float32Array {
    const parts = this.bytes(field);
    if (parts.some(({ length }) => length % size)) throw this.mismatch(field, 'a list of floating-point numbers');
    return floatsOf(parts, size);
  }
}

/** Little-endian floats (`size` 4) or doubles (8), one part behind the other; what is left of a part counts for nothing. */
export function floatsOf(parts: readonly Uint8Array[], size: 4 | 8): Float32Array {
  const floats = new Float32Array(parts.reduce((sum, { length }) => sum + Math.floor(length / size), 0));
  let at = 0;
  for (const part of parts) {
    const view = new DataView(part.buffer, part.byteOffset, part.length);
    for (let i = 0; i + size <= part.length; i += size) {
      floats[at++] = size === 4 ? view.getFloat32(i, true) : view.getFloat64(i, true);
    }
  }
  return floats;
}

/** A varint as a signed number, all others as their bytes; undefined for a wire type that does not exist any more. */
function readValue(reader: PbfReader, type: number): number | Uint8Array | undefined {
  if (type === VARINT) return reader.readVarint(true);
  if (type === BYTES) return reader.readBytes();
  const size = type === FIXED64 ? 8 : type === FIXED32 ? 4 : 0;
  if (size === 0) return undefined;
  reader.pos += size;
  return reader.buf.subarray(reader.pos - size, reader.pos);
}
