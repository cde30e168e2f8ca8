/* depthwise: from the frame of a camera to the input of a model, as `depthwise run` does it (docs/pictures.md): the same
 * bytes. Portable C99: no floating point, no heap. Rows go in and come out one by one, so that no frame is ever copied,
 * and none has to be there as a whole.
 *
 *   static uint32_t scratch[DW_PICTURE_BYTES(96, 3) / 4];
 *   const dw_frame frame = {640, 480, DW_FRAME_RGB565BE, DW_FIT_CROP};
 *   error = dw_picture_open(&picture, &net, &frame, scratch, sizeof scratch);
 *   ... for each frame:
 *   dw_picture_begin(&picture);
 *   for (y = 0; y < frame.height; y++) {
 *       dw_picture_put(&picture, pixels + y * dw_frame_row_bytes(&frame));
 *       while (dw_picture_take(&picture, row)) error = dw_push_rows(&net, row, 1);
 *   }
 *
 * Where the input is resident, dw_picture_take writes each row straight to its place behind dw_input. */
#ifndef DW_PICTURE_H
#define DW_PICTURE_H

#include "dw.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a pixel in memory. */
enum {
    DW_FRAME_GREY,
    DW_FRAME_RGB565,   /* low byte first: GGGBBBBB RRRRRGGG */
    DW_FRAME_RGB565BE, /* high byte first: RRRRRGGG GGGBBBBB */
    DW_FRAME_RGB888,   /* R G B */
    DW_FRAME_YUYV,     /* two pixels: Y0 U Y1 V */
    DW_FRAME_UYVY      /* two pixels: U Y0 V Y1 */
};

enum {
    DW_FIT_CROP,     /* the largest part in the middle of the frame that has the shape of the input */
    DW_FIT_LETTERBOX /* all of the frame, between black bars */
};

typedef struct {
    uint16_t width, height;
    uint8_t format, fit;
} dw_frame;

/* Bytes of a row of a frame. */
uint32_t dw_frame_row_bytes(const dw_frame *frame);

typedef struct {
    uint16_t left, top, width, height;
} dw_rectangle;

/* A part of the frame, in its pixels, and what it becomes of the input, in the input's. */
typedef struct {
    dw_rectangle part, place;
} dw_fit;

/* One direction of the filter: docs/pictures.md has the names. */
typedef struct {
    uint32_t from, to, unit, bits, full;
} dw_axis;

/* The byte for a pixel is (multiplier * pixel + offset) >> 16, from `lowest` to `lowest` + 255. */
typedef struct {
    int32_t multiplier, offset, lowest;
} dw_pixels;

typedef struct {
    /* For dw_picture_to_frame. */
    dw_fit fit;
    /* Private. */
    dw_axis across, down;
    /* Size of the input, and rows of the frame. */
    uint16_t width, height, rows;
    uint8_t channels, planes, format, fraction;
    dw_pixels pixels;
    /* For each column: sum of its weights, and 2^32 divided by it. */
    uint16_t *totals;
    uint32_t *reciprocals;
    /* Sums of two output rows, and of the weights in them; or two rows of the frame, where they grow. */
    uint32_t *sums[2], weights[2];
    /* Rows that came and went. `at` is where the next one is between the output rows `line` and line + 1, or the other way
     * round where they grow. */
    uint32_t put, taken, at;
    int32_t line;
} dw_picture;

/* Bytes of scratch for an input of this width and number of channels. */
#define DW_PICTURE_BYTES(width, channels) (((width) * (8 * (channels) + 6) + 3) / 4 * 4)

/* Gets ready for frames like this one and the first input of an open net, which is not needed afterwards. `scratch` is the
 * picture's until nobody uses it any more. DW_ERROR_FRAME where there is no such frame, or it is more than 256 times as
 * large as the input, or the input is no picture; DW_ERROR_MEMORY where `bytes` are less than DW_PICTURE_BYTES. */
int dw_picture_open(dw_picture *picture, const dw_net *net, const dw_frame *frame, uint32_t *scratch, uint32_t bytes);

/* Before the first row of each frame. */
void dw_picture_begin(dw_picture *picture);

/* The next row of the frame, top row first; it is not needed afterwards. DW_ERROR_ORDER where rows of the input wait to be
 * taken, or the frame has no more rows. */
int dw_picture_put(dw_picture *picture, const uint8_t *row);

/* Writes the next row of the input, width * channels bytes, and returns 1; 0 where more rows of the frame are wanted, or
 * the input is complete. */
int dw_picture_take(dw_picture *picture, uint8_t *row);

/* Turns a box {x, y, width, height} in 1/16 pixel of the input into one of the frame, in 1/16 of its pixels. It is not cut
 * off at the edges of the frame. */
void dw_picture_to_frame(const dw_fit *fit, int32_t box[4]);

#ifdef __cplusplus
}
#endif

#endif
