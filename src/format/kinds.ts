import { BlobView } from '../program/blob-view.js';
import * as L from '../program/layout.js';

const NAMES: Record<number, string> = {
  [L.KIND_CONV]: 'conv',
  [L.KIND_DEPTHWISE]: 'depthwise',
  [L.KIND_AVERAGE_POOL]: 'average pool',
  [L.KIND_MAX_POOL]: 'max pool',
  [L.KIND_MEAN]: 'mean',
  [L.KIND_ADD]: 'add',
  [L.KIND_LUT]: 'table',
  [L.KIND_PAD]: 'pad',
  [L.KIND_SOFTMAX]: 'softmax',
  [L.KIND_FLIP]: 'uint8/int8',
  [L.KIND_FULLY_CONNECTED]: 'fully connected',
  [L.KIND_DEPTHWISE_ROW]: 'depthwise',
};

/** Which kinds of steps a .dw file has, whose header and sections have been checked: 1 << KIND_* each. */
export function stepKinds(blob: Uint8Array): number {
  return new BlobView(blob).steps().reduce((kinds, step) => kinds | (1 << step.u32(L.S_KIND)), 0);
}

/** Name of a step kind, for people. */
export const kindName = (kind: number): string => NAMES[kind] ?? `kind ${kind}`;
