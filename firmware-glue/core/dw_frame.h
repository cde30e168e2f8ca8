/* Frames, for dw_picture.c. */
#ifndef DW_FRAME_H
#define DW_FRAME_H

#include "dw_picture.h"

/* `count` pixels of a row from x on as planes of 0..255 together, red, green, blue or luma alone: in the row itself where
 * they stand there, else in `buffer`. */
const uint8_t *dw_frame_planes(uint32_t format, uint32_t planes, const uint8_t *row, uint32_t x, uint32_t count,
                               uint8_t *buffer);

/* Fit of a frame into an input of width x height. */
dw_fit dw_frame_fit(const dw_frame *frame, uint32_t width, uint32_t height);

#endif
