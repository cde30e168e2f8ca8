/** A frame: a picture as a camera or a decoder delivers it. docs/pictures.md specifies the formats. */

/** How pixels stand in memory, in the order of the bytes. */
export const FRAME_FORMATS = {
  /** One byte a pixel. */
  grey: { bytes: 1, pixels: 1 },
  /** Two bytes a pixel, low byte first: RRRRRGGG GGGBBBBB as a 16-bit word. */
  rgb565: { bytes: 2, pixels: 1 },
  /** RGB565 with the high byte first. */
  rgb565be: { bytes: 2, pixels: 1 },
  /** R, G, B. */
  rgb888: { bytes: 3, pixels: 1 },
  /** Two pixels in four bytes: Y0, U, Y1, V. */
  yuyv: { bytes: 4, pixels: 2 },
  /** Two pixels in four bytes: U, Y0, V, Y1. */
  uyvy: { bytes: 4, pixels: 2 },
} as const;

export type FrameFormat = keyof typeof FRAME_FORMATS;

export interface Frame {
  width: number;
  height: number;
  format: FrameFormat;
  /** Rows from the top, one behind the other, rowBytes() each. */
  data: Uint8Array;
}

/** Bytes of a row of a frame: of an odd width, the last pair of yuyv and uyvy is there as a whole. */
export function rowBytes(format: FrameFormat, width: number): number {
  const { bytes, pixels } = FRAME_FORMATS[format];
  return Math.ceil(width / pixels) * bytes;
}

/** Puts pixel x of a row that begins at byte `row` into `planes` from `at` on. */
type Unpack = (data: Uint8Array, row: number, x: number, planes: Uint8Array, at: number) => void;

const put = (planes: Uint8Array, at: number, red: number, green: number, blue: number): void => {
  planes[at] = red;
  planes[at + 1] = green;
  planes[at + 2] = blue;
};

/** The highest bits once more below, so that the ends become 0 and 255. */
const unpack565 =
  (low: 0 | 1): Unpack =>
  (data, row, x, planes, at) => {
    const word = (data[row + 2 * x + 1 - low] << 8) | data[row + 2 * x + low];
    const [red, green, blue] = [word >> 11, (word >> 5) & 63, word & 31];
    put(planes, at, (red << 3) | (red >> 2), (green << 2) | (green >> 4), (blue << 3) | (blue >> 2));
  };

const clamped = (value: number): number => Math.min(255, Math.max(0, value));

/** ITU-R BT.601 over the full range of 0..255, as JFIF has it, in 16-bit fixed point: 1.402, 0.344136, 0.714136, 1.772. */
const unpackYuv =
  (luma: 0 | 1): Unpack =>
  (data, row, x, planes, at) => {
    const pair = row + 4 * (x >> 1);
    const y = data[pair + luma + 2 * (x & 1)];
    const [u, v] = [data[pair + 1 - luma] - 128, data[pair + 3 - luma] - 128];
    const red = y + ((91881 * v + 32768) >> 16);
    const green = y + ((-22554 * u - 46802 * v + 32768) >> 16);
    put(planes, at, clamped(red), clamped(green), clamped(y + ((116130 * u + 32768) >> 16)));
  };

/** Luma is a byte of its own. */
const unpackY =
  (luma: 0 | 1): Unpack =>
  (data, row, x, planes, at) => {
    planes[at] = data[row + 4 * (x >> 1) + luma + 2 * (x & 1)];
  };

const unpackGrey: Unpack = (data, row, x, planes, at) => {
  planes[at] = data[row + x];
};

/**
 * Luma of ITU-R BT.601 in 16-bit fixed point, 0.299 R + 0.587 G + 0.114 B: the factors add up to 65536, so that pixels
 * which are grey already keep their value.
 */
function toLuma(unpack: Unpack): Unpack {
  const rgb = new Uint8Array(3);
  return (data, row, x, planes, at) => {
    unpack(data, row, x, rgb, 0);
    planes[at] = (19595 * rgb[0] + 38470 * rgb[1] + 7471 * rgb[2] + 32768) >>> 16;
  };
}

const unpackRgb: Unpack = (data, row, x, planes, at) => {
  put(planes, at, data[row + 3 * x], data[row + 3 * x + 1], data[row + 3 * x + 2]);
};

const COLOURS: Record<Exclude<FrameFormat, 'grey'>, Unpack> = {
  rgb565: unpack565(0),
  rgb565be: unpack565(1),
  rgb888: unpackRgb,
  yuyv: unpackYuv(0),
  uyvy: unpackYuv(1),
};

const GREYS: Record<FrameFormat, Unpack> = {
  grey: unpackGrey,
  rgb565: toLuma(COLOURS.rgb565),
  rgb565be: toLuma(COLOURS.rgb565be),
  rgb888: toLuma(COLOURS.rgb888),
  yuyv: unpackY(0),
  uyvy: unpackY(1),
};

/** Red, green and blue of a frame that has colours, for an input of 3 channels; else luma. */
export const planesOf = (format: FrameFormat, channels: number): 1 | 3 => (format === 'grey' || channels === 1 ? 1 : 3);

/** `count` pixels of row y from `left` on, as planes together. */
export function unpackRow(
  { width, format, data }: Frame,
  y: number,
  left: number,
  count: number,
  planes: 1 | 3,
): Uint8Array {
  const unpack = planes === 1 || format === 'grey' ? GREYS[format] : COLOURS[format];
  const row = y * rowBytes(format, width);
  const result = new Uint8Array(count * planes);
  for (let x = 0; x < count; x++) unpack(data, row, left + x, result, x * planes);
  return result;
}
