/** sharp, which decodes and encodes pictures: an optional peer dependency. */
import { DepthwiseError } from '../errors.js';

/** The part of its interface that is used here. */
interface SharpImage {
  rotate(): SharpImage;
  toColourspace(space: string): SharpImage;
  removeAlpha(): SharpImage;
  composite(layers: { input: Buffer }[]): SharpImage;
  raw(): SharpImage;
  png(): SharpImage;
  toBuffer(): Promise<Buffer>;
  toBuffer(options: { resolveWithObject: true }): Promise<{
    data: Uint8Array;
    info: { width: number; height: number; channels: number };
  }>;
}
/** Opens a file, or pixels that `raw` describes. */
export type Sharp = (
  bytes: Uint8Array,
  options?: { raw: { width: number; height: number; channels: number } },
) => SharpImage;

/** A variable, so that neither tsc nor a bundler looks for a package that may not be there. */
const SHARP: string = 'sharp';
export const importSharp = async (): Promise<Sharp> => (await import(SHARP)).default;

/**
 * @param missing what to say where it is not installed.
 * @param load for tests.
 * @throws DepthwiseError PACKAGE_MISSING.
 */
export async function loadSharp(missing: string, load = importSharp): Promise<Sharp> {
  try {
    return await load();
  } catch (cause) {
    throw new DepthwiseError('PACKAGE_MISSING', missing, { cause });
  }
}
