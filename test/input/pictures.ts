/** Writers of small picture files, byte by byte, so that decoders are tested against something else than encoders. */
import { deflateSync } from 'node:zlib';
import CRC32 from 'crc-32';
import type { Frame } from '../../src/pictures/frame.js';

export interface BmpChoice {
  bits?: 8 | 24 | 32;
  headerBytes?: 40 | 108 | 124;
  topDown?: boolean;
  /** Bytes between the headers and the pixels. */
  gap?: number;
  /** Red, green, blue, alpha: BI_BITFIELDS with 32 bits. */
  masks?: readonly number[];
  compression?: number;
  /** 8 bits: [red, green, blue] by index. */
  palette?: readonly (readonly number[])[];
}

/** `pixels` are RGB, or palette indices with 8 bits; top row first. */
export function bmp(width: number, height: number, pixels: ArrayLike<number>, choice: BmpChoice = {}): Uint8Array {
  const { bits = 24, headerBytes = 40, topDown = false, gap = 0, masks, palette } = choice;
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  const maskBytes = masks && headerBytes === 40 ? 12 : 0;
  const paletteAt = 14 + headerBytes + maskBytes;
  const pixelsAt = paletteAt + 4 * (palette?.length ?? 0) + gap;
  const file = new Uint8Array(pixelsAt + rowBytes * height);
  const view = new DataView(file.buffer);
  const u32 = (at: number, value: number): void => view.setUint32(at, value, true);
  file.set([0x42, 0x4d]);
  u32(2, file.length);
  u32(10, pixelsAt);
  u32(14, headerBytes);
  u32(18, width);
  view.setInt32(22, topDown ? -height : height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, bits, true);
  u32(30, choice.compression ?? (masks ? 3 : 0));
  u32(46, palette?.length ?? 0);
  masks?.slice(0, headerBytes === 40 ? 3 : 4).forEach((mask, i) => {
    u32(54 + 4 * i, mask);
  });
  palette?.forEach(([red, green, blue], i) => {
    file.set([blue, green, red, 0], paletteAt + 4 * i);
  });
  const shifts = (masks ?? [0xff0000, 0xff00, 0xff]).slice(0, 3).map((mask) => 31 - Math.clz32(mask) - 7);
  for (let y = 0; y < height; y++) {
    const row = pixelsAt + (topDown ? y : height - 1 - y) * rowBytes;
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (bits === 8) file[row + x] = pixels[i];
      else if (bits === 24) file.set([pixels[3 * i + 2], pixels[3 * i + 1], pixels[3 * i]], row + 3 * x);
      else if (bits === 32)
        u32(row + 4 * x, shifts.reduce((value, shift, c) => value | (pixels[3 * i + c] << shift), 0) >>> 0);
    }
  }
  return file;
}

/** 8-bit RGB, or RGBA where there are four values a pixel. */
export function png(width: number, height: number, pixels: ArrayLike<number>): Uint8Array {
  const channels = pixels.length / (width * height);
  const chunk = (name: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(CRC32.buf(body) >>> 0, 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, channels === 4 ? 6 : 2], 8);
  const rows = Buffer.alloc(height * (1 + width * channels));
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < width * channels; i++) {
      rows[y * (1 + width * channels) + 1 + i] = pixels[y * width * channels + i];
    }
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', new Uint8Array())];
  return new Uint8Array(Buffer.concat([signature, ...chunks]));
}

/** A picture of bytes that differ from each other. */
export function pattern(width: number, height: number, channels: 1 | 3 = 3): Frame {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 37 + (i >> 5)) & 255);
  return { width, height, format: channels === 1 ? 'grey' : 'rgb888', data };
}
