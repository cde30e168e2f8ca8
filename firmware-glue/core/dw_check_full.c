/* The checks of src/steps of those kinds that small builds do not have. */
#include "dw_check.h"

/* Where loops of PERMUTE can lead: into rows, and to bytes of one, of 16 bits each way. */
#define LOOP_BYTES 12u

#if DW_KINDS >> DW_KIND_GATHER & 1
static int read16(const step_check *c, uint32_t offset, uint32_t *value)
{
    uint8_t bytes[2];
    if (dw_read_blob(c->net, offset, bytes, sizeof bytes)) return DW_ERROR_READ;
    *value = u16_at(bytes);
    return DW_OK;
}

/* Indices of rows, then of pixels. */
static int check_indices(const step_check *c, uint32_t table, uint32_t count, uint32_t most)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index;
        if (read16(c, table + 2 * i, &index)) return DW_ERROR_READ;
        if (index >= most && index != DW_NOTHING) return DW_ERROR_LAYOUT;
    }
    return DW_OK;
}

static int check_gather(const step_check *c, shape in, shape out)
{
    const uint32_t table = field32(c, DW_S_TABLE), runs = field16(c, DW_S_OUT_CHUNK);
    const uint32_t columns = table + 2 * out.height, first = columns + 2 * out.width;
    uint32_t channels = 0;
    int error;
    if (!dw_check_constant(c, table, 2 * (out.height + out.width) + 4 * runs)) return DW_ERROR_LAYOUT;
    error = check_indices(c, table, out.height, in.height);
    if (!error) error = check_indices(c, columns, out.width, in.width);
    for (uint32_t i = 0; !error && i < runs; i++) {
        uint32_t channel = 0, count = 0;
        if (read16(c, first + 4 * i, &channel) || read16(c, first + 4 * i + 2, &count)) return DW_ERROR_READ;
        if (channel != DW_NOTHING && channel + count > in.channels) error = DW_ERROR_LAYOUT;
        channels = plus(channels, count);
    }
    return error || channels == out.channels ? error : DW_ERROR_LAYOUT;
}
#endif

#if DW_KINDS >> DW_KIND_PERMUTE & 1
static int check_permute(const step_check *c, shape in, shape out)
{
    const uint32_t loops = field16(c, DW_S_OUT_CHUNK), table = field32(c, DW_S_TABLE);
    uint32_t values = 1, row = 0, byte = 0;
    if (!loops || loops > DW_MOST_LOOPS || !dw_check_constant(c, table, LOOP_BYTES * loops)) return DW_ERROR_LAYOUT;
    for (uint32_t i = 0; i < loops; i++) {
        uint8_t loop[LOOP_BYTES];
        if (dw_read_blob(c->net, table + LOOP_BYTES * i, loop, sizeof loop)) return DW_ERROR_READ;
        if (!u32_at(loop)) return DW_ERROR_LAYOUT;
        values = times(values, u32_at(loop));
        row = plus(row, times(u32_at(loop) - 1, u32_at(loop + 4)));
        byte = plus(byte, times(u32_at(loop) - 1, u32_at(loop + 8)));
    }
    return values == times(out.height * out.width, out.channels) && row < in.height && byte < times(in.width, in.channels)
        ? DW_OK
        : DW_ERROR_LAYOUT;
}
#endif

#if DW_KINDS >> DW_KIND_BINARY & 1
static int is_operation(uint32_t operation)
{
    switch (operation) {
    case DW_BINARY_ADD:
    case DW_BINARY_SUBTRACT:
    case DW_BINARY_SUBTRACT_FROM:
    case DW_BINARY_MULTIPLY:
    case DW_BINARY_PRELU:
    case DW_BINARY_MAXIMUM:
    case DW_BINARY_MINIMUM: return 1;
    default: return 0;
    }
}

static int fits(uint32_t axis, uint32_t whole)
{
    return axis == 1 || axis == whole;
}

static int check_binary(const step_check *c, shape in, shape out)
{
    const shape second = {field16(c, DW_S_PAD_TOP), field16(c, DW_S_PAD_LEFT), field16(c, DW_S_DEPTH_MULTIPLIER)};
    const uint32_t constant = field16(c, DW_S_FLAGS) & DW_BINARY_CONSTANT;
    const uint32_t bytes = times(second.height * second.width, second.channels);
    if (!is_operation(field16(c, DW_S_FLAGS) & ~DW_BINARY_CONSTANT) || !same(in, out) || !fits(second.height, in.height)
        || !fits(second.width, in.width) || !fits(second.channels, in.channels)
        || !dw_check_constant(c, field32(c, DW_S_TABLE), 24))
        return DW_ERROR_LAYOUT;
    if (!constant) return dw_check_rows(c, second, DW_S_IN2_ADDRESS, second.channels);
    return dw_check_constant(c, field32(c, DW_S_WEIGHTS), bytes) ? DW_OK : DW_ERROR_LAYOUT;
}
#endif

int dw_check_full(const step_check *c, shape in, shape out, uint32_t *work)
{
    const uint32_t pixels = out.height * out.width;
    *work = times(pixels, out.channels) / 0x10000u + times(in.height * in.width, in.channels) / 0x10000u + 1;
    switch (c->kind) {
#if DW_KINDS >> DW_KIND_GATHER & 1
    case DW_KIND_GATHER:
        *work = plus(*work, times(pixels, field16(c, DW_S_OUT_CHUNK)) / 0x10000u);
        return check_gather(c, in, out);
#endif
#if DW_KINDS >> DW_KIND_PERMUTE & 1
    case DW_KIND_PERMUTE: return check_permute(c, in, out);
#endif
#if DW_KINDS >> DW_KIND_BINARY & 1
    case DW_KIND_BINARY: return check_binary(c, in, out);
#endif
    default: return DW_ERROR_LAYOUT;
    }
}
