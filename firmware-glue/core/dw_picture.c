/* Crops and resamples frames row by row. See dw_picture.h; docs/pictures.md specifies the arithmetic. */
#include "dw_picture.h"

#include <string.h>

#include "dw_bytes.h"
#include "dw_format.h"
#include "dw_frame.h"

/* Pixels that are unpacked at a time, on the stack. */
#define CHUNK 32u
#define MOST_SHRINKING 256u

/* --- arithmetic --------------------------------------------------------------------------------------------------- */

static dw_axis axis_of(uint32_t from, uint32_t to)
{
    dw_axis axis = {from, to, 2 * (from > to ? from : to), 0, 0};
    const uint32_t step = (from + to - 1) / to;
    while (axis.unit >> axis.bits > 4096 || (axis.unit >> axis.bits) * (step + 1) > 65536) axis.bits++;
    axis.full = axis.unit >> axis.bits;
    return axis;
}

/* More than the weights of any output pixel together. */
static uint32_t bound_of(const dw_axis *axis)
{
    return axis->full * ((axis->from + axis->to - 1) / axis->to + 1);
}

/* 2^32 / total, rounded up; total is at least 2. */
static uint32_t reciprocal_of(uint32_t total)
{
    return 0xffffffffu / total + 1;
}

/* value / total without a division: the product is the quotient, or 1 more. */
static inline uint32_t divided(uint32_t value, uint32_t total, uint32_t reciprocal)
{
    const uint32_t quotient = (uint32_t)((uint64_t)value * reciprocal >> 32);
    return quotient - (quotient * total > value);
}

/* The byte of the input for a value of 0..255. */
static uint8_t mapped(dw_pixels pixels, uint32_t value)
{
    const int32_t product = pixels.multiplier * (int32_t)value + pixels.offset;
    /* Shifted by 16, rounding down. */
    const int32_t byte = (int32_t)(((uint32_t)product ^ 0x80000000u) >> 16) - 32768;
    const int32_t lowest = pixels.lowest;
    return (uint8_t)(byte < lowest ? lowest : byte > lowest + 255 ? lowest + 255 : byte);
}

/* Where the first pixel of a direction is, behind -1. */
static uint32_t first_place(const dw_axis *axis)
{
    const uint32_t lesser = axis->from < axis->to ? axis->from : axis->to;
    const uint32_t greater = axis->from < axis->to ? axis->to : axis->from;
    return axis->unit + lesser - greater;
}

/* --- opening ------------------------------------------------------------------------------------------------------ */

/* Sums of the weights of each column. */
static void weigh_columns(dw_picture *p)
{
    const dw_axis axis = p->across;
    uint32_t at = first_place(&axis), x = 0, before = 0, behind = 0;
    for (uint32_t k = 0; k < axis.from; k++, at += 2 * axis.to) {
        if (at >= axis.unit) {
            at -= axis.unit;
            /* The first one belongs to a column that is none. */
            if (k > 0 && x > 0) p->totals[x - 1] = (uint16_t)before;
            x++;
            before = behind;
            behind = 0;
        }
        before += axis.full - (at >> axis.bits);
        behind += at >> axis.bits;
    }
    p->totals[axis.to - 1] = (uint16_t)before;
    for (x = 0; x < axis.to; x++) p->reciprocals[x] = reciprocal_of(p->totals[x]);
}

/* Reads the file's fields of the first input. */
static int read_input(dw_picture *p, const dw_net *net)
{
    uint8_t port[DW_PORT_BYTES];
    uint32_t height, width, channels;
    uint64_t most;
    if (!net->backend) return DW_ERROR_CLOSED;
    if (dw_read_blob(net, net->ports_offset, port, sizeof port)) return DW_ERROR_READ;
    height = u32_at(port + DW_P_SHAPE + 4);
    width = u32_at(port + DW_P_SHAPE + 8);
    channels = u32_at(port + DW_P_SHAPE + 12);
    p->pixels.multiplier = (int32_t)u32_at(port + DW_P_PIXEL_MULTIPLIER);
    p->pixels.offset = (int32_t)u32_at(port + DW_P_PIXEL_OFFSET);
    p->pixels.lowest = u32_at(port + DW_P_DTYPE) == DW_DTYPE_UINT8 ? 0 : -128;
    most = 255 * (uint64_t)(p->pixels.multiplier < 0 ? 0u - (uint32_t)p->pixels.multiplier : (uint32_t)p->pixels.multiplier);
    most += p->pixels.offset < 0 ? 0u - (uint32_t)p->pixels.offset : (uint32_t)p->pixels.offset;
    if (most > 0x7fffffffu) return DW_ERROR_LAYOUT;
    if (height - 1 > 0xfffeu || width - 1 > 0xfffeu || (channels != 1 && channels != 3)) return DW_ERROR_FRAME;
    if ((uint64_t)height * width * channels != u32_at(port + DW_P_BYTES)) return DW_ERROR_FRAME;
    p->height = (uint16_t)height;
    p->width = (uint16_t)width;
    p->channels = (uint8_t)channels;
    return DW_OK;
}

int dw_picture_open(dw_picture *p, const dw_net *net, const dw_frame *frame, uint32_t *scratch, uint32_t bytes)
{
    uint32_t columns, bound;
    const int error = read_input(p, net);
    if (error) return error;
    if (frame->width == 0 || frame->height == 0 || frame->format > DW_FRAME_UYVY || frame->fit > DW_FIT_LETTERBOX)
        return DW_ERROR_FRAME;
    p->rows = frame->height;
    p->fit = dw_frame_fit(frame, p->width, p->height);
    if (p->fit.part.width > MOST_SHRINKING * p->fit.place.width) return DW_ERROR_FRAME;
    if (p->fit.part.height > MOST_SHRINKING * p->fit.place.height) return DW_ERROR_FRAME;
    if (bytes < DW_PICTURE_BYTES((uint32_t)p->width, (uint32_t)p->channels)) return DW_ERROR_MEMORY;
    p->format = frame->format;
    p->planes = frame->format == DW_FRAME_GREY ? 1 : p->channels;
    p->across = axis_of(p->fit.part.width, p->fit.place.width);
    p->down = axis_of(p->fit.part.height, p->fit.place.height);
    bound = bound_of(&p->across) > bound_of(&p->down) ? bound_of(&p->across) : bound_of(&p->down);
    p->fraction = 0;
    while (bound <= 1u << (23 - p->fraction)) p->fraction++;
    columns = p->fit.place.width;
    p->reciprocals = scratch;
    p->sums[0] = scratch + columns;
    p->sums[1] = p->sums[0] + columns * p->planes;
    p->totals = (uint16_t *)(p->sums[1] + columns * p->planes);
    if (p->across.from >= p->across.to) weigh_columns(p);
    dw_picture_begin(p);
    return DW_OK;
}

/* --- rows of the frame -------------------------------------------------------------------------------------------- */

static int grows(const dw_axis *axis)
{
    return axis->from < axis->to;
}

/* The other pair of output rows: what was the second one is the first. */
static void next_line(dw_picture *p)
{
    uint32_t *const done = p->sums[0];
    p->sums[0] = p->sums[1];
    p->sums[1] = done;
    memset(done, 0, 4 * (size_t)p->across.to * p->planes);
    p->weights[0] = p->weights[1];
    p->weights[1] = 0;
    p->line++;
    p->at -= p->down.unit;
}

void dw_picture_begin(dw_picture *p)
{
    memset(p->sums[0], 0, 4 * (size_t)p->across.to * p->planes);
    memset(p->sums[1], 0, 4 * (size_t)p->across.to * p->planes);
    p->weights[0] = p->weights[1] = 0;
    p->put = p->taken = 0;
    p->line = -1;
    p->at = first_place(&p->down);
    /* Equal sizes: the first row is at the first one of the output. */
    if (!grows(&p->down) && p->at >= p->down.unit) next_line(p);
}

/* How the values of a row enter the sums of output rows: `first` of the row before it, `second` of the one behind. Loops have
 * one of their own, so that their stores cannot change it. */
typedef struct {
    uint32_t *first, *second, before, behind, fraction;
    const uint16_t *totals;
    const uint32_t *reciprocals;
} dw_sink;

/* A value of a column, of the sum of its weighted pixels. */
static inline void add_value(const dw_sink *sink, uint32_t index, uint32_t sum, uint32_t total, uint32_t reciprocal)
{
    const uint32_t value = divided((sum << sink->fraction) + total / 2, total, reciprocal);
    sink->first[index] += sink->before * value;
    sink->second[index] += sink->behind * value;
}

#ifdef __GNUC__
/* `planes` is a constant there, and sums are in registers: 35 % fewer instructions. */
#define DW_FOR_EACH_PLANE _Pragma("GCC unroll 3") for (uint32_t c = 0; c < planes; c++)
#define DW_INLINE __attribute__((always_inline)) static inline
#else
#define DW_FOR_EACH_PLANE for (uint32_t c = 0; c < planes; c++)
#define DW_INLINE static inline
#endif

/* A row that becomes narrower, or stays. Of the pixels between two columns, their sum and the sum by weights in the second
 * column give what either gets. */
DW_INLINE void shrink_row(const dw_picture *p, const dw_sink sink, const uint8_t *row, const uint32_t planes)
{
    const dw_axis axis = p->across;
    uint32_t at = first_place(&axis), column = 0, k = 0;
    uint32_t sum[3] = {0, 0, 0}, second[3] = {0, 0, 0}, first[3] = {0, 0, 0};
    uint8_t buffer[3 * CHUNK];
    while (k < axis.from) {
        const uint32_t count = axis.from - k < CHUNK ? axis.from - k : CHUNK;
        const uint8_t *pixel = dw_frame_planes(p->format, planes, row, p->fit.part.left + k, count, buffer);
        k += count;
        for (const uint8_t *end = pixel + count * planes; pixel < end; at += 2 * axis.to) {
            uint32_t weight;
            if (at >= axis.unit) {
                at -= axis.unit;
                /* Pixels before the first column enter that one alone. */
                if (column > 0) {
                    const uint32_t total = sink.totals[column - 1], reciprocal = sink.reciprocals[column - 1];
                    DW_FOR_EACH_PLANE
                        add_value(&sink, (column - 1) * planes + c, first[c] + axis.full * sum[c] - second[c], total,
                                  reciprocal);
                }
                column++;
                DW_FOR_EACH_PLANE
                {
                    first[c] = second[c];
                    sum[c] = second[c] = 0;
                }
            }
            weight = at >> axis.bits;
            DW_FOR_EACH_PLANE
            {
                const uint32_t value = *pixel++;
                sum[c] += value;
                second[c] += weight * value;
            }
        }
    }
    column--;
    DW_FOR_EACH_PLANE
        add_value(&sink, column * planes + c, first[c] + axis.full * sum[c] - second[c], sink.totals[column],
                  sink.reciprocals[column]);
}

/* A row that becomes wider: columns stand between two pixels. */
static void grow_row(const dw_picture *p, const dw_sink sink, const uint8_t *row)
{
    const dw_axis axis = p->across;
    const uint32_t planes = p->planes, left = p->fit.part.left;
    /* Total and reciprocal are the same for all columns. */
    const uint32_t total = axis.full, reciprocal = reciprocal_of(total);
    uint32_t at = first_place(&axis), k = 0;
    uint8_t before[3], behind[3], buffer[3];
    memcpy(behind, dw_frame_planes(p->format, planes, row, left, 1, buffer), planes);
    memcpy(before, behind, planes);
    for (uint32_t x = 0; x < axis.to; x++, at += 2 * axis.from) {
        uint32_t weight;
        if (at >= axis.unit) {
            at -= axis.unit;
            memcpy(before, behind, planes);
            if (++k < axis.from) memcpy(behind, dw_frame_planes(p->format, planes, row, left + k, 1, buffer), planes);
        }
        weight = at >> axis.bits;
        for (uint32_t c = 0; c < planes; c++) {
            const uint32_t sum = (axis.full - weight) * before[c] + weight * behind[c];
            add_value(&sink, x * planes + c, sum, total, reciprocal);
        }
    }
}

/* Rows of the part that came. */
static uint32_t rows_of(const dw_picture *p)
{
    const uint32_t rows = p->put < p->fit.part.top ? 0 : p->put - p->fit.part.top;
    return rows < p->down.from ? rows : p->down.from;
}

/* Whether a row of the output can be computed that has not been. */
static int is_ready(const dw_picture *p)
{
    const uint32_t rows = rows_of(p);
    if (rows == 0 || p->taken >= (uint32_t)p->fit.place.top + p->fit.place.height) return 0;
    if (rows == p->down.from) return 1;
    return grows(&p->down) ? p->line + 1 < (int32_t)rows : p->line >= 0 && p->at >= p->down.unit;
}

int dw_picture_put(dw_picture *p, const uint8_t *row)
{
    const dw_axis *down = &p->down;
    const uint32_t weight = p->at >> down->bits;
    dw_sink sink = {p->sums[0], p->sums[1], down->full - weight, weight, p->fraction, p->totals, p->reciprocals};
    if (is_ready(p) || p->put == p->rows) return DW_ERROR_ORDER;
    p->put++;
    if (p->put <= p->fit.part.top || p->put > (uint32_t)p->fit.part.top + down->from) return DW_OK;
    if (grows(down)) {
        /* The row as it is, in place of the one before the last. */
        sink.first = sink.second = p->sums[0];
        sink.before = 1;
        sink.behind = 0;
        p->sums[0] = p->sums[1];
        p->sums[1] = sink.first;
        memset(sink.first, 0, 4 * (size_t)p->across.to * p->planes);
    }
    if (grows(&p->across)) grow_row(p, sink, row);
    else if (p->planes == 1) shrink_row(p, sink, row, 1);
    else shrink_row(p, sink, row, 3);
    if (grows(down)) return DW_OK;
    p->weights[0] += sink.before;
    p->weights[1] += sink.behind;
    p->at += 2 * down->to;
    /* Rows before the first row of the output enter that one alone. */
    if (p->line < 0 && p->at >= down->unit) next_line(p);
    return DW_OK;
}

/* --- rows of the input -------------------------------------------------------------------------------------------- */

/* The row of the output that is ready. */
static void finish_row(const dw_picture *p, uint8_t *to)
{
    const int growing = grows(&p->down);
    const uint32_t total = growing ? p->down.full : p->weights[0], reciprocal = reciprocal_of(total);
    const uint32_t fraction = p->fraction, half = 1u << (fraction - 1);
    const uint32_t behind = growing ? p->at >> p->down.bits : 0, before = growing ? total - behind : 1;
    /* Between the last two rows; before the first one and behind the last there is that one alone. */
    const uint32_t *first = p->sums[growing && (p->line < 0 || p->line + 1 == (int32_t)rows_of(p))], *second = p->sums[1];
    const uint32_t repeat = p->channels / p->planes;
    const dw_pixels pixels = p->pixels;
    for (uint32_t left = p->across.to * p->planes; left > 0; left--) {
        const uint32_t sum = before * *first++ + behind * *second++;
        const uint8_t byte = mapped(pixels, (divided(sum, total, reciprocal) + half) >> fraction);
        *to++ = byte;
        if (repeat == 1) continue;
        *to++ = byte;
        *to++ = byte;
    }
}

int dw_picture_take(dw_picture *p, uint8_t *row)
{
    const dw_rectangle *place = &p->fit.place;
    const int bar = p->taken < place->top || p->taken >= (uint32_t)place->top + place->height;
    if (p->taken == p->height || (!bar && !is_ready(p))) return 0;
    p->taken++;
    if (bar || place->width < p->width) memset(row, mapped(p->pixels, 0), (size_t)p->width * p->channels);
    if (bar) return 1;
    finish_row(p, row + (size_t)place->left * p->channels);
    if (!grows(&p->down)) {
        next_line(p);
        return 1;
    }
    p->at += 2 * p->down.from;
    if (p->at >= p->down.unit) {
        p->at -= p->down.unit;
        p->line++;
    }
    return 1;
}
