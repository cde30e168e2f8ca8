/** The runtime with every kernel. */

import { conv } from './kernels/conv.js';
import { depthwise } from './kernels/depthwise.js';
import { anyDepthwise } from './kernels/depthwise-any.js';
import { add, flip, lookUp, pad } from './kernels/elementwise.js';
import { espruinoConv } from './kernels/espruino.js';
import { pool } from './kernels/pool.js';
import { softmax } from './kernels/softmax.js';
import type { Net } from './net.js';
import { type Blob, openWith } from './open.js';

/** By KIND_* of src/format/layout.ts, after ANY_DEPTHWISE and before the one for Espruino. */
const KERNELS = [
  anyDepthwise,
  conv,
  depthwise,
  pool,
  pool,
  pool,
  add,
  lookUp,
  pad,
  softmax,
  flip,
  conv,
  depthwise,
  espruinoConv,
];

export default {
  /** See openWith. */
  open: (blob: Blob): Net => openWith(KERNELS, blob),
};
