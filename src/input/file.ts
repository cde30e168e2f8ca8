/** Files that the user hands in. */
import { readFileSync } from 'node:fs';
import { DepthwiseError } from '../errors.js';

/** @throws DepthwiseError INPUT_UNREADABLE. */
export function readInputFile(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DepthwiseError('INPUT_UNREADABLE', `${path} cannot be read: ${reason}. Check the path.`, { cause });
  }
}
