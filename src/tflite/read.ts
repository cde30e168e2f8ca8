/**
 * Reads FlatBuffers tables by slot number, checking every offset: the bytes are untrusted. The flatbuffers package
 * does the decoding; it reads zeros past the end, so the checks are here.
 */
import { ByteBuffer } from 'flatbuffers';
import { DepthwiseError } from '../errors.js';

/**
 * A file can point many vectors at the same bytes, so that reading takes far more memory than the file. What is
 * decoded in all, in bytes of JavaScript values, may not exceed this: a file that shares nothing needs twice its size.
 */
const decodeBudget = (fileBytes: number) => 2 ** 24 + 2 * fileBytes;

export class FlatFile {
  readonly buffer: ByteBuffer;
  private budget: number;

  constructor(readonly bytes: Uint8Array) {
    this.buffer = new ByteBuffer(bytes);
    this.budget = decodeBudget(bytes.length);
  }

  /** The table that the first word of the file points to. */
  root(name: string): Table {
    this.check(0, 4, name);
    return new Table(this, this.buffer.readUint32(0), name);
  }

  /** Throws unless [at, at + size) is in the file. */
  check(at: number, size: number, what: string): void {
    if (at >= 0 && size >= 0 && at + size <= this.bytes.length) return;
    throw new DepthwiseError(
      'MODEL_INVALID',
      `${what}: bytes ${at} to ${at + size} are outside the file of ${this.bytes.length} bytes. ` +
        'The file is truncated or damaged: download or export it again.',
    );
  }

  spend(bytes: number, what: string): void {
    this.budget -= bytes;
    if (this.budget >= 0) return;
    throw new DepthwiseError(
      'MODEL_INVALID',
      `${what}: the file uses the same bytes over and over and would unpack to more than ` +
        `${decodeBudget(this.bytes.length)} bytes. It is damaged: export it again.`,
    );
  }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** One table. `name` says where it is, for messages: `subgraph 0, tensor 12`. */
export class Table {
  private readonly vtable: number;
  private readonly vtableBytes: number;

  constructor(
    private readonly file: FlatFile,
    private readonly position: number,
    readonly name: string,
  ) {
    const { buffer } = file;
    file.check(position, 4, name);
    file.spend(32, name);
    this.vtable = position - buffer.readInt32(position);
    file.check(this.vtable, 4, `field table of ${name}`);
    this.vtableBytes = buffer.readUint16(this.vtable);
    if (this.vtableBytes < 4) {
      throw new DepthwiseError(
        'MODEL_INVALID',
        `field table of ${name}: it gives its own size as ${this.vtableBytes} bytes, at least 4 expected. ` +
          'The file is damaged: download or export it again.',
      );
    }
    file.check(this.vtable, this.vtableBytes, `field table of ${name}`);
  }

  /** Whether the field is stored at all. */
  has(slot: number): boolean {
    const entry = 4 + 2 * slot;
    return entry + 2 <= this.vtableBytes && this.file.buffer.readUint16(this.vtable + entry) !== 0;
  }

  /** Position of a scalar of `size` bytes, or 0 if the field has its default. */
  private at(slot: number, size: number): number {
    if (!this.has(slot)) return 0;
    const position = this.position + this.file.buffer.readUint16(this.vtable + 4 + 2 * slot);
    this.file.check(position, size, `field ${slot} of ${this.name}`);
    return position;
  }

  int8(slot: number, whenAbsent = 0): number {
    const at = this.at(slot, 1);
    return at ? this.file.buffer.readInt8(at) : whenAbsent;
  }

  uint8(slot: number): number {
    const at = this.at(slot, 1);
    return at ? this.file.buffer.readUint8(at) : 0;
  }

  bool(slot: number): boolean {
    return this.uint8(slot) !== 0;
  }

  int32(slot: number, whenAbsent = 0): number {
    const at = this.at(slot, 4);
    return at ? this.file.buffer.readInt32(at) : whenAbsent;
  }

  uint32(slot: number): number {
    return this.int32(slot) >>> 0;
  }

  /** Exact up to 2^53; greater values stay greater than any file. */
  uint64(slot: number): number {
    const at = this.at(slot, 8);
    return at ? Number(this.file.buffer.readUint64(at)) : 0;
  }

  float32(slot: number): number {
    const at = this.at(slot, 4);
    return at ? this.file.buffer.readFloat32(at) : 0;
  }

  table(slot: number, name: string): Table | undefined {
    const at = this.at(slot, 4);
    return at ? new Table(this.file, at + this.file.buffer.readUint32(at), name) : undefined;
  }

  /** Start and length of a vector of `size`-byte elements, or undefined if the field is absent. */
  private vector(slot: number, size: number): { start: number; length: number } | undefined {
    const at = this.at(slot, 4);
    if (!at) return undefined;
    const what = `field ${slot} of ${this.name}`;
    const vector = at + this.file.buffer.readUint32(at);
    this.file.check(vector, 4, what);
    const length = this.file.buffer.readUint32(vector);
    this.file.check(vector + 4, length * size, what);
    return { start: vector + 4, length };
  }

  length(slot: number): number {
    return this.vector(slot, 1)?.length ?? 0;
  }

  string(slot: number): string {
    const v = this.vector(slot, 1);
    if (!v) return '';
    this.file.spend(2 * v.length, `field ${slot} of ${this.name}`);
    return utf8.decode(this.file.bytes.subarray(v.start, v.start + v.length));
  }

  /** A view, not a copy. */
  bytes(slot: number): Uint8Array {
    const v = this.vector(slot, 1);
    return v ? this.file.bytes.subarray(v.start, v.start + v.length) : new Uint8Array(0);
  }

  private numbers(slot: number, size: number, read: (at: number) => number): number[] {
    const v = this.vector(slot, size);
    if (!v) return [];
    this.file.spend(8 * v.length, `field ${slot} of ${this.name}`);
    return Array.from({ length: v.length }, (_, i) => read(v.start + i * size));
  }

  int32s(slot: number): number[] {
    return this.numbers(slot, 4, (at) => this.file.buffer.readInt32(at));
  }

  float32s(slot: number): number[] {
    return this.numbers(slot, 4, (at) => this.file.buffer.readFloat32(at));
  }

  int64s(slot: number): number[] {
    return this.numbers(slot, 8, (at) => Number(this.file.buffer.readInt64(at)));
  }

  /** Element `index` of a vector of tables. */
  element(slot: number, index: number, name: string): Table {
    const v = this.vector(slot, 4);
    if (!v || index >= v.length) {
      throw new DepthwiseError(
        'MODEL_INVALID',
        `${name} does not exist: ${this.name} has ${v?.length ?? 0} of them. The file is damaged: export it again.`,
      );
    }
    const at = v.start + 4 * index;
    return new Table(this.file, at + this.file.buffer.readUint32(at), name);
  }
}
