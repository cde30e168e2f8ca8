/* The backend that interprets kernels.wasm with wasm3 0.5. wasm3's own headers are needed for memoryLimit, which has no
 * public setter, and for the list of code pages. */
#include "dw.h"

#include <string.h>

#include "dw_wasm3_calls.h"
#include "m3_env.h"
#include "wasm3.h"

/* wasm's value stack. The kernels need their locals and constants, nested a few calls deep. */
#ifndef DW_WASM3_STACK_BYTES
#define DW_WASM3_STACK_BYTES 4096
#endif

/* Where to go, while a net is opened, when its memory is used up. wasm3 tidies up after a module that it could not parse as
 * if all of it were there; here there is nothing to tidy up. The simulator, itself wasm, cannot jump. */
#ifdef __wasm__
typedef int jmp_buf;
#define setjmp(BUFFER) ((void)(BUFFER), 0)
#define longjmp(BUFFER, VALUE) ((void)0)
#else
#include <setjmp.h>
#endif

/* The net that is being opened: wasm3 passes nothing to its allocation functions. It calls them from dw_open alone, because
 * ops neither compile nor grow memory (wasm3_compile.c). So one net of this backend can be opened at a time; those that are
 * open have nothing in common. */
typedef struct {
    dw_net *net;
    void *last_block;
    jmp_buf used_up;
} opening_net;
static opening_net *opening;

/* Blocks stand one behind the other, and only the last one can be freed: what wasm3 gives back besides are a few names. */
void *dw_wasm3_allocate(size_t bytes)
{
    opening->last_block = bytes <= UINT32_MAX ? dw_take(opening->net, (uint32_t)bytes) : NULL;
    if (!opening->last_block) longjmp(opening->used_up, 1);
    return opening->last_block;
}

void *dw_wasm3_reallocate(void *block, size_t bytes, size_t old_bytes)
{
    void *moved = dw_wasm3_allocate(bytes);
    if (moved && block) memcpy(moved, block, old_bytes < bytes ? old_bytes : bytes);
    return moved;
}

void dw_wasm3_free(void *block)
{
    dw_net *const net = opening->net;
    if (!block || block != opening->last_block) return;
    net->ram_used = (uint32_t)((uint8_t *)block - net->ram);
    opening->last_block = NULL;
}

/* The import dw.read (dst: i32, src: i32, bytes: i32). */
static m3ApiRawFunction(read_import)
{
    const uint32_t dst = (uint32_t)_sp[0], src = (uint32_t)_sp[1], bytes = (uint32_t)_sp[2];
    dw_net *net = (dw_net *)_ctx->userdata;
    (void)runtime;
    (void)_mem;
    switch (dw_stream(net, dst, src, bytes)) {
    case DW_OK: return m3Err_none;
    case DW_ERROR_READ: return "dw.read: the model file cannot be read";
    default: return "dw.read: out of bounds";
    }
}

static const char *check_module(IM3Module module)
{
    if (module->memoryImported || module->memoryInfo.initPages != 0 || module->numDataSegments != 0)
        return "it must export a memory of 0 initial pages without data";
    /* It would run before there is a memory. */
    if (module->startFunction >= 0) return "it must not have a start function";
    if (module->numElementSegments != 0) return "it must not call through a table";
    for (u32 i = 0; i < module->numFunctions; i++) {
        const M3ImportInfo *import = &module->functions[i].import;
        if (!import->moduleUtf8 || !import->fieldUtf8) continue;
        if (strcmp(import->moduleUtf8, "dw") || strcmp(import->fieldUtf8, "read"))
            return "it imports something else than dw.read";
    }
    return NULL;
}

static const char *load(dw_net *net, IM3Runtime runtime, const uint8_t *wasm, uint32_t bytes, IM3Module *module)
{
    M3Result error = m3_ParseModule(runtime->environment, module, wasm, bytes);
    if (error) return error;
    error = check_module(*module);
    if (!error) error = m3_LoadModule(runtime, *module);
    if (error) {
        m3_FreeModule(*module);
        return error;
    }
    error = m3_LinkRawFunctionEx(*module, "dw", "read", "v(iii)", read_import, net);
    return error == m3Err_functionLookupFailed ? NULL : error;
}

static int open_in_memory(dw_net *net, const uint8_t *wasm, uint32_t bytes)
{
    const uint32_t page = 65536;
    IM3Environment environment = m3_NewEnvironment();
    IM3Runtime runtime;
    IM3Module module = NULL;
    if (!environment) return DW_ERROR_MEMORY;
    runtime = m3_NewRuntime(environment, DW_WASM3_STACK_BYTES, net);
    if (!runtime) return DW_ERROR_MEMORY;
    net->state[DW_WASM3_RUNTIME] = runtime;
    /* Set once, before the first page: a limit raised later skips the reallocation, and the heap overflows. */
    runtime->memoryLimit = net->memory_bytes;
    net->detail = load(net, runtime, wasm, bytes, &module);
    if (net->detail) return DW_ERROR_KERNELS;
    if (ResizeMemory(runtime, net->memory_bytes / page + (net->memory_bytes % page != 0))) return DW_ERROR_MEMORY;
    /* 65,536 pages are 0 bytes where size_t has 32 bits. */
    if (m3_GetMemorySize(runtime) != net->memory_bytes) return DW_ERROR_MEMORY;
    net->memory = m3_GetMemory(runtime, NULL, 0);
    return dw_wasm3_compile(net, module);
}

static int open_wasm3(dw_net *net, const uint8_t *wasm, uint32_t bytes)
{
    opening_net this;
    int error = DW_ERROR_MEMORY;
    this.net = net;
    this.last_block = NULL;
    opening = &this;
    if (!setjmp(this.used_up)) error = open_in_memory(net, wasm, bytes);
    opening = NULL;
    /* Where it cannot jump. */
    if (net->detail == m3Err_mallocFailed || net->detail == m3Err_mallocFailedCodePage) error = DW_ERROR_MEMORY;
    if (error == DW_ERROR_MEMORY) net->detail = NULL;
    return error;
}

static int call(dw_net *net, int function, int32_t *result)
{
    IM3Function callee = (IM3Function)net->state[function];
    const void *results[1] = {result};
    net->detail = m3_Call(callee, 0, NULL);
    if (!net->detail) net->detail = m3_GetResults(callee, 1, results);
    return net->detail ? DW_ERROR_TRAP : DW_OK;
}

static int begin_wasm3(dw_net *net, int32_t *result)
{
    return call(net, DW_WASM3_BEGIN, result);
}

static int tick_wasm3(dw_net *net, int32_t *result)
{
    return call(net, DW_WASM3_TICK, result);
}

static int push_wasm3(dw_net *net, int32_t *result)
{
    return call(net, DW_WASM3_PUSH, result);
}

static void close_wasm3(dw_net *net)
{
    /* All that wasm3 holds lies in the net's memory. */
    memset(net->state, 0, sizeof net->state);
}

/* The sandbox looks after the steps. */
static int check_wasm3(dw_net *net)
{
    (void)net;
    return DW_OK;
}

const dw_backend dw_wasm3 = {check_wasm3, open_wasm3, begin_wasm3, tick_wasm3, push_wasm3, close_wasm3};

static uint32_t bytes_of_pages(const M3CodePage *page)
{
    uint32_t bytes = 0;
    for (; page; page = page->info.next)
        bytes += (uint32_t)sizeof(M3CodePageHeader) + page->info.numLines * (uint32_t)sizeof(code_t);
    return bytes;
}

uint32_t dw_wasm3_code_bytes(const dw_net *net)
{
    const M3Runtime *runtime = (const M3Runtime *)net->state[DW_WASM3_RUNTIME];
    if (!runtime) return 0;
    return bytes_of_pages(runtime->pagesOpen) + bytes_of_pages(runtime->pagesFull)
        + bytes_of_pages(runtime->environment->pagesReleased);
}
