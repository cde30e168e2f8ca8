/** The record of a step in a .dw file, its fields put together as those of a step of the program. */

import type { BlobView } from '../program/blob-view.js';
import * as L from '../program/layout.js';
import type { Kind, View, Window } from '../program/program.js';

/** A tensor as a step record has it; no row stride where a table says where its rows stand. */
export type RecordView = Pick<View, 'height' | 'width' | 'channels' | 'pixelStride' | 'rowStride'>;

export interface StepRecord {
  /** In a file that has been checked: readStep takes the number as it is. */
  kind: Kind;
  flags: number;
  outChunk: number;
  kChunk: number;
  laneK: number;
  depthMultiplier: number;
  window: Window;
  input: RecordView;
  output: RecordView;
  /** The file's fields, one by one. */
  fields: BlobView;
}

export function readStep(fields: BlobView): StepRecord {
  const channels = fields.u16(L.S_IN_CHANNELS);
  return {
    kind: fields.u32(L.S_KIND) as Kind,
    flags: fields.u16(L.S_FLAGS),
    outChunk: fields.u16(L.S_OUT_CHUNK),
    kChunk: fields.u16(L.S_K_CHUNK),
    laneK: fields.u16(L.S_LANE_K),
    depthMultiplier: fields.u16(L.S_DEPTH_MULTIPLIER),
    window: {
      kernelH: fields.u16(L.S_KERNEL_H),
      kernelW: fields.u16(L.S_KERNEL_W),
      strideH: fields.u16(L.S_STRIDE_H),
      strideW: fields.u16(L.S_STRIDE_W),
      padTop: fields.u16(L.S_PAD_TOP),
      padLeft: fields.u16(L.S_PAD_LEFT),
    },
    input: {
      height: fields.u16(L.S_IN_HEIGHT),
      width: fields.u16(L.S_IN_WIDTH),
      channels,
      pixelStride: channels,
      rowStride: rowStride(fields, L.S_IN_STRIDE, L.S_IN_ROWS),
    },
    output: {
      height: fields.u16(L.S_OUT_HEIGHT),
      width: fields.u16(L.S_OUT_WIDTH),
      channels: fields.u16(L.S_OUT_CHANNELS),
      pixelStride: fields.u16(L.S_OUT_PIXEL_STRIDE),
      rowStride: rowStride(fields, L.S_OUT_STRIDE, L.S_OUT_ROWS),
    },
    fields,
  };
}

/** Rows of a table stand anywhere. */
const rowStride = (fields: BlobView, stride: number, table: number): number =>
  fields.u32(table) === 0 ? fields.u32(stride) : 0;
