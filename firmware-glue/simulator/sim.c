/* Functions for the JavaScript host (src/engines/wasm3.ts). One instance of the module holds one net. */
#include <stdlib.h>
#include <string.h>

#include "dw.h"
#include "dw_wasm3_calls.h"
#include "sim_count.h"

#ifdef __wasm__
#define EXPORT(NAME) __attribute__((export_name(#NAME)))
#else
#define EXPORT(NAME)
#endif

struct sim_counters sim;
const char sim_limit_exceeded[] = "op limit exceeded";

static dw_net net;
static u32 tick_depth;

/* The file is read where the host put it, like memory-mapped flash. */
EXPORT(alloc) void *sim_alloc(uint32_t bytes)
{
    return malloc(bytes);
}

/* `ram_bytes` is what a board would give the net, which on a board has 4-byte pointers too. */
EXPORT(open) int sim_open(void *file, uint32_t file_bytes, const uint8_t *module, uint32_t module_bytes, uint32_t ram_bytes)
{
    void *ram = malloc(ram_bytes);
    const dw_blob blob = {dw_read_memory, file, file_bytes};
    const dw_kernels kernels = {&dw_wasm3, module, module_bytes};
    sim.limit = UINT64_MAX;
    return dw_open(&net, &blob, &kernels, ram, ram ? ram_bytes : 0);
}

EXPORT(begin) int sim_begin(double limit)
{
    memset(&sim, 0, sizeof sim);
    sim.limit = (u64)limit;
    return dw_begin(&net);
}

EXPORT(tick) int sim_tick(void)
{
    const u32 before = sim.max_depth;
    sim.max_depth = 0;
    const int result = dw_tick(&net);
    tick_depth = sim.max_depth;
    if (before > sim.max_depth) sim.max_depth = before;
    return result;
}

EXPORT(push_row) int sim_push_row(const uint8_t *row)
{
    return dw_push_row(&net, row);
}

EXPORT(push_rows) int sim_push_rows(const uint8_t *rows, uint32_t count)
{
    return dw_push_rows(&net, rows, count);
}

EXPORT(input) uint8_t *sim_input(uint32_t index)
{
    return dw_input(&net, index, NULL);
}

EXPORT(output) uint8_t *sim_output(uint32_t index)
{
    return dw_output(&net, index, NULL);
}

EXPORT(memory_address) uint8_t *sim_memory(void)
{
    return net.memory;
}

EXPORT(memory_bytes) uint32_t sim_memory_bytes(void)
{
    return net.memory_bytes;
}

/* All ops since begin. */
EXPORT(ops) double sim_ops(void)
{
    return (double)(sim.returned + sim.depth);
}

/* The function table must not be longer than this (tools/build/wasm3.ts checks it). */
EXPORT(kinds) uint32_t sim_kinds(void)
{
    return SIM_KINDS;
}

/* Ops of the kind whose function has this table index. */
EXPORT(kind_ops) double sim_kind_ops(uint32_t index)
{
    return index < SIM_KINDS ? (double)sim.kinds[index] : 0;
}

/* Calls of a function of the kernels since begin; the module must not have more than SIM_FUNCTIONS. */
EXPORT(functions) uint32_t sim_functions(void)
{
    return SIM_FUNCTIONS;
}

EXPORT(calls) uint32_t sim_calls(uint32_t function)
{
    return function < SIM_FUNCTIONS ? sim.calls[function] : 0;
}

/* Whether a function of the kernels has been compiled; the import needs no code. */
EXPORT(compiled) int sim_compiled(uint32_t function)
{
    const M3Runtime *runtime = (const M3Runtime *)net.state[DW_WASM3_RUNTIME];
    const M3Module *module = runtime ? runtime->modules : NULL;
    return module && function < module->numFunctions && module->functions[function].wasm
        && module->functions[function].compiled;
}

EXPORT(max_depth) uint32_t sim_max_depth(void)
{
    return sim.max_depth;
}

/* Depth of the last tick. */
EXPORT(tick_depth) uint32_t sim_tick_depth(void)
{
    return tick_depth;
}

EXPORT(code_bytes) uint32_t sim_code_bytes(void)
{
    return dw_wasm3_code_bytes(&net);
}

/* RAM that the net took. */
EXPORT(heap_bytes) uint32_t sim_heap_bytes(void)
{
    return net.ram_peak;
}

EXPORT(streamed_bytes) double sim_streamed_bytes(void)
{
    return (double)net.streamed_bytes;
}

EXPORT(error_text) const char *sim_error_text(int error)
{
    return dw_error_text(error);
}

EXPORT(detail) const char *sim_detail(void)
{
    return net.detail;
}

EXPORT(limit_exceeded) int sim_is_limit_exceeded(void)
{
    return net.detail == sim_limit_exceeded;
}

EXPORT(kernel_error) int sim_kernel_error(void)
{
    return net.kernel_error;
}
