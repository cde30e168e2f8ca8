/** Pictures: recognised by their first bytes, decoded to 8-bit RGB at full size. */
import { DepthwiseError } from '../errors.js';
import type { Frame } from '../pictures/frame.js';
import { decodeBmp } from './bmp.js';
import { importSharp, loadSharp, type Sharp } from './sharp.js';

export type PictureFormat = 'PNG' | 'JPEG' | 'BMP';

const SIGNATURES: readonly [PictureFormat, readonly number[]][] = [
  ['PNG', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['JPEG', [0xff, 0xd8, 0xff]],
  ['BMP', [0x42, 0x4d]],
];

export function pictureFormat(file: Uint8Array): PictureFormat | undefined {
  return SIGNATURES.find(([, signature]) => signature.every((byte, i) => file[i] === byte))?.[0];
}

/**
 * Decodes PNG, JPEG (by sharp) or BMP to RGB. An alpha channel is dropped and the colours beneath kept as stored, as
 * Pillow's convert('RGB') and TensorFlow do; the orientation that cameras note in a JPEG is applied, as viewers do.
 * `place` names the file in messages; `load` is for tests.
 * @throws DepthwiseError PICTURE_INVALID, or PACKAGE_MISSING where sharp is needed and not installed.
 */
export async function decodePicture(file: Uint8Array, place: string, load = importSharp): Promise<Frame> {
  const format = pictureFormat(file);
  if (format === undefined) {
    const advice = 'Convert it to one of these';
    throw new DepthwiseError(
      'PICTURE_INVALID',
      `${place}: no picture was recognised; PNG, JPEG and BMP are. ${advice}.`,
    );
  }
  try {
    return format === 'BMP' ? decodeBmp(file) : await decodeWithSharp(file, place, format, load);
  } catch (cause) {
    if (cause instanceof DepthwiseError) throw cause;
    // libvips repeats itself over several lines.
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    const advice = 'Save the picture again, as 24-bit BMP, PNG or JPEG';
    throw new DepthwiseError('PICTURE_INVALID', `${place}: this ${format} cannot be decoded: ${reason}. ${advice}.`, {
      cause,
    });
  }
}

async function decodeWithSharp(
  file: Uint8Array,
  place: string,
  format: PictureFormat,
  load: () => Promise<Sharp>,
): Promise<Frame> {
  const missing =
    `${place} is a ${format}, and the package sharp, which reads these, is not installed: npm install sharp. ` +
    'BMP pictures need no package.';
  const sharp = await loadSharp(missing, load);
  const image = sharp(file).rotate().toColourspace('srgb').removeAlpha().raw();
  const { data, info } = await image.toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`${info.channels} channels`);
  return { width: info.width, height: info.height, format: 'rgb888', data: new Uint8Array(data) };
}
