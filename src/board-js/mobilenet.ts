/**
 * The runtime with what MobileNetV1 needs: convolutions, average pool or mean, fully connected, softmax. One build has the
 * kernels for Espruino, one those for other engines: a board keeps the text in its heap.
 */

import { conv } from './kernels/conv.js';
import { depthwise } from './kernels/depthwise.js';
import { espruinoConv } from './kernels/espruino.js';
import { pool } from './kernels/pool.js';
import { softmax } from './kernels/softmax.js';
import type { Kernel } from './machine.js';
import type { Net } from './net.js';
import { type Blob, openWith } from './open.js';

/** By KIND_* of src/format/layout.ts, after ANY_DEPTHWISE and before the one for Espruino. */
const KERNELS: (Kernel | 0)[] = [
  0,
  PLAIN ? conv : 0,
  PLAIN ? depthwise : 0,
  pool,
  0,
  pool,
  0,
  0,
  0,
  softmax,
  0,
  PLAIN ? conv : 0,
  PLAIN ? depthwise : 0,
  ESPRUINO ? espruinoConv : 0,
];

export default {
  /** See openWith. */
  open: (blob: Blob): Net => openWith(KERNELS, blob),
};
