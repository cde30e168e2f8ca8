/* What the generated kernels.c needs besides C99: numbers in linear memory, which is little-endian as every board here is. */
#ifndef DW_KERNEL_H
#define DW_KERNEL_H

#include <stdint.h>
#include <string.h>

#include "dw.h"
#include "dw_format.h"

/* The kinds of steps that are compiled in, 1 << KIND_* each: where it is not said, those that MobileNetV1 needs and some more,
 * with DW_FULL all. */
#ifndef DW_KINDS
#ifdef DW_FULL
#define DW_KINDS DW_ALL_KINDS
#else
#define DW_KINDS DW_SMALL_KINDS
#endif
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the kernels need a little-endian machine"
#endif

/* memcpy of a word that is known to be aligned is one instruction. */
#if defined(__GNUC__)
#define DW_ALIGNED(place, bytes) __builtin_assume_aligned(place, bytes)
#else
#define DW_ALIGNED(place, bytes) (place)
#endif

/* dw_load32 of an aligned place, dw_load32u of any. 64 bits are aligned to 4 bytes. */
#define DW_ACCESS(bits, align)                                                      \
    static inline uint##bits##_t dw_load##bits(const uint8_t *place)                \
    {                                                                               \
        uint##bits##_t value;                                                       \
        memcpy(&value, DW_ALIGNED(place, align), sizeof value);                     \
        return value;                                                               \
    }                                                                               \
    static inline uint##bits##_t dw_load##bits##u(const uint8_t *place)             \
    {                                                                               \
        uint##bits##_t value;                                                       \
        memcpy(&value, place, sizeof value);                                        \
        return value;                                                               \
    }                                                                               \
    static inline void dw_store##bits(uint8_t *place, uint##bits##_t value)         \
    {                                                                               \
        memcpy(DW_ALIGNED(place, align), &value, sizeof value);                     \
    }                                                                               \
    static inline void dw_store##bits##u(uint8_t *place, uint##bits##_t value)      \
    {                                                                               \
        memcpy(place, &value, sizeof value);                                        \
    }
DW_ACCESS(16, 2)
DW_ACCESS(32, 4)
DW_ACCESS(64, 4)
#undef DW_ACCESS

/* Leading zeros; of 0, all bits, as wasm has it. */
static inline uint32_t dw_clz32(uint32_t value)
{
    uint32_t count = 32;
    for (; value; value >>= 1) count--;
    return count;
}

static inline uint64_t dw_clz64(uint64_t value)
{
    const uint32_t high = (uint32_t)(value >> 32);
    return high ? dw_clz32(high) : 32u + dw_clz32((uint32_t)value);
}

/* Whether a product of 32-bit numbers is added to 64 bits in one instruction, as fast as to 32: ARMv7-M with SMLAL. */
#ifndef DW_WIDE
#if defined(__ARM_FEATURE_DSP)
#define DW_WIDE 1u
#else
#define DW_WIDE 0u
#endif
#endif

/* The kernels' imports dw.wide and dw.read. */
static inline uint32_t dw_kernel_import_wide(dw_net *net)
{
    (void)net;
    return DW_WIDE;
}
void dw_kernel_import_read(dw_net *net, uint32_t to, uint32_t from, uint32_t bytes);

/* What memory.copy becomes. The kernels never copy to where they copy from. */
void dw_kernel_copy(uint8_t *to, const uint8_t *from, uint32_t bytes);

/* The exports of src/kernels/wasm/native. */
uint32_t dw_kernel_begin(dw_net *net);
uint32_t dw_kernel_prepare(dw_net *net);
uint32_t dw_kernel_push(dw_net *net);
void dw_kernel_conv(dw_net *net);
void dw_kernel_depthwise(dw_net *net);
void dw_kernel_pool(dw_net *net);
void dw_kernel_mean(dw_net *net);
void dw_kernel_add(dw_net *net);
void dw_kernel_lookUp(dw_net *net);
void dw_kernel_pad(dw_net *net);
void dw_kernel_softmax(dw_net *net);
void dw_kernel_flip(dw_net *net);
void dw_kernel_fullyConnected(dw_net *net);
void dw_kernel_reduce(dw_net *net);
void dw_kernel_resizeBilinear(dw_net *net);
void dw_kernel_l2Normalize(dw_net *net);
void dw_kernel_generalConv(dw_net *net);

#endif
