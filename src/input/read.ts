/**
 * Input files of a model: raw tensor bytes, .npy arrays, pictures. What a file is, in this order: `.bin` is raw; `.npy`,
 * or what begins as one, is an array; what begins as PNG, JPEG or BMP is a picture; anything else is raw.
 */
import { extname } from 'node:path';
import { DepthwiseError } from '../errors.js';
import { elements, hwc } from '../graph/graph.js';
import type { Fit, FitName, Size } from '../pictures/fit.js';
import type { Frame } from '../pictures/frame.js';
import { frameToInput } from '../pictures/input.js';
import { pixelBytes, pixelMapping } from '../pictures/pixels.js';
import { readInputFile } from './file.js';
import { isNpy, readNpy } from './npy.js';
import { decodePicture, pictureFormat } from './picture.js';
import { type InputPort, quantizeValues } from './quantize.js';

export type { InputPort } from './quantize.js';

const PICTURE_EXTENSIONS = ['.png', '.jpg', '.jpeg', '.bmp', '.gif', '.webp', '.tif', '.tiff'];

/** A picture, and which part of it stands where in an input. */
export interface Shown {
  frame: Frame;
  fit: Fit;
}

export interface Inputs {
  /** Raw bytes of `port.dtype`, as an engine takes them for one inference. */
  records: Uint8Array[];
  /** Pictures only: how it was cropped and how its pixels became values (docs/pictures.md), for the user. */
  mapping?: string;
  /** Pictures only. */
  shown?: Shown;
}

/**
 * Reads the records of a file; a picture is one record.
 * @param fit what of a picture that has another shape than the model's input.
 * @throws DepthwiseError INPUT_UNREADABLE, INPUT_SIZE, PICTURE_INVALID, PACKAGE_MISSING.
 */
export async function readInputs(file: string, port: InputPort, fit: FitName = 'crop'): Promise<Inputs> {
  const bytes = readInputFile(file);
  const extension = extname(file).toLowerCase();
  if (extension === '.bin') return { records: rawRecords(bytes, file, port) };
  if (extension === '.npy' || isNpy(bytes)) return { records: arrayRecords(bytes, file, port) };
  const picture = PICTURE_EXTENSIONS.includes(extension) || pictureFormat(bytes) !== undefined;
  return picture ? pictureRecord(bytes, file, port, fit) : { records: rawRecords(bytes, file, port) };
}

function rawRecords(bytes: Uint8Array, file: string, port: InputPort): Uint8Array[] {
  const size = elements(port.shape) * (port.float32 ? 4 : 1);
  if (bytes.length === 0 || bytes.length % size !== 0) {
    const type = port.float32 ? 'float32' : port.dtype;
    const expected = `${size} ([${port.shape}] ${type}), or a multiple of it for several inputs`;
    throw new DepthwiseError('INPUT_SIZE', `${file} has ${bytes.length} bytes; expected ${expected}.`);
  }
  if (!port.float32) return split(bytes, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
  return split(quantizeValues(values, port), size / 4);
}

const split = (bytes: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: bytes.length / size }, (_, i) => bytes.subarray(i * size, (i + 1) * size));

/** int8 and uint8 arrays of the model's own type are its bytes; float arrays are real values. */
function arrayRecords(file: Uint8Array, place: string, port: InputPort): Uint8Array[] {
  const { shape, type, values } = readNpy(file, place);
  checkShape(shape, place, port);
  if (values instanceof Float32Array || values instanceof Float64Array) {
    return split(quantizeValues(Float32Array.from(values), port), elements(port.shape));
  }
  const found = type === 'i1' ? 'int8' : 'uint8';
  if (port.float32 || found !== port.dtype) {
    const expected = port.float32 ? 'float32' : `${port.dtype}, or float32 with real values`;
    throw new DepthwiseError(
      'INPUT_UNREADABLE',
      `${place} has ${found} values; this model takes ${expected}. Convert the array with numpy.astype.`,
    );
  }
  return split(new Uint8Array(values.buffer, values.byteOffset, values.length), elements(port.shape));
}

/**
 * One record or several: the model's shape with or without its batch dimension, dimensions of 1 left out or not, or flat.
 * Other orders of the same dimensions (channels first) are refused: their bytes would be taken for something else.
 */
function checkShape(shape: readonly number[], place: string, port: InputPort): void {
  const significant = (dims: readonly number[]): string => String(dims.filter((dim) => dim !== 1));
  const fits = (dims: readonly number[]): boolean =>
    significant(dims) === significant(port.shape) || significant(dims) === significant([elements(port.shape)]);
  if (elements(shape) > 0 && (fits(shape) || fits(shape.slice(1)))) return;
  const [height, width, channels] = hwc(port.shape);
  const first = significant(shape.slice(-3)) === significant([channels, height, width]) && channels > 1;
  throw new DepthwiseError(
    'INPUT_SIZE',
    `${place} has shape [${shape}]; expected [${port.shape}], or [N,${port.shape.slice(1)}] for N inputs.` +
      `${first ? ' Channels come last here: numpy.moveaxis(x, -3, -1).' : ''}`,
  );
}

async function pictureRecord(bytes: Uint8Array, file: string, port: InputPort, fitName: FitName): Promise<Inputs> {
  const [height, width, channels] = hwc(port.shape);
  if (channels !== 1 && channels !== 3) {
    throw new DepthwiseError(
      'INPUT_SIZE',
      `${file} is a picture; this model takes [${port.shape}], and pictures fit 1 (grey) or 3 (RGB) channels. ` +
        'Give the input as .bin or .npy.',
    );
  }
  const frame = await decodePicture(bytes, file);
  const pixels = { ...pixelMapping(port), ...port.pixels };
  const input = { width, height, channels, bytes: pixelBytes(pixels, port.dtype) } as const;
  const { bytes: record, fit } = frameToInput(frame, input, fitName, file);
  return {
    records: [record],
    mapping: [...geometry(frame, fit, input), channels === 1 ? 'grey' : 'RGB', pixels.rule].join(', '),
    shown: { frame, fit },
  };
}

/** The change of a picture's size, in words. */
function geometry(frame: Size, { part, place }: Fit, input: Size): string[] {
  const same = (a: Size, b: Size): boolean => a.width === b.width && a.height === b.height;
  const words = ({ width, height }: Size): string => `${width}x${height}`;
  return [
    words(frame),
    ...(same(part, frame) ? [] : [`central ${words(part)}`]),
    ...(same(part, place) ? [] : [`resampled to ${words(place)}`]),
    ...(same(place, input) ? [] : ['letterboxed']),
  ];
}
