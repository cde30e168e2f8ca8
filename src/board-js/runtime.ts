/**
 * The runtime as a program sees it. One build has every kernel; two have what MobileNetV1 needs: convolutions, average pool or
 * mean, fully connected, softmax. Of these one has the kernels for Espruino, one those for other engines: a board keeps the
 * text in its heap.
 */
import { open } from './open.js';

export default { open };
