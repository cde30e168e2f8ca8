/** Tensors, their quantisation and their constant data. */
import { DepthwiseError } from '../../errors.js';
import type { DType, Quantization, Tensor } from '../../graph/graph.js';
import { elements } from '../../graph/graph.js';
import { MAX_ELEMENTS } from '../../graph/refusal.js';
import type { Table } from '../../tflite/read.js';
import { BUFFER, DTYPES, METADATA, MODEL, QUANTIZATION, TENSOR, TENSOR_TYPES } from '../../tflite/schema.js';

const MAX_RANK = 8;
/** A file may point many tensors at the same bytes; what has to be copied for alignment ends here. */
const MAX_COPIED_BYTES = 2 ** 26;

const dtypes = new Map(Object.entries(DTYPES).map(([dtype, value]) => [value, dtype as DType]));

/** Contents of a buffer: in the table or, in files over 2 GB, behind it. A view. */
export function bufferBytes(file: Uint8Array, model: Table, index: number): Uint8Array {
  const buffer = model.element(MODEL.buffers, index, `buffer ${index}`);
  const offset = buffer.uint64(BUFFER.offset);
  if (offset <= 1) return buffer.bytes(BUFFER.data);
  const size = buffer.uint64(BUFFER.size);
  if (offset + size > file.length) {
    throw new DepthwiseError(
      'MODEL_INVALID',
      `buffer ${index}: its ${size} bytes at ${offset} are outside the file of ${file.length} bytes. ` +
        'The file is truncated or damaged: download or export it again.',
    );
  }
  return file.subarray(offset, offset + size);
}

/** Names of the metadata entries, in file order. */
export function metadataNames(model: Table): string[] {
  return Array.from({ length: Math.min(64, model.length(MODEL.metadata)) }, (_, i) =>
    model.element(MODEL.metadata, i, `metadata ${i}`).string(METADATA.name),
  );
}

export class TensorReader {
  private copied = 0;

  constructor(
    private readonly file: Uint8Array,
    private readonly model: Table,
  ) {}

  /** `user` is where the tensor is first used, for messages: `operator 3 (NAME), ` or empty. */
  read(table: Table, index: number, user: string): Tensor {
    const name = table.string(TENSOR.name);
    const place = `${user}tensor ${index} "${name.slice(0, 200)}"`;
    const unsupported = (found: string, supported: string, advice: string) =>
      new DepthwiseError('MODEL_UNSUPPORTED', `${place}: ${found}; supported: ${supported}. ${advice}.`);

    const type = table.int8(TENSOR.type);
    const isHalf = TENSOR_TYPES[type] === 'FLOAT16';
    const dtype = isHalf ? 'float32' : dtypes.get(type);
    if (!dtype) {
      const found = `type ${TENSOR_TYPES[type] ?? type}`;
      throw unsupported(found, 'INT8, UINT8, INT32 biases, FLOAT32 at the edges', 'Quantise the whole model to int8');
    }
    if (table.bool(TENSOR.isVariable)) {
      throw unsupported('a variable tensor', 'tensors without state', 'Export the model without recurrent state');
    }
    if (table.has(TENSOR.sparsity)) {
      throw unsupported('a sparse tensor', 'dense tensors', 'Export the model without sparsity');
    }
    if (table.length(TENSOR.shape) > MAX_RANK) {
      throw unsupported(`${table.length(TENSOR.shape)} dimensions`, '1 to 5', 'Change the model and export it again');
    }
    const shape = table.int32s(TENSOR.shape);
    const signature = table.length(TENSOR.shapeSignature) > MAX_RANK ? [] : table.int32s(TENSOR.shapeSignature);
    // An open batch size is common and harmless: the shape beside it says 1.
    if (shape.includes(-1) || signature.some((dim, axis) => dim === -1 && axis > 0)) {
      const found = `dynamic shape [${signature.length ? signature : shape}]`;
      throw unsupported(found, 'fixed shapes', 'Export the model with a fixed input shape and batch size 1');
    }
    const tensor: Tensor = { index, name, shape, dtype };
    const quantization = dtype === 'float32' ? undefined : readQuantization(table, place);
    if (quantization) tensor.quantization = quantization;
    const data = this.data(table.uint32(TENSOR.buffer), isHalf ? 'float16' : dtype, shape, place);
    if (data) Object.assign(tensor, dtype === 'int64' ? { dtype: 'int32', data } : { data });
    else if (isHalf) {
      throw unsupported('type FLOAT16', 'FLOAT16 weights alone', 'Convert the model with float32 activations');
    }
    return tensor;
  }

  private data(buffer: number, dtype: DType | 'float16', shape: readonly number[], place: string): Tensor['data'] {
    const bytes = bufferBytes(this.file, this.model, buffer);
    if (bytes.length === 0) return undefined;
    const size = SIZES[dtype];
    if (elements(shape) <= MAX_ELEMENTS && bytes.length !== elements(shape) * size) {
      throw new DepthwiseError(
        'MODEL_INVALID',
        `${place}: ${bytes.length} constant bytes; expected: ${elements(shape) * size} for ${dtype} [${shape}]. ` +
          'The file is damaged: download or export it again.',
      );
    }
    if (dtype === 'int64') return int32s(bytes, 8);
    if (dtype === 'uint8') return bytes;
    if (dtype === 'int8') return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    if (dtype === 'float16') return halves(this.copy(bytes, place));
    const at = bytes.byteOffset % 4 === 0 ? bytes.byteOffset : 0;
    const source = at === bytes.byteOffset ? bytes.buffer : this.copy(bytes, place);
    return dtype === 'int32'
      ? new Int32Array(source, at, Math.floor(bytes.length / 4))
      : new Float32Array(source, at, Math.floor(bytes.length / 4));
  }

  private copy(bytes: Uint8Array, place: string): ArrayBufferLike {
    this.copied += bytes.length;
    if (this.copied <= MAX_COPIED_BYTES) return bytes.slice().buffer;
    throw new DepthwiseError(
      'MODEL_TOO_LARGE',
      `${place}: constants that stand unaligned in the file are over ${MAX_COPIED_BYTES} bytes in all. ` +
        'Export the model again with a current TensorFlow.',
    );
  }
}

/** Bytes of a value. */
const SIZES = { int8: 1, uint8: 1, float16: 2, int32: 4, int64: 8, float32: 4 } as const;

/** Integers of 4 or 8 bytes as int32. What 32 bits do not hold marks the end of an open slice. */
export function int32s(bytes: Uint8Array, size: 4 | 8): Int32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Int32Array.from({ length: Math.floor(bytes.length / size) }, (_, i) => {
    const value = size === 8 ? Number(view.getBigInt64(8 * i, true)) : view.getInt32(4 * i, true);
    return Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), value));
  });
}

/** float16 values, little-endian, as float32: sign, five bits of exponent, ten of fraction (IEEE 754). */
function halves(source: ArrayBufferLike): Float32Array {
  return Float32Array.from(new Uint16Array(source), (bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
  });
}

function readQuantization(tensor: Table, place: string): Quantization | undefined {
  const table = tensor.table(TENSOR.quantization, `quantization of ${tensor.name}`);
  if (!table) return undefined;
  if (table.uint8(QUANTIZATION.detailsType) !== 0) {
    throw new DepthwiseError(
      'MODEL_UNSUPPORTED',
      `${place}: custom quantization; supported: scale and zero point. Quantise to int8 with the TFLite converter.`,
    );
  }
  const scale = table.float32s(QUANTIZATION.scale);
  if (scale.length === 0) return undefined;
  const zeroPoint = table.int64s(QUANTIZATION.zeroPoint);
  // Older converters gave biases the axis of their filter; TFLite refuses such files, TFLM runs them.
  const axis = tensor.length(TENSOR.shape) === 1 ? 0 : table.int32(QUANTIZATION.quantizedDimension);
  return { scale, zeroPoint: zeroPoint.length ? zeroPoint : scale.map(() => 0), axis };
}
