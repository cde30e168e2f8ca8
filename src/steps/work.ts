/** The units in which work is counted, for prices of native kernels and of JavaScript. */

/** Units that native kernels take about the same instructions for. */
export type WorkUnit =
  | 'inference'
  /** A tick of the executor, or a row that is pushed, and the bytes of such rows. */
  | 'task'
  | 'pushedByte'
  /** Convolution: products of blocks of 3 pixels and 4 outputs, those of the rest of K over eights apart. */
  | 'convMac'
  | 'convRestMac'
  /** Such blocks. */
  | 'convBlock'
  /** Outputs by the fast and by the general requantisation. */
  | 'convOutput'
  | 'convGeneral'
  /** Values copied from under windows. */
  | 'convGathered'
  /** Weights and requantisation records that a task reads. */
  | 'convWeight'
  | 'convRecord'
  /** Groups of 12 pixels. */
  | 'convGroup'
  /** Depthwise convolution: outputs of a 3x3 window by stride, and rows of a channel of them. */
  | 'depthwiseStride1'
  | 'depthwiseStride2'
  | 'depthwiseRow'
  /** Products and outputs of any other window; of these the outputs by the general requantisation. */
  | 'depthwiseMac'
  | 'depthwiseOutput'
  | 'depthwiseGeneral'
  /** Requantisation records that a task reads. */
  | 'depthwiseRecord'
  | 'fullyConnectedMac'
  | 'fullyConnectedOutput'
  /** Pools and means: values looked at, and outputs. */
  | 'poolValue'
  | 'poolOutput'
  | 'meanValue'
  | 'meanOutput'
  | 'add'
  /** Bytes through a table, and pixels of them. */
  | 'table'
  | 'tablePixel'
  | 'pad'
  | 'padRow'
  | 'softmax'
  | 'flip';

export type Work = Partial<Record<WorkUnit, number>>;

/**
 * What the JavaScript runtime is priced by: multiply-accumulates and outputs of convolutions and fully connected layers,
 * multiply-accumulates of depthwise layers, and bytes of input of all other steps.
 */
export const JS_WORK = ['convMac', 'convOutput', 'depthwiseMac', 'otherByte'] as const;
export type JsWork = (typeof JS_WORK)[number];
