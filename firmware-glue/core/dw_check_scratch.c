/* The scratch of a task, by the formulas of src/steps. */
#include "dw_check.h"

#define GROUP_BYTES 32u
#define GROUP_PIXELS 12u
#define OVERREAD 8u
#define BLOCK_BYTES 40u
#define BLOCK_ROWS 3u

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

#if DW_KINDS & ~DW_SMALL_KINDS
/* The scratch of a convolution of groups: a chunk's sums and table, the values of a pixel's windows, the
 * chunk's weights. */
static uint32_t general_conv_scratch(const step_check *c)
{
    const uint32_t groups = field16(c, DW_S_GROUPS), chunk = field16(c, DW_S_OUT_CHUNK);
    const uint32_t taps = times(field16(c, DW_S_KERNEL_H), field16(c, DW_S_KERNEL_W));
    const uint32_t k = times(taps, field16(c, DW_S_IN_CHANNELS) / groups);
    const uint32_t whole = chunk / (field16(c, DW_S_OUT_CHANNELS) / groups);
    const uint32_t values = (chunk * (4 + CHANNEL_BYTES) + 7) & ~7u;
    const uint32_t weights = plus(plus(values, times(2 * (whole ? whole : 1), k)), 7) & ~7u;
    return plus(plus(weights, times(chunk, k)), OVERREAD);
}
#endif

uint32_t dw_check_scratch(const step_check *c, uint32_t rows, int *derived)
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
#if DW_KINDS & ~DW_SMALL_KINDS
    case DW_KIND_GENERAL_CONV: return general_conv_scratch(c);
    case DW_KIND_RESIZE_BILINEAR: return 16;
    case DW_KIND_SOFTMAX_ROWS: return 1024;
    case DW_KIND_GATHER: return 2 * field16(c, DW_S_OUT_WIDTH) + 4 * field16(c, DW_S_OUT_CHUNK) + OVERREAD;
    case DW_KIND_PERMUTE: return 16 * field16(c, DW_S_OUT_CHUNK) + OVERREAD;
    case DW_KIND_BINARY:
        return plus(24 + OVERREAD,
            field16(c, DW_S_FLAGS) & DW_BINARY_CONSTANT ? times(field16(c, DW_S_PAD_LEFT), field16(c, DW_S_DEPTH_MULTIPLIER))
                                                        : 0);
#endif
    default: return OVERREAD;
    }
}
