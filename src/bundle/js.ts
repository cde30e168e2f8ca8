/** Bundles for boards that run JavaScript: the runtime as one file, and the model. */
import { asset } from '../assets.js';
import type { Bundle, BundleRequest } from './bundle.js';

/** Builds of the runtime, the smallest first. */
const FLAVOURS = ['depthwise.mobilenet.js', 'depthwise.js'];

/** Espruino's `require` looks a module up in the storage by its bare name. */
const MODULE = 'depthwise';

export function makeJsBundle({ target, blob }: BundleRequest): Bundle {
  // On JerryScript the files become part of a firmware.
  const espruino = target.id !== 'jerryscript';
  return {
    files: [
      { path: 'depthwise.js', content: runtimeFor(blob), ...(espruino && { address: MODULE }) },
      { path: 'model.dw', content: blob, ...(espruino && { address: 'model.dw' }) },
    ],
    flash: { kind: espruino ? 'espruino' : 'none' },
    next: espruino ? ['npx depthwise flash DIR --port PORT'] : [],
  };
}

/** The smallest build of the runtime that has every kernel which the model needs: the one that opens it. */
function runtimeFor(blob: Uint8Array): Uint8Array {
  const [full, ...smaller] = FLAVOURS.map(asset).reverse();
  return smaller.reverse().find((script) => opens(script, blob)) ?? full;
}

function opens(script: Uint8Array, blob: Uint8Array): boolean {
  const module = { exports: {} as { open(blob: Uint8Array): unknown } };
  new Function('module', new TextDecoder().decode(script))(module);
  try {
    module.exports.open(blob);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'KIND') return false;
    throw error;
  }
}
