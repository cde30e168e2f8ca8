/** Bundles for boards that run JavaScript: the runtime as one file, and the model. */
import { asset } from '../assets.js';
import type { Bundle, BundleRequest } from './bundle.js';

/** Builds of the runtime, the smallest first. */
const FLAVOURS = ['depthwise.mobilenet.js', 'depthwise.js'];

export function makeJsBundle({ blob }: BundleRequest): Bundle {
  return {
    files: [
      { path: 'depthwise.js', content: runtimeFor(blob) },
      { path: 'model.dw', content: blob },
    ],
    flash: { kind: 'none' },
    next: [],
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
