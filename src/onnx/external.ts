/** Weights that an ONNX file keeps in other files beside it (onnx/onnx.proto, TensorProto.external_data). */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { DepthwiseError } from '../errors.js';

/** Bytes that all tensors of a model may take from other files. */
const MOST_BYTES = 2 ** 27;

/** Where a tensor's bytes are. Without a length they reach to the end of the file. */
export interface ExternalPlace {
  location: string;
  offset: number;
  length?: number;
}

/** The files in `folder`, each read once. Without a folder the model has come alone. */
export class ExternalData {
  private readonly files = new Map<string, Uint8Array>();
  private taken = 0;

  constructor(private readonly folder?: string) {}

  /** The bytes of a tensor; `place` names it in messages. Throws MODEL_INVALID, MODEL_UNSUPPORTED, MODEL_TOO_LARGE. */
  read(place: string, { location, offset, length: stated }: ExternalPlace): Uint8Array {
    const file = this.file(place, location);
    const length = stated ?? file.length - offset;
    const whole = Number.isInteger(offset) && Number.isInteger(length);
    if (!whole || offset < 0 || length < 0 || offset + length > file.length) {
      throw new DepthwiseError(
        'MODEL_INVALID',
        `${place}: bytes ${offset} to ${offset + length} of "${location}", which has ${file.length}. ` +
          'The two files do not belong together, or one is damaged: export the model again.',
      );
    }
    this.taken += length;
    if (this.taken > MOST_BYTES) throw tooLarge(place, `${this.taken} bytes of weights`);
    return file.subarray(offset, offset + length);
  }

  private file(place: string, location: string): Uint8Array {
    const known = this.files.get(location);
    if (known) return known;
    if (this.folder === undefined) {
      throw new DepthwiseError(
        'MODEL_UNSUPPORTED',
        `${place}: its data are in another file, "${location}", and the model was read without its folder; ` +
          'supported: data in the model, or beside its file. Export the model without external data.',
      );
    }
    const path = join(this.folder, location);
    if (location === '' || location.includes('\0') || isAbsolute(location) || !isInside(path, this.folder)) {
      throw outside(place, location);
    }
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats) {
      throw new DepthwiseError(
        'MODEL_INVALID',
        `${place}: its data are in another file, ${path}, which is missing. Put it beside the .onnx file, or export the ` +
          'model again without external data.',
      );
    }
    if (!stats.isFile() || !isInside(realpathSync(path), realpathSync(this.folder))) throw outside(place, location);
    if (stats.size > MOST_BYTES) throw tooLarge(place, `a file "${location}" of ${stats.size} bytes`);
    const bytes = new Uint8Array(readFileSync(path));
    this.files.set(location, bytes);
    return bytes;
  }
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function outside(place: string, location: string): DepthwiseError {
  return new DepthwiseError(
    'MODEL_INVALID',
    `${place}: its data are in "${location}"; expected: a file in the folder of the .onnx file. Export the model again.`,
  );
}

function tooLarge(place: string, found: string): DepthwiseError {
  return new DepthwiseError('MODEL_TOO_LARGE', `${place}: ${found}; ${MOST_BYTES} at most. Make the layers smaller.`);
}
