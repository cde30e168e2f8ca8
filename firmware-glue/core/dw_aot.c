/* The backend that has the kernels linked in: kernels.c, which tools/build makes of the same sources as kernels.wasm.
 * Nothing is checked while they run, so all that they could do wrong is ruled out before: dw_check_steps proves that every
 * address of every step lies where it belongs. */
#include "dw_kernel.h"

#include "dw_check_steps.h"

enum { FAILED };

static int check_aot(dw_net *net)
{
    return dw_check_steps(net, DW_KINDS);
}

static int open_aot(dw_net *net, const uint8_t *kernels, uint32_t bytes)
{
    (void)kernels;
    (void)bytes;
    net->memory = (uint8_t *)dw_take(net, net->memory_bytes);
    return net->memory ? DW_OK : DW_ERROR_MEMORY;
}

/* C libraries that are built to be small copy byte by byte: with picolibc a sixth of all instructions of a network. */
void dw_kernel_copy(uint8_t *to, const uint8_t *from, uint32_t bytes)
{
    if ((((uintptr_t)to | (uintptr_t)from) & 3u) == 0) {
        for (; bytes >= 16; bytes -= 16, to += 16, from += 16) {
            const uint32_t a = dw_load32(from), b = dw_load32(from + 4), c = dw_load32(from + 8), d = dw_load32(from + 12);
            dw_store32(to, a);
            dw_store32(to + 4, b);
            dw_store32(to + 8, c);
            dw_store32(to + 12, d);
        }
        for (; bytes >= 4; bytes -= 4, to += 4, from += 4) dw_store32(to, dw_load32(from));
    }
    for (; bytes; bytes--) *to++ = *from++;
}

/* dw_stream without its detours: a model in mapped flash is read in many small pieces. Both ranges are proven and below
 * 2^31. A read that fails leaves zeros: as weights they are harmless, and as a task, a step or the place of a row they lead
 * nowhere else than proven. The tick ends as if nothing had happened, and then says so. */
void dw_kernel_import_read(dw_net *net, uint32_t to, uint32_t from, uint32_t bytes)
{
    uint8_t *const place = net->memory + to;
    net->streamed_bytes += bytes;
    if (net->blob.read == dw_read_memory) {
        dw_kernel_copy(place, (const uint8_t *)net->blob.context + from, bytes);
    } else if (net->blob.read(net->blob.context, from, place, bytes)) {
        memset(place, 0, bytes);
        net->state[FAILED] = net;
    }
}

static int outcome(dw_net *net)
{
    if (!net->state[FAILED]) return DW_OK;
    net->state[FAILED] = NULL;
    return DW_ERROR_READ;
}

static int begin_aot(dw_net *net, int32_t *result)
{
    net->state[FAILED] = NULL;
    *result = (int32_t)dw_kernel_begin(net);
    return outcome(net);
}

/* The kernel of a step of this kind. */
static void run(dw_net *net, uint32_t kind)
{
    switch (kind) {
#define DW_CASE(KIND, function)                 \
    case DW_KIND_##KIND:                        \
        dw_kernel_##function(net);              \
        break;
#if DW_KINDS >> DW_KIND_CONV & 1
    DW_CASE(CONV, conv)
#endif
#if DW_KINDS >> DW_KIND_DEPTHWISE & 1
    DW_CASE(DEPTHWISE, depthwise)
#endif
#if DW_KINDS >> DW_KIND_DEPTHWISE_ROW & 1
    DW_CASE(DEPTHWISE_ROW, depthwise)
#endif
#if DW_KINDS >> DW_KIND_AVERAGE_POOL & 1
    DW_CASE(AVERAGE_POOL, pool)
#endif
#if DW_KINDS >> DW_KIND_MAX_POOL & 1
    DW_CASE(MAX_POOL, pool)
#endif
#if DW_KINDS >> DW_KIND_MEAN & 1
    DW_CASE(MEAN, mean)
#endif
#if DW_KINDS >> DW_KIND_ADD & 1
    DW_CASE(ADD, add)
#endif
#if DW_KINDS >> DW_KIND_LUT & 1
    DW_CASE(LUT, lookUp)
#endif
#if DW_KINDS >> DW_KIND_PAD & 1
    DW_CASE(PAD, pad)
#endif
#if DW_KINDS >> DW_KIND_SOFTMAX & 1
    DW_CASE(SOFTMAX, softmax)
#endif
#if DW_KINDS >> DW_KIND_FLIP & 1
    DW_CASE(FLIP, flip)
#endif
#if DW_KINDS >> DW_KIND_FULLY_CONNECTED & 1
    DW_CASE(FULLY_CONNECTED, fullyConnected)
#endif
#if DW_KINDS >> DW_KIND_REDUCE & 1
    DW_CASE(REDUCE, reduce)
#endif
#if DW_KINDS >> DW_KIND_RESIZE_BILINEAR & 1
    DW_CASE(RESIZE_BILINEAR, resizeBilinear)
#endif
#if DW_KINDS >> DW_KIND_L2_NORMALIZE & 1
    DW_CASE(L2_NORMALIZE, l2Normalize)
#endif
#if DW_KINDS >> DW_KIND_GENERAL_CONV & 1
    DW_CASE(GENERAL_CONV, generalConv)
#endif
#if DW_KINDS >> DW_KIND_GATHER & 1
    DW_CASE(GATHER, gather)
#endif
#if DW_KINDS >> DW_KIND_PERMUTE & 1
    DW_CASE(PERMUTE, permute)
#endif
#if DW_KINDS >> DW_KIND_BINARY & 1
    DW_CASE(BINARY, binary)
#endif
#if DW_KINDS >> DW_KIND_SOFTMAX_ROWS & 1
    DW_CASE(SOFTMAX_ROWS, softmaxRows)
#endif
#undef DW_CASE
    default:
        break;
    }
}

static int tick_aot(dw_net *net, int32_t *result)
{
    const uint32_t step = dw_kernel_prepare(net);
    *result = (int32_t)step;
    /* Not where the task or the step could not be read. */
    if (step && step != DW_TICK_WAITING && !net->state[FAILED]) run(net, dw_load32(net->memory + DW_S_KIND));
    return outcome(net);
}

static int push_aot(dw_net *net, int32_t *result)
{
    *result = (int32_t)dw_kernel_push(net);
    return outcome(net);
}

static void close_aot(dw_net *net)
{
    (void)net;
}

const dw_backend dw_aot = {check_aot, open_aot, begin_aot, tick_aot, push_aot, close_aot};
