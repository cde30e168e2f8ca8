/** Block sizes of the kernels of src/kernels/wasm, as far as the host plans, checks or prices them. */

/** Pixels of a convolution's group: four words of three lanes. */
export const GROUP_PIXELS = 12;
/** Input values that one pass over the outputs works on. */
export const K_BLOCK = 8;
/** Four i64: the packed words of one input value. */
export const GROUP_BYTES = 32;
/** Bytes of a channel in the table that requantisation records are made from: bias, multiplier (four each) and shift. */
export const CHANNEL_BYTES = 9;
/** Kernels read up to eight bytes at a time, so up to seven beyond the last one. */
export const OVERREAD = 8;
/** Output rows that the depthwise kernel computes at a time. */
export const COLUMN_ROWS = 3;
/** Pixels and outputs of a block of the native convolution. */
export const BLOCK_PIXELS = 3;
export const BLOCK_OUTPUTS = 4;
