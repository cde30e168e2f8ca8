/** A picture as the values of its pixels. */

/** Rows from the top, pixels from the left, channels together: RGB, or grey. */
export interface Picture {
  width: number;
  height: number;
  channels: 1 | 3;
  data: Uint8Array;
}
