/** Bundles for boards that run JavaScript: the runtime as one file, and the model. */
import { asset } from '../assets.js';
import { flavourFor } from '../engines/runtime-script.js';
import type { Bundle, BundleRequest } from './bundle.js';

/** Espruino's `require` looks a module up in the storage by its bare name. */
const MODULE = 'depthwise';

export function makeJsBundle({ target, blob }: BundleRequest): Bundle {
  // On JerryScript the files become part of a firmware.
  const espruino = target.id !== 'jerryscript';
  return {
    files: [
      { path: 'depthwise.js', content: asset(flavourFor(blob)), ...(espruino && { address: MODULE }) },
      { path: 'model.dw', content: blob, ...(espruino && { address: 'model.dw' }) },
    ],
    flash: { kind: espruino ? 'espruino' : 'none' },
    next: espruino ? ['npx depthwise flash DIR --port PORT'] : [],
  };
}
