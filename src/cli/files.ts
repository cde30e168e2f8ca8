/** Files that commands write: whole or not at all. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DepthwiseError, type ErrorCode } from '../errors.js';

/** @throws DepthwiseError with `code` where the file cannot be read. */
export function readFile(path: string, code: ErrorCode): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw new DepthwiseError(code, `${path} cannot be read: ${reason(cause)}. Check the path and its permissions.`, {
      cause,
    });
  }
}

/** Writes beside the target first and renames, so that a failure leaves nothing half-written. */
export function writeFile(path: string, content: Uint8Array | string): void {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw unwritable(path, cause);
  }
}

/** A folder to write into; made where it does not exist. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

function unwritable(path: string, cause: unknown): DepthwiseError {
  const advice = 'Check that its folder exists and may be written.';
  return new DepthwiseError('OUTPUT_UNWRITABLE', `${path} cannot be written: ${reason(cause)}. ${advice}`, { cause });
}

const reason = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
