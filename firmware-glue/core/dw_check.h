/* Shared by the parts of dw_check_steps. Numbers saturate: what does not fit 32 bits is larger than everything that it is
 * compared with. */
#ifndef DW_CHECK_H
#define DW_CHECK_H

/* Once a file: small is better than fast. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("Os")
#endif

#include "dw_check_steps.h"

#include "dw_bytes.h"
#include "dw_kernel.h"

/* Bias, multiplier and shift of a channel. */
#define CHANNEL_BYTES 9u

/* The file, and the step that is looked at. */
typedef struct {
    dw_net *net;
    uint32_t arena, arena_end, scratch, scratch_bytes, row_shift;
    uint32_t steps_offset, tasks_offset, task_count;
    uint32_t record[DW_STEP_BYTES / 4];
    uint32_t kind;
} step_check;

typedef struct {
    uint32_t height, width, channels;
} shape;

static inline uint32_t times(uint32_t a, uint32_t b)
{
    const uint64_t product = (uint64_t)a * b;
    return product > UINT32_MAX ? UINT32_MAX : (uint32_t)product;
}

static inline uint32_t plus(uint32_t a, uint32_t b)
{
    return a + b < a ? UINT32_MAX : a + b;
}

static inline uint32_t field16(const step_check *c, uint32_t field)
{
    return dw_load16((const uint8_t *)c->record + field);
}

static inline uint32_t field32(const step_check *c, uint32_t field)
{
    return dw_load32((const uint8_t *)c->record + field);
}

static inline int is(const step_check *c, uint32_t kind)
{
    return c->kind == kind;
}

static inline shape shape_at(const step_check *c, uint32_t field)
{
    const shape s = {field16(c, field), field16(c, field + 2), field16(c, field + 4)};
    return s;
}

/* Loads a step. */
int dw_check_load(step_check *c, uint32_t step);

static inline int same(shape a, shape b)
{
    return a.height == b.height && a.width == b.width && a.channels == b.channels;
}

/* `bytes` bytes of the file, from a multiple of 4 on. */
int dw_check_constant(const step_check *c, uint32_t offset, uint32_t bytes);

/* A tensor, whose address, row stride and row table stand from `field` on, lies in the arena. */
int dw_check_rows(const step_check *c, shape s, uint32_t field, uint32_t pixel_stride);

/* Steps of the kinds that small builds do not have. *work: bytes, in units of 2^16. */
int dw_check_full(const step_check *c, shape in, shape out, uint32_t *work);

/* *highest: the highest offset of a table of rows. */
int dw_check_row_table(const step_check *c, uint32_t table, uint32_t rows, uint32_t *highest);

/* Scratch of a task of `rows` rows. *derived: whether the fields that follow from others have their values. */
uint32_t dw_check_scratch(const step_check *c, uint32_t rows, int *derived);

/* Tasks compute every row of every step once, in order, and take every row of the input. */
int dw_check_tasks(step_check *c);

#endif
