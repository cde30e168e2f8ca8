/** The runtime for boards, dist/depthwise.js or a smaller build of it: a plain script that wants `module`. */
import { asset } from '../assets.js';
import type { Net } from '../board-js/net.js';
import type { Blob } from '../board-js/open.js';
import { crc32 } from '../format/crc32.js';

export interface Runtime {
  open(blob: Blob): Net;
}

/** Its builds, the smallest first: for Espruino, whose functions in C some kernels use, and for other engines. */
const ESPRUINO = ['depthwise.mobilenet.espruino.js', 'depthwise.js'] as const;
const PLAIN = ['depthwise.mobilenet.js', 'depthwise.js'] as const;
export type Flavour = (typeof ESPRUINO | typeof PLAIN)[number];

/** The part of Espruino's object E that opening a network looks for. */
export const ESPRUINO_OBJECT = {
  CRC32: ({ buffer, byteOffset, length }: Int8Array): number => crc32(new Uint8Array(buffer, byteOffset, length)),
  convolve: (): void => {},
};

/** Runs the script. @param globals stand in for globals of the same names. */
export function loadRuntime(file: Flavour, globals: Record<string, unknown> = {}): Runtime {
  const module = { exports: {} as Runtime };
  // To Node this package's .js files are ES modules, so it cannot be imported.
  const script = new TextDecoder().decode(asset(file));
  new Function('module', ...Object.keys(globals), script)(module, ...Object.values(globals));
  return module.exports;
}

/** The smallest build that has every kernel which the model needs: the one that opens it. */
export function flavourFor(blob: Uint8Array, espruino: boolean): Flavour {
  const globals = espruino ? { E: ESPRUINO_OBJECT } : {};
  return (espruino ? ESPRUINO : PLAIN).find((file) => opens(file, blob, globals)) ?? 'depthwise.js';
}

function opens(file: Flavour, blob: Uint8Array, globals: Record<string, unknown>): boolean {
  try {
    loadRuntime(file, globals).open(blob);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'KIND') return false;
    throw error;
  }
}
