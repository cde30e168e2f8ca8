/* Opens and runs a .dw file; see dw.h. The file is untrusted: every range is checked here before it is used. */
#include "dw.h"

#include <string.h>

#include "dw_bytes.h"
#include "dw_crc32.h"
#include "dw_format.h"
#include "dw_head.h"

/* 0 in firmware without detections, embeddings and places: it takes every file as one without a head, and the checks of heads
 * are not linked. */
#ifndef DW_HEADS
#define DW_HEADS 1
#endif

/* dw.h does not show users the file format. */
typedef char dw_waiting_is_tick_waiting[DW_WAITING == DW_TICK_WAITING ? 1 : -1];

/* Is [start, start + bytes) inside [0, total)? */
static int inside(uint64_t start, uint64_t bytes, uint64_t total)
{
    return start <= total && bytes <= total - start;
}

/* Does the section whose offset stands in this header field lie behind the header and inside the file? */
static int section(const uint8_t *header, uint32_t field, uint64_t bytes, uint32_t file_bytes)
{
    const uint32_t offset = u32_at(header + field);
    return offset >= DW_HEADER_BYTES && inside(offset, bytes, file_bytes);
}

int dw_read_blob(const dw_net *net, uint32_t offset, void *to, uint32_t bytes)
{
    return net->blob.read(net->blob.context, offset, to, bytes) ? DW_ERROR_READ : DW_OK;
}

static int check_crc(const dw_net *net, uint32_t expected)
{
    uint8_t chunk[64];
    uint32_t crc = 0;
    for (uint32_t at = DW_CRC_FROM; at < net->blob.bytes;) {
        uint32_t left = net->blob.bytes - at;
        uint32_t count = left < sizeof chunk ? left : (uint32_t)sizeof chunk;
        int error = dw_read_blob(net, at, chunk, count);
        if (error) return error;
        crc = dw_crc32(crc, chunk, count);
        at += count;
    }
    return crc == expected ? DW_OK : DW_ERROR_CRC;
}

/* Sections behind the header and inside the file; state, arena and scratch in this order inside linear memory. */
static int check_header(const uint8_t *header, uint32_t file_bytes)
{
    const uint64_t inputs = u32_at(header + DW_H_INPUT_COUNT), outputs = u32_at(header + DW_H_OUTPUT_COUNT);
    const uint64_t steps = u32_at(header + DW_H_STEP_COUNT), tasks = u32_at(header + DW_H_TASK_COUNT);
    const uint64_t arena = u32_at(header + DW_H_ARENA_ADDRESS), scratch = u32_at(header + DW_H_SCRATCH_ADDRESS);
    const uint64_t arena_end = arena + u32_at(header + DW_H_ARENA_BYTES);
    const uint64_t scratch_end = scratch + u32_at(header + DW_H_SCRATCH_BYTES);
    const int ok = section(header, DW_H_PORTS_OFFSET, (inputs + outputs) * DW_PORT_BYTES, file_bytes)
        && section(header, DW_H_TASKS_OFFSET, tasks * DW_TASK_BYTES, file_bytes)
        && section(header, DW_H_STEPS_OFFSET, steps * DW_STEP_BYTES, file_bytes)
        && section(header, DW_H_HEAD_OFFSET, u32_at(header + DW_H_HEAD_BYTES), file_bytes)
        && section(header, DW_H_STRINGS_OFFSET, u32_at(header + DW_H_STRINGS_BYTES), file_bytes)
        /* A task names its step in 16 bits. */
        && inputs > 0 && outputs > 0 && steps < 0xffffu
        && DW_STATE_ROWS_DONE + 2 * steps <= arena && arena_end <= scratch
        && scratch_end <= u32_at(header + DW_H_MEMORY_BYTES);
    return ok ? DW_OK : DW_ERROR_LAYOUT;
}

static int check_ports(dw_net *net, uint64_t arena, uint64_t arena_bytes)
{
    for (uint32_t i = 0; i < net->input_count + net->output_count; i++) {
        uint8_t port[DW_PORT_BYTES];
        uint64_t address;
        int error = dw_read_blob(net, net->ports_offset + i * DW_PORT_BYTES, port, sizeof port);
        if (error) return error;
        if (i == 0) net->row_bytes = u32_at(port + DW_P_ROW_BYTES);
        else if (u32_at(port + DW_P_ROW_BYTES)) return DW_ERROR_LAYOUT;
        if (i == 0 && net->row_bytes) continue;
        address = u32_at(port + DW_P_ADDRESS);
        if (address < arena || !inside(address - arena, u32_at(port + DW_P_BYTES), arena_bytes)) return DW_ERROR_LAYOUT;
    }
    return DW_OK;
}

static int check_tasks(const dw_net *net, uint32_t offset, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint8_t task[DW_TASK_BYTES];
        int error = dw_read_blob(net, offset + i * DW_TASK_BYTES, task, sizeof task);
        if (error) return error;
        if (!task[DW_T_ROWS] || !task[DW_T_REPEAT]) return DW_ERROR_LAYOUT;
        if (net->row_bytes && u16_at(task + DW_T_STEP) == DW_FEED) continue;
        if (u16_at(task + DW_T_STEP) >= net->step_count) return DW_ERROR_LAYOUT;
    }
    return DW_OK;
}

static int check_blob(dw_net *net)
{
    uint8_t header[DW_HEADER_BYTES];
    int error;
    /* The magic first: a file that is something else altogether should be called that, however short it is. */
    if (net->blob.bytes < 4) return DW_ERROR_LENGTH;
    error = dw_read_blob(net, 0, header, 4);
    if (error) return error;
    if (u32_at(header + DW_H_MAGIC) != DW_MAGIC) return DW_ERROR_MAGIC;
    if (net->blob.bytes < DW_HEADER_BYTES) return DW_ERROR_LENGTH;
    error = dw_read_blob(net, 0, header, sizeof header);
    if (error) return error;
    if (u32_at(header + DW_H_VERSION) != DW_VERSION) return DW_ERROR_VERSION;
    if (u32_at(header + DW_H_TOTAL_BYTES) != net->blob.bytes) return DW_ERROR_LENGTH;
    error = check_crc(net, u32_at(header + DW_H_CRC32));
    if (!error) error = check_header(header, net->blob.bytes);
    if (error) return error;
    net->memory_bytes = u32_at(header + DW_H_MEMORY_BYTES);
    net->input_count = u32_at(header + DW_H_INPUT_COUNT);
    net->output_count = u32_at(header + DW_H_OUTPUT_COUNT);
    net->ports_offset = u32_at(header + DW_H_PORTS_OFFSET);
    net->step_count = u32_at(header + DW_H_STEP_COUNT);
#if DW_HEADS
    net->head_offset = u32_at(header + DW_H_HEAD_OFFSET);
    net->head_bytes = u32_at(header + DW_H_HEAD_BYTES);
    net->scratch_address = u32_at(header + DW_H_SCRATCH_ADDRESS);
#endif
    error = check_ports(net, u32_at(header + DW_H_ARENA_ADDRESS), u32_at(header + DW_H_ARENA_BYTES));
    if (DW_HEADS && !error) error = dw_head_check(net, u32_at(header + DW_H_SCRATCH_BYTES));
    if (error) return error;
    return check_tasks(net, u32_at(header + DW_H_TASKS_OFFSET), u32_at(header + DW_H_TASK_COUNT));
}

int dw_check(const dw_blob *blob, const dw_backend *backend, uint32_t *memory_bytes)
{
    dw_net net;
    int error;
    memset(&net, 0, sizeof net);
    net.blob = *blob;
    error = check_blob(&net);
    if (!error) error = backend->check(&net);
    if (!error && memory_bytes) *memory_bytes = net.memory_bytes;
    return error;
}

int dw_read_memory(void *context, uint32_t offset, void *to, uint32_t bytes)
{
    memcpy(to, (const uint8_t *)context + offset, bytes);
    return 0;
}

void *dw_take(dw_net *net, uint32_t bytes)
{
    uint8_t *start = net->ram + net->ram_used;
    const uint32_t gap = (uint32_t)(-(uintptr_t)start & 7u);
    if (!inside((uint64_t)net->ram_used + gap, bytes, net->ram_bytes)) return NULL;
    net->ram_used += gap + bytes;
    if (net->ram_peak < net->ram_used) net->ram_peak = net->ram_used;
    memset(start + gap, 0, bytes);
    return start + gap;
}

int dw_open(dw_net *net, const dw_blob *blob, const dw_kernels *kernels, void *memory, uint32_t bytes)
{
    int error;
    memset(net, 0, sizeof *net);
    net->blob = *blob;
    net->ram = (uint8_t *)memory;
    net->ram_bytes = bytes;
    error = check_blob(net);
    if (!error) error = kernels->backend->check(net);
    if (error) return error;
    net->backend = kernels->backend;
    error = net->backend->open(net, kernels->module, kernels->bytes);
    if (error) dw_close(net);
    return error;
}

void dw_close(dw_net *net)
{
    if (net->backend) net->backend->close(net);
    net->backend = NULL;
    net->memory = NULL;
    net->ram_used = 0;
}

static uint8_t *port(dw_net *net, uint32_t index, uint32_t *bytes)
{
    uint8_t fields[DW_PORT_BYTES];
    if (!net->memory || dw_read_blob(net, net->ports_offset + index * DW_PORT_BYTES, fields, sizeof fields)) return NULL;
    if (bytes) *bytes = u32_at(fields + DW_P_BYTES);
    return net->memory + u32_at(fields + DW_P_ADDRESS);
}

uint8_t *dw_input(dw_net *net, uint32_t index, uint32_t *bytes)
{
    if (index == 0 && net->row_bytes) return NULL;
    return index < net->input_count ? port(net, index, bytes) : NULL;
}

uint8_t *dw_output(dw_net *net, uint32_t index, uint32_t *bytes)
{
    return index < net->output_count ? port(net, net->input_count + index, bytes) : NULL;
}

static int refused(dw_net *net, int32_t kernel_error)
{
    net->kernel_error = kernel_error;
    return DW_ERROR_REFUSED;
}

int dw_begin(dw_net *net)
{
    int32_t result = 0;
    int error;
    if (!net->backend) return DW_ERROR_CLOSED;
    net->streamed_bytes = 0;
    net->detail = NULL;
    error = net->backend->begin(net, &result);
    if (error) return error;
    return result ? refused(net, result) : DW_OK;
}

int dw_tick(dw_net *net)
{
    int32_t result = 0;
    int error;
    if (!net->backend) return DW_ERROR_CLOSED;
    error = net->backend->tick(net, &result);
    if (error) return error;
    if (result < 0) return refused(net, result);
    if ((uint32_t)result <= net->step_count || result == DW_WAITING) return (int)result;
    net->detail = "tick returned a step that the model does not have";
    return DW_ERROR_TRAP;
}

/* Until the inference is done, waits for a row, or fails. */
static int run(dw_net *net)
{
    int result;
    do result = dw_tick(net);
    while (result > 0 && result != DW_WAITING);
    return result;
}

int dw_invoke(dw_net *net)
{
    int result = dw_begin(net);
    if (result) return result;
    result = run(net);
    return result == DW_WAITING ? DW_ERROR_ORDER : result;
}

int dw_push_row(dw_net *net, const uint8_t *row)
{
    int32_t address = 0;
    int error;
    if (!net->backend) return DW_ERROR_CLOSED;
    if (!net->row_bytes) return DW_ERROR_ORDER;
    error = net->backend->push(net, &address);
    if (error) return error;
    if (address < 0) return DW_ERROR_ORDER;
    if (!inside((uint64_t)address, net->row_bytes, net->memory_bytes)) return DW_ERROR_LAYOUT;
    memcpy(net->memory + address, row, net->row_bytes);
    return DW_OK;
}

int dw_push_rows(dw_net *net, const uint8_t *rows, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        int result = run(net);
        if (result == DW_OK) return DW_ERROR_ORDER;
        if (result == DW_WAITING) result = dw_push_row(net, rows + (size_t)i * net->row_bytes);
        if (result) return result;
    }
    return run(net);
}

int dw_stream(dw_net *net, uint32_t dst, uint32_t src, uint32_t bytes)
{
    if (!inside(dst, bytes, net->memory_bytes) || !inside(src, bytes, net->blob.bytes)) return DW_ERROR_LAYOUT;
    net->streamed_bytes += bytes;
    return dw_read_blob(net, src, net->memory + dst, bytes);
}

const char *dw_error_text(int error)
{
    switch (error) {
    case DW_OK: return "no error";
    case DW_ERROR_READ: return "the model file cannot be read";
    case DW_ERROR_LENGTH: return "the model file is truncated, or longer than its header says";
    case DW_ERROR_MAGIC: return "this is not a .dw file";
    case DW_ERROR_VERSION: return "the .dw file has another format version than this runtime";
    case DW_ERROR_CRC: return "the .dw file is damaged: its CRC-32 does not match";
    case DW_ERROR_LAYOUT: return "the .dw file points outside the file or outside linear memory";
    case DW_ERROR_KERNELS: return "the kernel module cannot be loaded, or lacks a kernel of the model";
    case DW_ERROR_MEMORY: return "the memory given to dw_open is too small";
    case DW_ERROR_TRAP: return "the kernels were stopped";
    case DW_ERROR_REFUSED: return "the kernels refused the model";
    case DW_ERROR_CLOSED: return "no model is open";
    case DW_ERROR_ORDER: return "a row of the input came when none was wanted, or did not come when it was";
    case DW_ERROR_NONE: return "the model has no such output, label or answer";
    case DW_ERROR_KIND: return "the .dw file has a kind of step that does not exist";
    case DW_ERROR_FRAME: return "the frame has no pixels, an unknown format or too many pixels, or the model takes no pictures";
    default: return "unknown error";
    }
}
