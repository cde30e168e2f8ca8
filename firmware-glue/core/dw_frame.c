/* The formats of frames, and which part of one becomes which part of an input. See dw_picture.h. */
#include "dw_frame.h"

uint32_t dw_frame_row_bytes(const dw_frame *frame)
{
    const uint32_t width = frame->width;
    switch (frame->format) {
    case DW_FRAME_GREY: return width;
    case DW_FRAME_RGB888: return 3 * width;
    case DW_FRAME_YUYV:
    case DW_FRAME_UYVY: return (width + 1) / 2 * 4;
    default: return 2 * width;
    }
}

static uint8_t luma(uint32_t red, uint32_t green, uint32_t blue)
{
    return (uint8_t)((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16);
}

static uint8_t clamped(int32_t value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* value >> 16, rounding down, for values from -2^24 on. */
static int32_t scaled(int32_t value)
{
    return (int32_t)((uint32_t)(value + (1 << 24)) >> 16) - 256;
}

static void from_565(const uint8_t *at, uint32_t count, uint32_t low, uint32_t planes, uint8_t *to)
{
    for (const uint8_t *end = at + 2 * count; at < end; at += 2) {
        const uint32_t word = (uint32_t)at[1 - low] << 8 | at[low];
        /* The highest bits once more below. */
        const uint32_t r = (word >> 8 & 0xf8) | word >> 13, g = (word >> 3 & 0xfc) | (word >> 9 & 3);
        const uint32_t b = (word << 3 & 0xf8) | (word >> 2 & 7);
        if (planes == 1) {
            *to++ = luma(r, g, b);
            continue;
        }
        *to++ = (uint8_t)r;
        *to++ = (uint8_t)g;
        *to++ = (uint8_t)b;
    }
}

/* `y`: which byte of two is luma. The byte beside it is U in the first pixel of a pair and V in the second. */
static void from_yuv(const uint8_t *row, uint32_t x, uint32_t count, uint32_t y, uint32_t planes, uint8_t *to)
{
    for (const uint32_t end = x + count; x < end; x++) {
        const uint8_t *pair = row + 4 * (x / 2);
        const int32_t luma = pair[y + 2 * (x & 1)], u = pair[1 - y] - 128, v = pair[3 - y] - 128;
        if (planes == 1) {
            *to++ = (uint8_t)luma;
            continue;
        }
        *to++ = clamped(luma + scaled(91881 * v + 32768));
        *to++ = clamped(luma + scaled(-22554 * u - 46802 * v + 32768));
        *to++ = clamped(luma + scaled(116130 * u + 32768));
    }
}

const uint8_t *dw_frame_planes(uint32_t format, uint32_t planes, const uint8_t *row, uint32_t x, uint32_t count,
                               uint8_t *buffer)
{
    switch (format) {
    case DW_FRAME_GREY: return row + x;
    case DW_FRAME_RGB888:
        row += 3 * x;
        if (planes == 3) return row;
        for (uint32_t i = 0; i < count; i++) buffer[i] = luma(row[3 * i], row[3 * i + 1], row[3 * i + 2]);
        break;
    case DW_FRAME_RGB565: from_565(row + 2 * x, count, 0, planes, buffer); break;
    case DW_FRAME_RGB565BE: from_565(row + 2 * x, count, 1, planes, buffer); break;
    case DW_FRAME_YUYV: from_yuv(row, x, count, 0, planes, buffer); break;
    default: from_yuv(row, x, count, 1, planes, buffer); break;
    }
    return buffer;
}

/* a / b, halves up. */
static uint32_t rounded(uint32_t a, uint32_t b)
{
    const uint32_t whole = a / b, rest = a % b;
    return whole + (rest >= b - rest);
}

static uint16_t between(uint32_t value, uint32_t most)
{
    return (uint16_t)(value < 1 ? 1 : value > most ? most : value);
}

/* The largest part of width x height that has the shape of w x h, in the middle. */
static dw_rectangle middle(uint32_t width, uint32_t height, uint32_t w, uint32_t h)
{
    dw_rectangle part;
    part.width = between(rounded(height * w, h), width);
    part.height = between(rounded(width * h, w), height);
    part.left = (uint16_t)((width - part.width) / 2);
    part.top = (uint16_t)((height - part.height) / 2);
    return part;
}

dw_fit dw_frame_fit(const dw_frame *frame, uint32_t width, uint32_t height)
{
    dw_fit fit = {{0, 0, frame->width, frame->height}, {0, 0, (uint16_t)width, (uint16_t)height}};
    if (frame->fit == DW_FIT_CROP) fit.part = middle(frame->width, frame->height, width, height);
    else fit.place = middle(width, height, frame->width, frame->height);
    return fit;
}

/* A place in the input, in one direction, as one in the frame, both in 1/16 pixel. */
static int32_t back(int32_t at, uint32_t place, uint32_t to, uint32_t part, uint32_t from)
{
    const int32_t relative = at - 16 * (int32_t)place, size = (int32_t)to;
    /* Rounds down, below 0 too. */
    const int32_t whole = relative / size - (relative % size < 0), rest = relative - whole * size;
    return 16 * (int32_t)part + whole * (int32_t)from + (int32_t)rounded((uint32_t)rest * from, to);
}

void dw_picture_to_frame(const dw_fit *fit, int32_t box[4])
{
    const dw_rectangle *part = &fit->part, *place = &fit->place;
    const int32_t left = back(box[0], place->left, place->width, part->left, part->width);
    const int32_t top = back(box[1], place->top, place->height, part->top, part->height);
    box[2] = back(box[0] + box[2], place->left, place->width, part->left, part->width) - left;
    box[3] = back(box[1] + box[3], place->top, place->height, part->top, part->height) - top;
    box[0] = left;
    box[1] = top;
}
