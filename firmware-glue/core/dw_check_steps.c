/* The checks of src/format/check-steps.ts, as far as memory and an end in sight depend on them: that each step reads and
 * writes inside the arena and the file, that its shapes belong together, that scratch is large enough (dw_check_scratch.c),
 * and that every row is computed once (dw_check_tasks.c). */
#include "dw_check.h"

/* Addresses, sizes and places in rows stay below this, so that the kernels' signed numbers hold them. */
#define MOST 0x7fffffffu
/* Multiply-accumulates and bytes moved of one inference, in units of 2^16. src/format/check-steps.ts, which goes by the file's size,
 * allows less. */
#define MOST_WORK 0x10000u
#define MOST_ROW_SHIFT 10u

#define K_BLOCK 8u

int dw_check_constant(const step_check *c, uint32_t offset, uint32_t bytes)
{
    return offset >= DW_HEADER_BYTES && offset % 4 == 0 && plus(offset, bytes) <= c->net->blob.bytes;
}

int dw_check_row_table(const step_check *c, uint32_t table, uint32_t rows, uint32_t *highest)
{
    *highest = 0;
    if (!dw_check_constant(c, table, times(2, rows)) || c->row_shift > MOST_ROW_SHIFT) return DW_ERROR_LAYOUT;
    for (uint32_t y = 0; y < rows; y++) {
        uint8_t entry[2];
        if (dw_read_blob(c->net, table + 2 * y, entry, sizeof entry)) return DW_ERROR_READ;
        if (*highest < u16_at(entry) << c->row_shift) *highest = u16_at(entry) << c->row_shift;
    }
    return DW_OK;
}

int dw_check_rows(const step_check *c, shape s, uint32_t field, uint32_t pixel_stride)
{
    const uint32_t start = field32(c, field), table = field32(c, field + 8);
    uint32_t last = times(s.height - 1, field32(c, field + 4));
    const int error = table ? dw_check_row_table(c, table, s.height, &last) : DW_OK;
    if (error) return error;
    last = plus(plus(start, last), plus(times(s.width - 1, pixel_stride), s.channels));
    return start >= c->arena && last <= c->arena_end ? DW_OK : DW_ERROR_LAYOUT;
}

/* Windows have a size, and no place that they reach is too far for the kernels' numbers. */
static int window_fits(const step_check *c, shape in, shape out)
{
    const uint32_t kernel_h = field16(c, DW_S_KERNEL_H), kernel_w = field16(c, DW_S_KERNEL_W);
    const uint32_t stride_h = field16(c, DW_S_STRIDE_H), stride_w = field16(c, DW_S_STRIDE_W);
    const uint32_t down = plus(times(out.height, stride_h), in.height + kernel_h + field16(c, DW_S_PAD_TOP));
    const uint32_t across = plus(times(out.width, stride_w), in.width + kernel_w + field16(c, DW_S_PAD_LEFT));
    return kernel_h && kernel_w && stride_h && stride_w && times(down, in.channels) <= MOST
        && times(across, in.channels) <= MOST;
}

/* The column kernel is made for one window. */
static int columns_fit(const step_check *c, shape in)
{
    const uint32_t columns = field16(c, DW_S_FLAGS) & DW_STEP_COLUMNS;
    if (!columns) return !is(c, DW_KIND_DEPTHWISE_ROW);
    return field16(c, DW_S_KERNEL_H) == 3 && field16(c, DW_S_KERNEL_W) == 3 && field16(c, DW_S_STRIDE_W) <= 2
        && field16(c, DW_S_STRIDE_H) == field16(c, DW_S_STRIDE_W) && field16(c, DW_S_PAD_LEFT) <= 1
        && field16(c, DW_S_DEPTH_MULTIPLIER) == 1 && in.width > 1;
}

/* Every window of a pool covers a pixel of the input. */
static int pool_fits(uint32_t before, uint32_t kernel, uint32_t in, uint32_t out, uint32_t stride)
{
    return before < kernel && (out - 1) * stride < in + before;
}

#if DW_KINDS & ~DW_SMALL_KINDS
/* A convolution of groups, whose windows or outputs have gaps. *work: as below. */
static int check_general_conv(const step_check *c, shape in, shape out, uint32_t *work)
{
    const uint32_t kernel_h = field16(c, DW_S_KERNEL_H), kernel_w = field16(c, DW_S_KERNEL_W);
    const uint32_t dilation_h = field16(c, DW_S_DILATION_H), dilation_w = field16(c, DW_S_DILATION_W);
    const uint32_t spread_h = field16(c, DW_S_SPREAD_H), spread_w = field16(c, DW_S_SPREAD_W);
    const uint32_t groups = field16(c, DW_S_GROUPS), chunk = field16(c, DW_S_OUT_CHUNK);
    const uint32_t down = plus(times(kernel_h, dilation_h), times(out.height, field16(c, DW_S_STRIDE_H)));
    const uint32_t across = plus(times(kernel_w, dilation_w), times(out.width, field16(c, DW_S_STRIDE_W)));
    uint32_t weights, outputs;
    if (!groups || in.channels % groups || out.channels % groups || !chunk || chunk > DW_MOST_OUTPUTS) return 0;
    if (!dilation_h || !dilation_w || !spread_h || !spread_w) return 0;
    if ((dilation_h > 1 && spread_h > 1) || (dilation_w > 1 && spread_w > 1)) return 0;
    outputs = out.channels / groups;
    weights = times(out.channels, times(times(kernel_h, kernel_w), in.channels / groups));
    *work = times(out.height * out.width / 256 + 1, weights / 256 + 1);
    return (chunk % outputs == 0 || outputs % chunk == 0) && window_fits(c, in, out)
        && times(plus(down, in.height + field16(c, DW_S_PAD_TOP)), in.channels) <= MOST
        && times(plus(across, in.width + field16(c, DW_S_PAD_LEFT)), in.channels) <= MOST
        && dw_check_constant(c, field32(c, DW_S_WEIGHTS), weights)
        && dw_check_constant(c, field32(c, DW_S_TABLE), out.channels * CHANNEL_BYTES);
}
#endif

/* *work: multiply-accumulates, or bytes, of the step. */
static int check_weights(const step_check *c, shape in, shape out, uint32_t *work)
{
    const int depthwise = !is(c, DW_KIND_CONV) && !is(c, DW_KIND_FULLY_CONNECTED);
    const uint32_t taps = times(field16(c, DW_S_KERNEL_H), field16(c, DW_S_KERNEL_W));
    const uint32_t weights = times(out.channels, depthwise ? taps : times(taps, in.channels));
    const uint32_t chunk = field16(c, DW_S_OUT_CHUNK), k_chunk = field16(c, DW_S_K_CHUNK);
    int fits = window_fits(c, in, out) && dw_check_constant(c, field32(c, DW_S_WEIGHTS), weights)
        && dw_check_constant(c, field32(c, DW_S_TABLE), out.channels * CHANNEL_BYTES) && chunk && chunk <= DW_MOST_OUTPUTS;
    if (is(c, DW_KIND_FULLY_CONNECTED)) fits &= taps == 1 && in.height * in.width == 1 && out.height * out.width == 1;
    else if (is(c, DW_KIND_CONV)) fits &= k_chunk && k_chunk % K_BLOCK == 0 && k_chunk <= DW_MOST_K;
    else fits &= out.channels == times(in.channels, field16(c, DW_S_DEPTH_MULTIPLIER)) && columns_fit(c, in);
    *work = times(out.height * out.width / 256 + 1, weights / 256 + 1);
    return fits;
}

#if DW_KINDS & ~DW_SMALL_KINDS
/* Along the axes that are reduced the output has length 1. */
static int reduce_fits(const step_check *c, shape in, shape out)
{
    const uint32_t bytes = field16(c, DW_S_RESULT_BYTES);
    const uint32_t extreme = field16(c, DW_S_FLAGS) & (DW_STEP_GREATEST | DW_STEP_LEAST);
    return (out.height == in.height || out.height == 1) && (out.width == in.width || out.width == 1)
        && (out.channels == times(bytes, in.channels) || out.channels == bytes)
        && (extreme || dw_check_constant(c, field32(c, DW_S_TABLE), 8));
}
#endif

/* Kinds without weights. */
static int check_other(const step_check *c, shape in, shape out, uint32_t *work)
{
    const uint32_t top = field16(c, DW_S_PAD_TOP), left = field16(c, DW_S_PAD_LEFT);
    const uint32_t kernel_h = field16(c, DW_S_KERNEL_H), kernel_w = field16(c, DW_S_KERNEL_W);
    const uint32_t table = field32(c, DW_S_TABLE);
    const uint32_t outputs = times(out.height * out.width, out.channels);
    *work = outputs / 0x10000u + times(in.height * in.width, in.channels) / 0x10000u + 1;
    switch (c->kind) {
    case DW_KIND_AVERAGE_POOL:
    case DW_KIND_MAX_POOL:
        *work = times(outputs / 256 + 1, times(kernel_h, kernel_w) / 256 + 1);
        return out.channels == in.channels && window_fits(c, in, out)
            && pool_fits(top, kernel_h, in.height, out.height, field16(c, DW_S_STRIDE_H))
            && pool_fits(left, kernel_w, in.width, out.width, field16(c, DW_S_STRIDE_W));
    case DW_KIND_MEAN:
        return out.channels == in.channels && out.height == 1 && out.width == 1 && dw_check_constant(c, table, 8);
    case DW_KIND_ADD: return same(in, out) && dw_check_constant(c, table, 24);
    case DW_KIND_LUT: return same(in, out) && dw_check_constant(c, table, 256);
    case DW_KIND_SOFTMAX: return same(in, out) && dw_check_constant(c, table, 1024);
    case DW_KIND_FLIP: return same(in, out);
    case DW_KIND_PAD:
        return out.channels == in.channels && out.height >= top + in.height && out.width >= left + in.width;
#if DW_KINDS & ~DW_SMALL_KINDS
    case DW_KIND_SOFTMAX_ROWS: return same(in, out) && dw_check_constant(c, table, 1024);
    case DW_KIND_L2_NORMALIZE: return same(in, out);
    case DW_KIND_REDUCE: return reduce_fits(c, in, out);
    case DW_KIND_RESIZE_BILINEAR: return out.channels == in.channels && dw_check_constant(c, table, 16);
#endif
    default: return 0;
    }
}

static int check_step(step_check *c, uint32_t kinds, uint32_t *work)
{
    const shape in = shape_at(c, DW_S_IN_HEIGHT), out = shape_at(c, DW_S_OUT_HEIGHT);
    const uint32_t pixel_stride = field16(c, DW_S_OUT_PIXEL_STRIDE);
    int error, derived;
    if (!has_kind(DW_ALL_KINDS, c->kind)) return DW_ERROR_KIND;
    if (!has_kind(kinds, c->kind)) {
        c->net->detail = "a kernel is not compiled in";
        return DW_ERROR_KERNELS;
    }
    if (!in.height || !in.width || !in.channels || !out.height || !out.width || !out.channels
        || in.height * in.width > MOST || out.height * out.width > MOST || pixel_stride < out.channels)
        return DW_ERROR_LAYOUT;
    error = dw_check_rows(c, in, DW_S_IN_ADDRESS, in.channels);
    if (!error) error = dw_check_rows(c, out, DW_S_OUT_ADDRESS, pixel_stride);
    if (!error && is(c, DW_KIND_ADD)) error = dw_check_rows(c, in, DW_S_IN2_ADDRESS, in.channels);
    if (error) return error;
    switch (c->kind) {
    case DW_KIND_CONV:
    case DW_KIND_DEPTHWISE:
    case DW_KIND_DEPTHWISE_ROW:
    case DW_KIND_FULLY_CONNECTED:
        if (!check_weights(c, in, out, work)) return DW_ERROR_LAYOUT;
        break;
#if DW_KINDS & ~DW_SMALL_KINDS
    case DW_KIND_GENERAL_CONV:
        if (!check_general_conv(c, in, out, work)) return DW_ERROR_LAYOUT;
        break;
    case DW_KIND_GATHER:
    case DW_KIND_PERMUTE:
    case DW_KIND_BINARY:
        error = dw_check_full(c, in, out, work);
        if (error) return error;
        break;
#endif
    default:
        if (!check_other(c, in, out, work)) return DW_ERROR_LAYOUT;
    }
    dw_check_scratch(c, 1, &derived);
    return derived ? DW_OK : DW_ERROR_LAYOUT;
}

int dw_check_load(step_check *c, uint32_t step)
{
    if (dw_read_blob(c->net, c->steps_offset + step * DW_STEP_BYTES, c->record, sizeof c->record)) return DW_ERROR_READ;
    c->kind = field32(c, DW_S_KIND);
    return DW_OK;
}

static int load_header(step_check *c, dw_net *net)
{
    uint8_t header[DW_HEADER_BYTES];
    if (dw_read_blob(net, 0, header, sizeof header)) return DW_ERROR_READ;
    c->net = net;
    c->arena = u32_at(header + DW_H_ARENA_ADDRESS);
    c->arena_end = c->arena + u32_at(header + DW_H_ARENA_BYTES);
    c->scratch = u32_at(header + DW_H_SCRATCH_ADDRESS);
    c->scratch_bytes = u32_at(header + DW_H_SCRATCH_BYTES);
    c->row_shift = u32_at(header + DW_H_ROW_SHIFT);
    c->steps_offset = u32_at(header + DW_H_STEPS_OFFSET);
    c->tasks_offset = u32_at(header + DW_H_TASKS_OFFSET);
    c->task_count = u32_at(header + DW_H_TASK_COUNT);
    return DW_OK;
}

int dw_check_steps(dw_net *net, uint32_t kinds)
{
    step_check c;
    uint32_t total = 0;
    int error = load_header(&c, net);
    if (error) return error;
    if (net->memory_bytes > MOST || net->blob.bytes > MOST || c.scratch % 8) return DW_ERROR_LAYOUT;
    for (uint32_t i = 0; i < net->step_count; i++) {
        uint32_t work = 0;
        error = dw_check_load(&c, i);
        if (!error) error = check_step(&c, kinds, &work);
        if (error) return error;
        total = plus(total, work);
        if (total > MOST_WORK) return DW_ERROR_LAYOUT;
    }
    return dw_check_tasks(&c);
}
