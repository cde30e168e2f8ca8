/* The checks of src/format/check-steps.ts, as far as memory and an end in sight depend on them: that each step reads and
 * writes inside the arena and the file, that its shapes belong together, that scratch is large enough, and that every row
 * is computed once. Numbers saturate: what does not fit 32 bits is larger than everything that it is compared with. */
#include "dw_check_steps.h"

#include <string.h>

#include "dw_bytes.h"
#include "dw_format.h"

/* Addresses, sizes and places in rows stay below this, so that the kernels' signed numbers hold them. */
#define MOST 0x7fffffffu
/* Multiply-accumulates and bytes moved of one inference, in units of 2^16. */
#define MOST_WORK 0x10000u
#define MOST_ROW_SHIFT 10u

#define K_BLOCK 8u
#define GROUP_BYTES 32u
#define GROUP_PIXELS 12u
#define OVERREAD 8u
/* Bias, multiplier and shift of a channel. */
#define CHANNEL_BYTES 9u
#define BLOCK_BYTES 40u
#define BLOCK_ROWS 3u

typedef struct {
    dw_net *net;
    uint32_t arena, arena_end, scratch, scratch_bytes, row_shift;
    uint8_t record[DW_STEP_BYTES];
    uint32_t kind;
} step_check;

typedef struct {
    uint32_t height, width, channels;
} shape;

static uint32_t times(uint32_t a, uint32_t b)
{
    const uint64_t product = (uint64_t)a * b;
    return product > UINT32_MAX ? UINT32_MAX : (uint32_t)product;
}

static uint32_t plus(uint32_t a, uint32_t b)
{
    return a + b < a ? UINT32_MAX : a + b;
}

static uint32_t field16(const step_check *c, uint32_t field)
{
    return u16_at(c->record + field);
}

static uint32_t field32(const step_check *c, uint32_t field)
{
    return u32_at(c->record + field);
}

static int is(const step_check *c, uint32_t kind)
{
    return c->kind == kind;
}

static shape shape_at(const step_check *c, uint32_t field)
{
    const shape s = {field16(c, field), field16(c, field + 2), field16(c, field + 4)};
    return s;
}

static int same(shape a, shape b)
{
    return a.height == b.height && a.width == b.width && a.channels == b.channels;
}

/* `bytes` bytes of the file, from a multiple of 4 on. */
static int constant(const step_check *c, uint32_t offset, uint32_t bytes)
{
    return offset >= DW_HEADER_BYTES && offset % 4 == 0 && plus(offset, bytes) <= c->net->blob.bytes;
}

/* *highest: the highest offset of a table of rows. */
static int highest_row(const step_check *c, uint32_t table, uint32_t rows, uint32_t *highest)
{
    *highest = 0;
    if (!constant(c, table, times(2, rows)) || c->row_shift > MOST_ROW_SHIFT) return DW_ERROR_LAYOUT;
    for (uint32_t y = 0; y < rows; y++) {
        uint8_t entry[2];
        if (dw_read_blob(c->net, table + 2 * y, entry, sizeof entry)) return DW_ERROR_READ;
        if (*highest < u16_at(entry) << c->row_shift) *highest = u16_at(entry) << c->row_shift;
    }
    return DW_OK;
}

/* A tensor, whose address, row stride and row table stand from `field` on, lies in the arena. */
static int check_rows(const step_check *c, shape s, uint32_t field, uint32_t pixel_stride)
{
    const uint32_t start = field32(c, field), table = field32(c, field + 8);
    uint32_t last = times(s.height - 1, field32(c, field + 4));
    const int error = table ? highest_row(c, table, s.height, &last) : DW_OK;
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

/* S_WINDOW to S_BLOCKS of a depthwise layer; returns the scratch of a task of `rows` rows. */
static uint32_t depthwise_scratch(const step_check *c, uint32_t rows, int *derived)
{
    const shape in = shape_at(c, DW_S_IN_HEIGHT);
    const uint32_t taps = times(field16(c, DW_S_KERNEL_H), field16(c, DW_S_KERNEL_W));
    const uint32_t weights = times(field16(c, DW_S_OUT_CHUNK), taps < CHANNEL_BYTES ? CHANNEL_BYTES : taps);
    const uint32_t window = plus(3 * DW_SCRATCH_COLUMN, weights);
    const uint32_t blocks = plus(plus(window, times(in.width, in.channels)), 3) & ~3u;
    *derived = field32(c, DW_S_WINDOW) == plus(c->scratch, window) && field32(c, DW_S_BLOCKS) == plus(c->scratch, blocks);
    return plus(blocks, (rows + BLOCK_ROWS - 1) / BLOCK_ROWS * BLOCK_BYTES);
}

/* Both tensors are without gaps between their rows. */
static int is_whole(const step_check *c, shape in, shape out)
{
    return !field32(c, DW_S_IN_ROWS) && !field32(c, DW_S_OUT_ROWS)
        && field32(c, DW_S_IN_STRIDE) == in.width * in.channels
        && field32(c, DW_S_OUT_STRIDE) == times(out.width, field16(c, DW_S_OUT_PIXEL_STRIDE));
}

/* S_K to S_RUN_PIXELS of a convolution; returns its scratch. */
static uint32_t conv_scratch(const step_check *c, int *derived)
{
    const shape in = shape_at(c, DW_S_IN_HEIGHT), out = shape_at(c, DW_S_OUT_HEIGHT);
    const uint32_t kernel_h = field16(c, DW_S_KERNEL_H), kernel_w = field16(c, DW_S_KERNEL_W);
    const uint32_t stride_w = field16(c, DW_S_STRIDE_W);
    const uint32_t k = times(times(kernel_h, kernel_w), in.channels);
    const int direct = in.height == out.height && in.width == out.width && kernel_h == 1 && kernel_w == 1
        && stride_w == 1 && field16(c, DW_S_STRIDE_H) == 1;
    const int general = field16(c, DW_S_FLAGS) & (DW_STEP_GENERAL_REQUANTIZE | DW_STEP_SPLIT_LANES);
    const uint32_t packed = field16(c, DW_S_K_CHUNK) * GROUP_BYTES;
    const uint32_t finished = DW_SCRATCH_FINISHED - DW_SCRATCH_WORDS + GROUP_PIXELS * DW_FINISHED_PIXEL;
    const uint32_t accumulators = DW_SCRATCH_WORDS + (packed < finished ? finished : packed);
    const uint32_t window = accumulators + (general ? field16(c, DW_S_OUT_CHUNK) * GROUP_PIXELS * 4u : 0u);
    const uint32_t columns = out.width < GROUP_PIXELS ? out.width : GROUP_PIXELS;
    const uint32_t window_row = direct ? 0 : times((columns - 1) * stride_w + kernel_w, in.channels);
    const uint32_t most_rows = (GROUP_PIXELS - 1 + out.width - 1) / out.width + 1;
    const uint32_t rows = out.height < most_rows ? out.height : most_rows;
    *derived = field32(c, DW_S_K) == k && field32(c, DW_S_RUN) == (direct ? k : times(kernel_w, in.channels))
        && field32(c, DW_S_WINDOW) == (direct ? 0 : plus(c->scratch, window))
        && field32(c, DW_S_WINDOW_ROW) == window_row
        && field32(c, DW_S_ACCUMULATORS) == (general ? plus(c->scratch, accumulators) : 0)
        && field32(c, DW_S_RUN_PIXELS)
            == (direct && is_whole(c, in, out) ? times(out.width, out.height) : out.width);
    return plus(plus(window, times(times(rows, kernel_h), window_row)), OVERREAD);
}

/* Scratch of a task of `rows` rows. *derived: whether the fields that follow from others have their values. */
static uint32_t scratch_needed(const step_check *c, uint32_t rows, int *derived)
{
    *derived = 1;
    switch (c->kind) {
    case DW_KIND_CONV: return conv_scratch(c, derived);
    case DW_KIND_DEPTHWISE:
    case DW_KIND_DEPTHWISE_ROW: return depthwise_scratch(c, rows, derived);
    case DW_KIND_FULLY_CONNECTED: return DW_SCRATCH_WORDS + field16(c, DW_S_OUT_CHUNK) * CHANNEL_BYTES + OVERREAD;
    case DW_KIND_SOFTMAX: return 1024;
    case DW_KIND_LUT: return 256;
    case DW_KIND_ADD: return 24;
    default: return OVERREAD;
    }
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

/* *work: multiply-accumulates, or bytes, of the step. */
static int check_weights(const step_check *c, shape in, shape out, uint32_t *work)
{
    const int depthwise = !is(c, DW_KIND_CONV) && !is(c, DW_KIND_FULLY_CONNECTED);
    const uint32_t taps = times(field16(c, DW_S_KERNEL_H), field16(c, DW_S_KERNEL_W));
    const uint32_t weights = times(out.channels, depthwise ? taps : times(taps, in.channels));
    const uint32_t chunk = field16(c, DW_S_OUT_CHUNK), k_chunk = field16(c, DW_S_K_CHUNK);
    int fits = window_fits(c, in, out) && constant(c, field32(c, DW_S_WEIGHTS), weights)
        && constant(c, field32(c, DW_S_TABLE), out.channels * CHANNEL_BYTES) && chunk && chunk <= DW_MOST_OUTPUTS;
    if (is(c, DW_KIND_FULLY_CONNECTED)) fits &= taps == 1 && in.height * in.width == 1 && out.height * out.width == 1;
    else if (is(c, DW_KIND_CONV)) fits &= k_chunk && k_chunk % K_BLOCK == 0 && k_chunk <= DW_MOST_K;
    else fits &= out.channels == times(in.channels, field16(c, DW_S_DEPTH_MULTIPLIER)) && columns_fit(c, in);
    *work = times(out.height * out.width / 256 + 1, weights / 256 + 1);
    return fits;
}

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
        return out.channels == in.channels && out.height == 1 && out.width == 1 && constant(c, table, 8);
    case DW_KIND_ADD: return same(in, out) && constant(c, table, 24);
    case DW_KIND_LUT: return same(in, out) && constant(c, table, 256);
    case DW_KIND_SOFTMAX: return same(in, out) && constant(c, table, 1024);
    case DW_KIND_FLIP: return same(in, out);
    case DW_KIND_PAD:
        return out.channels == in.channels && out.height >= top + in.height && out.width >= left + in.width;
    default: return 0;
    }
}

static int load_step(step_check *c, uint32_t index, uint32_t steps_offset)
{
    if (dw_read_blob(c->net, steps_offset + index * DW_STEP_BYTES, c->record, sizeof c->record)) return DW_ERROR_READ;
    c->kind = field32(c, DW_S_KIND);
    return DW_OK;
}

static int check_step(step_check *c, uint32_t kinds, uint32_t *work)
{
    const shape in = shape_at(c, DW_S_IN_HEIGHT), out = shape_at(c, DW_S_OUT_HEIGHT);
    const uint32_t pixel_stride = field16(c, DW_S_OUT_PIXEL_STRIDE);
    int error, derived;
    if (c->kind < DW_KIND_CONV || c->kind > DW_KIND_DEPTHWISE_ROW) return DW_ERROR_LAYOUT;
    if (!(kinds >> c->kind & 1u)) {
        c->net->detail = "the model has a kind of step whose kernel is not compiled in";
        return DW_ERROR_KERNELS;
    }
    if (!in.height || !in.width || !in.channels || !out.height || !out.width || !out.channels
        || in.height * in.width > MOST || out.height * out.width > MOST || pixel_stride < out.channels)
        return DW_ERROR_LAYOUT;
    error = check_rows(c, in, DW_S_IN_ADDRESS, in.channels);
    if (!error) error = check_rows(c, out, DW_S_OUT_ADDRESS, pixel_stride);
    if (!error && is(c, DW_KIND_ADD)) error = check_rows(c, in, DW_S_IN2_ADDRESS, in.channels);
    if (error) return error;
    switch (c->kind) {
    case DW_KIND_CONV:
    case DW_KIND_DEPTHWISE:
    case DW_KIND_DEPTHWISE_ROW:
    case DW_KIND_FULLY_CONNECTED:
        if (!check_weights(c, in, out, work)) return DW_ERROR_LAYOUT;
        break;
    default:
        if (!check_other(c, in, out, work)) return DW_ERROR_LAYOUT;
    }
    scratch_needed(c, 1, &derived);
    return derived ? DW_OK : DW_ERROR_LAYOUT;
}

/* *rows: how many the first input hands over one by one; they have their places in the arena. */
static int rows_to_feed(const step_check *c, uint32_t *rows)
{
    uint8_t port[DW_PORT_BYTES];
    const uint32_t row_bytes = c->net->row_bytes;
    uint32_t highest = 0;
    int error;
    *rows = 0;
    if (!row_bytes) return DW_OK;
    if (dw_read_blob(c->net, c->net->ports_offset, port, sizeof port)) return DW_ERROR_READ;
    *rows = u32_at(port + DW_P_BYTES) / row_bytes;
    if (*rows > 0xffffu || *rows * row_bytes != u32_at(port + DW_P_BYTES)) return DW_ERROR_LAYOUT;
    error = highest_row(c, u32_at(port + DW_P_ROWS), *rows, &highest);
    if (error) return error;
    return plus(highest, row_bytes) <= c->arena_end - c->arena ? DW_OK : DW_ERROR_LAYOUT;
}

/* Tasks compute every row of every step once, in order, and take every row of the input. `done`: a u16 for each step. */
static int check_tasks(step_check *c, const uint8_t *header, uint8_t *done)
{
    uint32_t feed = 0;
    int error = rows_to_feed(c, &feed);
    for (uint32_t i = 0; !error && i < u32_at(header + DW_H_TASK_COUNT); i++) {
        uint8_t task[DW_TASK_BYTES];
        uint32_t step, rows, repeat, height, start, end;
        int derived;
        if (dw_read_blob(c->net, u32_at(header + DW_H_TASKS_OFFSET) + i * DW_TASK_BYTES, task, sizeof task))
            return DW_ERROR_READ;
        step = u16_at(task + DW_T_STEP);
        rows = task[DW_T_ROWS];
        repeat = task[DW_T_REPEAT];
        if (step == DW_FEED) {
            if (rows * repeat > feed) return DW_ERROR_LAYOUT;
            feed -= rows * repeat;
            continue;
        }
        error = load_step(c, step, u32_at(header + DW_H_STEPS_OFFSET));
        if (error) return error;
        height = field16(c, DW_S_OUT_HEIGHT);
        start = u16_at(done + 2 * step);
        end = start + rows * repeat;
        if ((is(c, DW_KIND_DEPTHWISE_ROW) && rows != 1) || start + rows * (repeat - 1) >= height
            || scratch_needed(c, rows, &derived) > c->scratch_bytes)
            return DW_ERROR_LAYOUT;
        if (end > height) end = height;
        done[2 * step] = (uint8_t)end;
        done[2 * step + 1] = (uint8_t)(end >> 8);
    }
    return error || !feed ? error : DW_ERROR_LAYOUT;
}

int dw_check_steps(dw_net *net, uint32_t kinds)
{
    uint8_t header[DW_HEADER_BYTES];
    uint8_t *const done = net->memory + DW_STATE_ROWS_DONE;
    uint32_t total = 0;
    int error = DW_OK;
    step_check c;
    if (dw_read_blob(net, 0, header, sizeof header)) return DW_ERROR_READ;
    c.net = net;
    c.arena = u32_at(header + DW_H_ARENA_ADDRESS);
    c.arena_end = c.arena + u32_at(header + DW_H_ARENA_BYTES);
    c.scratch = u32_at(header + DW_H_SCRATCH_ADDRESS);
    c.scratch_bytes = u32_at(header + DW_H_SCRATCH_BYTES);
    c.row_shift = u32_at(header + DW_H_ROW_SHIFT);
    if (net->memory_bytes > MOST || net->blob.bytes > MOST || c.scratch % 8) return DW_ERROR_LAYOUT;
    for (uint32_t i = 0; i < net->step_count; i++) {
        uint32_t work = 0;
        error = load_step(&c, i, u32_at(header + DW_H_STEPS_OFFSET));
        if (!error) error = check_step(&c, kinds, &work);
        if (error) return error;
        total = plus(total, work);
        if (total > MOST_WORK) return DW_ERROR_LAYOUT;
    }
    memset(done, 0, 2 * net->step_count);
    error = check_tasks(&c, header, done);
    for (uint32_t i = 0; !error && i < net->step_count; i++) {
        error = load_step(&c, i, u32_at(header + DW_H_STEPS_OFFSET));
        if (!error && u16_at(done + 2 * i) != field16(&c, DW_S_OUT_HEIGHT)) error = DW_ERROR_LAYOUT;
    }
    return error;
}
