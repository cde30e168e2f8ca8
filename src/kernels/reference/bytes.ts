/** The values of a quantised activation or weight tensor, row-major, NHWC where it has four axes. */
export type Bytes = Int8Array | Uint8Array;
