import { BlobView } from '../program/blob-view.js';
import * as L from '../program/layout.js';
import { needsFull } from '../steps/index.js';

/** Which kinds of steps a .dw file has, whose header and sections have been checked: 1 << KIND_* each. */
export function stepKinds(blob: Uint8Array): number {
  return new BlobView(blob).steps().reduce((kinds, step) => kinds | (1 << step.u32(L.S_KIND)), 0);
}

/** File in dist/ that has the kernels of a .dw file, whose header and sections have been checked. */
export const kernelModule = (blob: Uint8Array): string =>
  needsFull(stepKinds(blob)) ? 'kernels-full.wasm' : 'kernels.wasm';
