/** Random frames for random inputs, as records that test/qemu/pictures.c reads, and what docs/pictures.md makes of them. */
import { FITS, type FitName, fitFrame, isPossible, toFrame } from '../../src/pictures/fit.js';
import { FRAME_FORMATS, type Frame, type FrameFormat, rowBytes } from '../../src/pictures/frame.js';
import { frameToInput } from '../../src/pictures/input.js';
import { type PixelMap, pixelBytes } from '../../src/pictures/pixels.js';
import * as L from '../../src/program/layout.js';
import { seededRandom } from '../graph/builder.js';

export interface Case {
  frame: Frame;
  fit: FitName;
  input: { width: number; height: number; channels: 1 | 3 };
  dtype: 'int8' | 'uint8';
  pixels: PixelMap;
  /** In 1/16 pixel of the input. */
  box: { x: number; y: number; width: number; height: number };
}

const FORMATS = Object.keys(FRAME_FORMATS) as FrameFormat[];

/** Sizes that cameras and models have. */
const USUAL = [1, 2, 3, 28, 32, 48, 64, 71, 96, 100, 120, 128, 160, 161];

/** `count` of them, of `most` pixels at most; the same ones for a seed. */
export function randomCases(count: number, seed: number, most = 30000): Case[] {
  const random = seededRandom(seed);
  const integer = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));
  const pick = <T>(values: readonly T[]): T => values[integer(0, values.length - 1)];
  const side = (): number => {
    const kind = random();
    if (kind < 0.5) return integer(1, 200);
    return kind < 0.9 ? pick(USUAL) : integer(200, 5000);
  };
  const cases: Case[] = [];
  while (cases.length < count) {
    const frameSize = { width: side(), height: side() };
    const input = { width: Math.min(side(), 1200), height: side(), channels: pick([1, 3] as const) };
    const fit = pick(FITS);
    const pixelsOf = ({ width, height }: { width: number; height: number }): number => width * height;
    if (pixelsOf(frameSize) > most || pixelsOf(input) > most || !isPossible(fitFrame(frameSize, input, fit))) continue;
    const format = pick(FORMATS);
    const bytes = rowBytes(format, frameSize.width) * frameSize.height;
    const dtype = pick(['int8', 'uint8'] as const);
    const level = { multiplier: 65536, offset: dtype === 'int8' ? -128 * 65536 : 0 };
    cases.push({
      frame: { ...frameSize, format, data: content(pick(['noise', 'edges', 'white']), bytes, integer) },
      fit,
      input,
      dtype,
      pixels: random() < 0.5 ? level : { multiplier: integer(-200000, 200000), offset: integer(-(2 ** 24), 2 ** 24) },
      box: {
        x: integer(-16 * input.width, 32 * input.width),
        y: integer(-16 * input.height, 32 * input.height),
        width: integer(0, 32 * input.width),
        height: integer(0, 32 * input.height),
      },
    });
  }
  return cases;
}

function content(
  kind: 'noise' | 'edges' | 'white',
  bytes: number,
  integer: (a: number, b: number) => number,
): Uint8Array {
  if (kind === 'white') return new Uint8Array(bytes).fill(255);
  const period = integer(1, 99);
  return Uint8Array.from({ length: bytes }, (_, i) =>
    kind === 'noise' ? integer(0, 255) : 255 * (Math.floor(i / period) & 1),
  );
}

/** What comes out: the bytes of the input, and the box as one of the frame: x, y, width, height. */
export function expectedOf({ frame, fit: name, input, dtype, pixels, box }: Case): {
  bytes: Uint8Array;
  box: number[];
} {
  const { bytes, fit } = frameToInput(frame, { ...input, bytes: pixelBytes(pixels, dtype) }, name, 'frame');
  const { x, y, width, height } = toFrame(fit, box);
  return { bytes, box: [x, y, width, height] };
}

/** The record of a port, as it stands in a .dw file. */
export function portRecord({ input, dtype, pixels }: Case): Uint8Array {
  const record = new Uint8Array(L.PORT_BYTES);
  const view = new DataView(record.buffer);
  const u32 = (field: number, value: number): void => view.setUint32(field, value >>> 0, true);
  u32(L.P_BYTES, input.height * input.width * input.channels);
  [1, input.height, input.width, input.channels].forEach((dim, i) => {
    u32(L.P_SHAPE + 4 * i, dim);
  });
  u32(L.P_DTYPE, dtype === 'uint8' ? L.DTYPE_UINT8 : L.DTYPE_INT8);
  u32(L.P_PIXEL_MULTIPLIER, pixels.multiplier);
  u32(L.P_PIXEL_OFFSET, pixels.offset);
  return record;
}

/** Everything of a case, for test/qemu/pictures.c. */
export function caseRecord(one: Case): Uint8Array {
  const { frame, fit, box } = one;
  const head = [frame.width, frame.height, FORMATS.indexOf(frame.format), FITS.indexOf(fit)];
  const words = Int32Array.from([...head, box.x, box.y, box.width, box.height]);
  return Uint8Array.from([...new Uint8Array(words.buffer), ...portRecord(one), ...frame.data]);
}
