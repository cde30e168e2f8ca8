/** The runtime for boards, dist/depthwise.js or a smaller build of it: a plain script that wants `module`. */
import { asset } from '../assets.js';
import type { Net } from '../runtime/net.js';
import type { Blob } from '../runtime/open.js';

export interface Runtime {
  open(blob: Blob): Net;
}

/** Its builds, the smallest first. */
export const FLAVOURS = ['depthwise.mobilenet.js', 'depthwise.js'] as const;
export type Flavour = (typeof FLAVOURS)[number];

/** Runs the script. @param globals stand in for globals of the same names. */
export function loadRuntime(file: Flavour, globals: Record<string, unknown> = {}): Runtime {
  const module = { exports: {} as Runtime };
  // To Node this package's .js files are ES modules, so it cannot be imported.
  const script = new TextDecoder().decode(asset(file));
  new Function('module', ...Object.keys(globals), script)(module, ...Object.values(globals));
  return module.exports;
}

/** The smallest build that has every kernel which the model needs: the one that opens it. */
export function flavourFor(blob: Uint8Array): Flavour {
  return FLAVOURS.find((file) => opens(file, blob)) ?? 'depthwise.js';
}

function opens(file: Flavour, blob: Uint8Array): boolean {
  try {
    loadRuntime(file).open(blob);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'KIND') return false;
    throw error;
  }
}
