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
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const first = view.getUint32(L.H_STEPS_OFFSET, true);
  let kinds = 0;
  for (let i = 0; i < view.getUint32(L.H_STEP_COUNT, true); i++) {
    kinds |= 1 << view.getUint32(first + i * L.STEP_BYTES + L.S_KIND, true);
  }
  return kinds;
}

/** Name of a step kind, for people. */
export const kindName = (kind: number): string => NAMES[kind] ?? `kind ${kind}`;
