/* Needs of the generated kernels.c besides C99: numbers in linear memory, which is little-endian as every board here is. */
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

/* Whether there is MAC16: 16-bit products are added to ACC in one instruction with the load of their successors (ESP32, ESP32-S3). */
#ifndef DW_MAC16
#if defined(__XTENSA__) && defined(__has_include)
#if __has_include(<xtensa/config/core-isa.h>)
#include <xtensa/config/core-isa.h>
#define DW_MAC16 (XCHAL_HAVE_MAC16 && XCHAL_HAVE_LOOPS && XCHAL_HAVE_MINMAX)
#endif
#endif
#endif
#ifndef DW_MAC16
#define DW_MAC16 0
#endif

/* Whether values are multiplied as 16-bit halves of words, since signed bytes cannot be loaded (1), and as dot products (2). */
#ifndef DW_HALVES
#if DW_MAC16
#define DW_HALVES 2u
#elif defined(__XTENSA__)
#define DW_HALVES 1u
#else
#define DW_HALVES 0u
#endif
#endif

/* The kernels' imports dw.halves, dw.flip, dw.dot, dw.wide and dw.read. */
static inline uint32_t dw_kernel_import_halves(dw_net *net)
{
    (void)net;
    return DW_HALVES;
}

static inline uint32_t dw_kernel_import_flip(dw_net *net)
{
    uint32_t value = 128;
    (void)net;
#if defined(__GNUC__)
    __asm__("" : "+r"(value));
#endif
    return value;
}

/* sum + the dot product of 4 * quads int16 values from x and from w on, both multiples of 4. Reads the word behind either. */
static inline uint32_t dw_kernel_import_dot(dw_net *net, uint32_t x, uint32_t w, uint32_t quads, uint32_t sum)
{
#if DW_MAC16
    /* ldinc adds 4 to the address before it loads. */
    register const uint8_t *at_x __asm__("a8") = net->memory + x - 4;
    register const uint8_t *at_w __asm__("a9") = net->memory + w - 4;
    register uint32_t count __asm__("a10") = quads;
    register uint32_t total __asm__("a11") = sum;
    /* In bytes, as Debian's assembler is that of a core without MAC16. m0..m3, ACC and the loop registers are nobody's between two
     * statements: gcc makes no loop of hardware around inline assembly, and uses MAC16 for nothing else. */
    __asm__ volatile(".byte 0xb0, 0x10, 0x13\n\t" /* wsr.acclo a11 */
                     ".byte 0x04, 0x08, 0x80\n\t" /* ldinc m0, a8 */
                     ".byte 0x04, 0x29, 0x80\n\t" /* ldinc m2, a9 */
                     ".byte 0x76, 0x9a, 0x0b\n\t" /* loopnez a10, behind the next four */
                     ".byte 0x04, 0x18, 0x08\n\t" /* mula.dd.ll.ldinc m1, a8, m0, m2 */
                     ".byte 0x04, 0x39, 0x0b\n\t" /* mula.dd.hh.ldinc m3, a9, m0, m2 */
                     ".byte 0x44, 0x48, 0x08\n\t" /* mula.dd.ll.ldinc m0, a8, m1, m3 */
                     ".byte 0x44, 0x69, 0x0b\n\t" /* mula.dd.hh.ldinc m2, a9, m1, m3 */
                     ".byte 0xb0, 0x10, 0x03" /* rsr.acclo a11 */
                     : "+r"(at_x), "+r"(at_w), "+r"(total)
                     : "r"(count)
                     : "memory");
    return total;
#else
    const uint8_t *const end = net->memory + x + 8 * quads;
    const uint8_t *at_w = net->memory + w;
    for (const uint8_t *at_x = net->memory + x; at_x < end; at_x += 2, at_w += 2)
        sum += (uint32_t)((int32_t)(int16_t)dw_load16(at_x) * (int16_t)dw_load16(at_w));
    return sum;
#endif
}

static inline uint32_t dw_kernel_import_wide(dw_net *net)
{
    (void)net;
    return DW_WIDE;
}
void dw_kernel_import_read(dw_net *net, uint32_t to, uint32_t from, uint32_t bytes);

/* memory.copy in C. The kernels never copy to where they copy from. */
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
void dw_kernel_gather(dw_net *net);
void dw_kernel_permute(dw_net *net);
void dw_kernel_binary(dw_net *net);
void dw_kernel_softmaxRows(dw_net *net);

#endif
