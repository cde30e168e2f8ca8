/** The runtime with what MobileNetV1 needs: convolutions, average pool, fully connected, softmax. */

import { conv } from './kernels/conv.js';
import { depthwise } from './kernels/depthwise.js';
import { averagePool } from './kernels/pool.js';
import { softmax } from './kernels/softmax.js';
import type { Net } from './net.js';
import { type Blob, openWith } from './open.js';

/** By KIND_* of src/format/layout.ts, after ANY_DEPTHWISE. */
const KERNELS = [
  0 as 0,
  conv,
  depthwise,
  averagePool,
  0 as 0,
  0 as 0,
  0 as 0,
  0 as 0,
  0 as 0,
  softmax,
  0 as 0,
  conv,
  depthwise,
];

export default {
  /** See openWith. */
  open: (blob: Blob): Net => openWith(KERNELS, blob),
};
