/** Files that the build puts into dist/: the same lookup from src/ under tsx and from the bundled dist/*.js. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DepthwiseError } from './errors.js';

/**
 * Bytes of dist/NAME.
 * @throws DepthwiseError TOOL_MISSING where it has not been built.
 */
export function asset(name: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(readFileSync(assetUrl(name)));
  } catch (cause) {
    throw new DepthwiseError('TOOL_MISSING', `dist/${name} has not been built: run "npm run build" first`, { cause });
  }
}

/** Path of dist/NAME, for other programs. */
export function assetPath(name: string): string {
  return fileURLToPath(new URL(`../dist/${name}`, import.meta.url));
}

/** The folder of the C sources. */
export function glueFolder(): string {
  return fileURLToPath(new URL('../firmware-glue', import.meta.url));
}

/** URL of dist/NAME, whether it has been built or not. */
export function assetUrl(name: string): URL {
  return new URL(`../dist/${name}`, import.meta.url);
}

/** The folder of the board descriptions, as a URL that ends in a slash. */
export function targetsDirectory(): URL {
  return new URL('../targets/', import.meta.url);
}

/** Every file below a folder by its path in there, with / between folders. */
export function readTree(folder: string): Map<string, Uint8Array> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return new Map(files.map((name) => [name.split(sep).join('/'), new Uint8Array(readFileSync(join(folder, name)))]));
}

/** The trainer, which is part of the repository alone. */
export function trainerUrl(): URL {
  return new URL('../tools/train/candidate.py', import.meta.url);
}
