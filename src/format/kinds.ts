import * as L from './layout.js';

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

/** Name of a step kind, for people. */
export const kindName = (kind: number): string => NAMES[kind] ?? `kind ${kind}`;
