/**
 * BMP pictures, decoded by bmp-ts. The header is read here first: what bmp-ts would decode wrongly (run lengths, 1, 4
 * and 16 bits a pixel) is refused, and where it would look for pixels or channel masks in the wrong place it is given
 * a file that has them there.
 */
import { decode } from 'bmp-ts';
import type { Frame } from '../pictures/frame.js';

const FILE_HEADER = 14;
const INFO_HEADER = 40;
/** BITMAPINFOHEADER, its versions 2 and 3, and BITMAPV4HEADER and V5. */
const HEADERS = [40, 52, 56, 108, 124];
const PLAIN = 0;
const BITFIELDS = 3;
const ALPHA_BITFIELDS = 6;
/** Red, green, blue, alpha: what 32 bits a pixel mean without masks of their own. */
const DEFAULT_MASKS = [0x00ff0000, 0x0000ff00, 0x000000ff, 0];

/** RGB, top row first. Throws an Error that says what was found and what is supported. */
export function decodeBmp(file: Uint8Array): Frame {
  const { width, height, data } = decode(Buffer.from(normalized(file)));
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    // bmp-ts gives alpha, blue, green, red.
    for (let c = 0; c < 3; c++) rgb[3 * pixel + c] = data[4 * pixel + 3 - c];
  }
  return { width, height, format: 'rgb888', data: rgb };
}

/** The picture as a file that bmp-ts reads rightly. */
function normalized(file: Uint8Array): Uint8Array {
  if (file.length < FILE_HEADER + INFO_HEADER) throw new Error(`${file.length} bytes, a BMP has 54 at least`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const offset = view.getUint32(10, true);
  const headerBytes = view.getUint32(14, true);
  const width = view.getInt32(18, true);
  const height = Math.abs(view.getInt32(22, true));
  const bits = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  const colors = view.getUint32(46, true);
  if (!HEADERS.includes(headerBytes)) throw new Error(`a BMP header of ${headerBytes} bytes; supported: ${HEADERS}`);
  if (![8, 24, 32].includes(bits)) throw new Error(`${bits} bits a pixel; supported: 8 with a palette, 24 and 32`);
  const masked = bits === 32 && (compression === BITFIELDS || compression === ALPHA_BITFIELDS);
  if (compression !== PLAIN && !masked) throw new Error(`compression ${compression}; supported: none`);
  if (width < 1 || height < 1) throw new Error(`${width}x${height} pixels`);
  if (bits === 8 && colors > 256) throw new Error(`a palette of ${colors} colours; 256 at most`);

  const maskBytes = headerBytes > INFO_HEADER ? 0 : compression === BITFIELDS ? 12 : masked ? 16 : 0;
  const paletteBytes = 4 * (bits === 8 ? colors || 256 : colors);
  const pixelsAt = FILE_HEADER + headerBytes + maskBytes + paletteBytes;
  const pixelBytes = Math.ceil((width * bits) / 32) * 4 * height;
  if (offset < FILE_HEADER + headerBytes || offset + pixelBytes > file.length) {
    throw new Error(`${file.length} bytes; ${width}x${height} pixels end at ${offset + pixelBytes}`);
  }
  const whole = new Uint8Array(pixelsAt + pixelBytes);
  whole.set(file.subarray(0, Math.min(pixelsAt, offset)));
  whole.set(file.subarray(offset, offset + pixelBytes), pixelsAt);
  if (bits === 32 && !masked && headerBytes > INFO_HEADER) {
    const masks = new DataView(whole.buffer, FILE_HEADER + INFO_HEADER);
    const present = DEFAULT_MASKS.slice(0, Math.min(4, (headerBytes - INFO_HEADER) / 4));
    present.forEach((mask, i) => {
      masks.setUint32(4 * i, mask, true);
    });
  }
  return whole;
}
