/* Best classes of an output, and their names. */
#include <string.h>

#include "dw.h"
#include "dw_bytes.h"
#include "dw_format.h"

/* Puts a class in its place among the `found` best so far, at most `count` of which are kept. Returns how many there are. */
static uint32_t insert(dw_class *classes, uint32_t found, uint32_t count, dw_class candidate)
{
    uint32_t at = found;
    while (at > 0 && classes[at - 1].score < candidate.score) at--;
    if (at == count) return found;
    if (found < count) found++;
    memmove(classes + at + 1, classes + at, (found - at - 1) * sizeof *classes);
    classes[at] = candidate;
    return found;
}

int dw_top(dw_net *net, uint32_t output, dw_class *classes, uint32_t count)
{
    uint8_t port[DW_PORT_BYTES];
    uint32_t found = 0, bytes, dtype, scale_bits;
    int32_t zero_point;
    float scale;
    const uint8_t *values = dw_output(net, output, &bytes);
    if (!values) return DW_ERROR_NONE;
    if (dw_read_blob(net, net->ports_offset + (net->input_count + output) * DW_PORT_BYTES, port, sizeof port))
        return DW_ERROR_READ;
    dtype = u32_at(port + DW_P_DTYPE);
    if (dtype > DW_DTYPE_UINT8) {
        /* The model has chosen; a map of many choices is no answer. */
        if (count == 0 || bytes != (dtype == DW_DTYPE_INT32 ? 4 : 8)) return 0;
        *classes = (dw_class){u32_at(values), 1};
        return 1;
    }
    scale_bits = u32_at(port + DW_P_SCALE);
    memcpy(&scale, &scale_bits, sizeof scale);
    zero_point = (int32_t)u32_at(port + DW_P_ZERO_POINT);
    for (uint32_t i = 0; i < bytes; i++) {
        const int32_t value = dtype == DW_DTYPE_UINT8 ? (int32_t)values[i] : (int32_t)(int8_t)values[i];
        const dw_class candidate = {i, (float)(value - zero_point) * scale};
        found = insert(classes, found, count, candidate);
    }
    return (int)found;
}

/* The strings are the model's name, one name for each port, then the labels, each ended by a 0. */
int dw_label(const dw_net *net, uint32_t index, char *text, uint32_t bytes)
{
    uint8_t header[DW_HEADER_BYTES], chunk[32];
    uint32_t at, end, length = 0;
    uint64_t skip = (uint64_t)1 + net->input_count + net->output_count + index;
    if (!net->backend) return DW_ERROR_CLOSED;
    if (bytes == 0) return DW_ERROR_NONE;
    if (dw_read_blob(net, 0, header, sizeof header)) return DW_ERROR_READ;
    at = u32_at(header + DW_H_STRINGS_OFFSET);
    end = at + u32_at(header + DW_H_STRINGS_BYTES);
    while (at < end) {
        const uint32_t count = end - at < sizeof chunk ? end - at : (uint32_t)sizeof chunk;
        if (dw_read_blob(net, at, chunk, count)) return DW_ERROR_READ;
        for (uint32_t i = 0; i < count; i++) {
            if (skip) {
                skip -= chunk[i] == 0;
                continue;
            }
            if (chunk[i] == 0) {
                text[length] = 0;
                return DW_OK;
            }
            if (length < bytes - 1) text[length++] = (char)chunk[i];
        }
        at += count;
    }
    return DW_ERROR_NONE;
}
