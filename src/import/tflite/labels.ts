/**
 * Class names that travel with a model: in a metadata buffer that this project writes, or as a text file in the zip
 * archive that TFLite metadata appends to the model.
 */
import { inflateRawSync } from 'node:zlib';
import type { Table } from '../../tflite/read.js';
import { LABELS_METADATA, METADATA, MODEL } from '../../tflite/schema.js';
import { bufferBytes, metadataNames } from './tensors.js';

const MAX_LABEL_BYTES = 2 ** 20;
const MAX_LABELS = 2 ** 16;

const END_OF_DIRECTORY = 0x06054b50;
const END_BYTES = 22;
const DIRECTORY_ENTRY = 0x02014b50;
const DIRECTORY_ENTRY_BYTES = 46;
const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;

/** Lines of a UTF-8 text; a newline at the end ends the last line. */
export function parseLabels(text: Uint8Array): string[] {
  const lines = new TextDecoder().decode(text).split(/\r\n|\r|\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines.slice(0, MAX_LABELS);
}

/** Labels of the model, or undefined. Damaged archives count as none: a model runs without names. */
export function readLabels(file: Uint8Array, model: Table): string[] | undefined {
  const own = metadataNames(model).indexOf(LABELS_METADATA);
  if (own >= 0) {
    const buffer = model.element(MODEL.metadata, own, `metadata ${own}`).uint32(METADATA.buffer);
    return parseLabels(bufferBytes(file, model, buffer).subarray(0, MAX_LABEL_BYTES));
  }
  const text = zippedText(file);
  return text && parseLabels(text);
}

/** The first .txt file of a zip archive at the end of the bytes. */
function zippedText(file: Uint8Array): Uint8Array | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const end = file.length - END_BYTES;
  if (end < 0 || view.getUint32(end, true) !== END_OF_DIRECTORY) return undefined;
  const entries = Math.min(64, view.getUint16(end + 10, true));
  let at = view.getUint32(end + 16, true);
  for (let i = 0; i < entries; i++) {
    if (at + DIRECTORY_ENTRY_BYTES > end || view.getUint32(at, true) !== DIRECTORY_ENTRY) return undefined;
    const nameBytes = view.getUint16(at + 28, true);
    const name = file.subarray(at + DIRECTORY_ENTRY_BYTES, at + DIRECTORY_ENTRY_BYTES + nameBytes);
    if (/\.txt$/i.test(String.fromCharCode(...name.subarray(-4)))) {
      return unzip(
        file,
        view,
        view.getUint32(at + 42, true),
        view.getUint16(at + 10, true),
        view.getUint32(at + 20, true),
      );
    }
    at += DIRECTORY_ENTRY_BYTES + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return undefined;
}

function unzip(file: Uint8Array, view: DataView, header: number, method: number, size: number): Uint8Array | undefined {
  if (header + LOCAL_HEADER_BYTES > file.length || view.getUint32(header, true) !== LOCAL_HEADER) return undefined;
  const start = header + LOCAL_HEADER_BYTES + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
  if (start + size > file.length || size > MAX_LABEL_BYTES) return undefined;
  const packed = file.subarray(start, start + size);
  if (method === 0) return packed;
  if (method !== 8) return undefined;
  try {
    return inflateRawSync(packed, { maxOutputLength: MAX_LABEL_BYTES });
  } catch {
    return undefined;
  }
}
