/** Tells a .tflite file from what is often passed in its place. */
import { DepthwiseError } from '../../errors.js';
import { FILE_IDENTIFIER } from '../../tflite/schema.js';
import { looksLikeOnnx } from '../onnx/identify.js';

/** Whether the file carries the identifier of TFLite models. */
export const isTflite = (bytes: Uint8Array): boolean => ascii(bytes, 4, 8) === FILE_IDENTIFIER;

const ascii = (bytes: Uint8Array, from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));

/** A guess of what the bytes are, and what to do about it. */
function describe(bytes: Uint8Array): [what: string, advice: string] {
  const head = ascii(bytes, 0, 256);
  const text = head.trimStart().toLowerCase();
  if (bytes.length === 0) return ['an empty file', 'Download or export it again'];
  if (head.startsWith('version https://git-lfs')) {
    return ['a Git LFS pointer, not the file itself', 'Fetch the file with `git lfs pull`'];
  }
  if (text.startsWith('<!doctype') || text.startsWith('<html')) {
    return ['an HTML page', 'Download the raw file, not the page that shows it'];
  }
  if (head.startsWith('DW\x01\x1a')) return ['a compiled .dw file', 'Use it where a .dw file is expected'];
  if (/^TFL[0-9]$/.test(ascii(bytes, 4, 8))) {
    return [`TFLite schema "${ascii(bytes, 4, 8)}"`, 'Convert the model with a current TensorFlow'];
  }
  if (head.startsWith('\x89HDF')) return ['an HDF5 file (Keras .h5)', 'Convert it with the TFLite converter'];
  if (head.startsWith('\x93NUMPY')) return ['a NumPy array', 'Pass the model, not its data'];
  if (head.startsWith('PK\x03\x04')) return ['a zip archive (.keras, .pt, .npz are such)', 'Unpack or convert it'];
  if (head.startsWith('\x1f\x8b')) return ['a gzip archive', 'Unpack it first'];
  if (looksLikeOnnx(bytes)) {
    return ['an ONNX model', 'Quantise it first: depthwise quantize MODEL.onnx --data FILES -o OUT.tflite'];
  }
  if (text.startsWith('{')) return ['JSON', 'Pass the .tflite file'];
  return ['something else', 'Pass a .tflite file'];
}

/** Throws MODEL_INVALID unless the file carries the identifier of TFLite models at byte 4. */
export function checkFileKind(bytes: Uint8Array): void {
  if (isTflite(bytes)) return;
  const [what, advice] = describe(bytes);
  throw new DepthwiseError(
    'MODEL_INVALID',
    `The model is not a .tflite file but ${what} (${bytes.length} bytes); ` +
      `expected: "${FILE_IDENTIFIER}" at byte 4. ${advice}.`,
  );
}
