/* tapsLow and tapsHigh of src/kernels/wasm/native/depthwise-dot.ts in MAC16: a part of kernels.c, in the place of the plain ones.
 * See dw_mac16_pixels.h. The bytes that the two give are those of lower (l) or upper (h) halves of the values' words:
 *
 *     mula.dd.?l.ldinc m1, a8, m0, m2    mula.dd.?h.ldinc m0, a8, m1, m2        taps 0 to 3, of m2 and m3
 *     mula.da.?l.ldinc m1, a8, m0, a10   mula.da.?h.ldinc m0, a8, m1, a10       taps 4 to 7, of a10 and a11
 *     mula.da.?l m0, a12                                                        the last
 */
/* QEMU 7.2 does not see that m0 or m1 has been loaded where it has read the register before in the same stretch of code, so
 * images for it jump to where they are now and then. */
#ifndef DW_MAC16_STRETCH
#define DW_MAC16_STRETCH ""
#define DW_TAPS_END "0x49"
#else
#define DW_TAPS_END "0x55"
#endif

#define DW_TAPS(NAME, DD_L, DD_H, DA_L, DA_H, LAST, HALF)                                                                     \
    static void NAME(dw_net *net, uint32_t at, uint32_t weights, uint32_t record, uint32_t out, uint32_t count,               \
        uint32_t stride, uint32_t step)                                                                                       \
    {                                                                                                                         \
        uint8_t *const m = net->memory;                                                                                       \
        const uint8_t *const scale = m + record;                                                                              \
        const uint32_t factor = dw_load32(scale + 8), addend = dw_load32(scale + 12);                                         \
        const uint32_t next = step - 36;                                                                                      \
        const uint8_t *from = m + at - 4;                                                                                     \
        uint8_t *to = m + out;                                                                                                \
        uint8_t *const stop = to + count * stride;                                                                            \
        for (;;) {                                                                                                            \
            register const uint8_t *values __asm__("a8") = from;                                                              \
            register const uint8_t *taps __asm__("a9") = m + weights - 4;                                                     \
            register uint32_t taps45 __asm__("a10") = dw_load32(m + weights + 8);                                             \
            register uint32_t taps67 __asm__("a11") = dw_load32(m + weights + 12);                                            \
            register uint32_t tap8 __asm__("a12") = dw_load32(m + weights + 16);                                              \
            register uint32_t left __asm__("a13") = count;                                                                    \
            register uint32_t start __asm__("a14") = dw_load32(scale);                                                        \
            register uint32_t most __asm__("a15") = dw_load32(scale + 4);                                                     \
            __asm__ volatile(                                                                                                 \
                ".begin no-transform\n\t"                                                                                     \
                ".byte 0x04, 0x29, 0x80\n\t" /* ldinc m2, a9 */                                                               \
                ".byte 0x04, 0x39, 0x80\n\t" /* ldinc m3, a9 */                                                               \
                "l32i a9, a9, 16\n\t"                                                                                         \
                "ssr a9\n\t"                                                                                                  \
                ".byte 0x76, 0x9d, " DW_TAPS_END "\n\t" /* loopnez a13, to behind the 74 bytes of the next 25 instructions */ \
                ".byte 0xe0, 0x10, 0x13\n\t" /* wsr.acclo a14 */                                                              \
                ".byte 0x04, 0x08, 0x80\n\t" /* ldinc m0, a8 */                                                               \
                ".byte 0x04, 0x18, " DD_L "\n\t"                                                                              \
                ".byte 0x04, 0x48, " DD_H "\n\t"                                                                              \
                DW_MAC16_STRETCH                                                                                              \
                ".byte 0x44, 0x18, " DD_L "\n\t"                                                                              \
                ".byte 0x44, 0x48, " DD_H "\n\t"                                                                              \
                DW_MAC16_STRETCH                                                                                              \
                ".byte 0xa4, 0x18, " DA_L "\n\t"                                                                              \
                ".byte 0xa4, 0x48, " DA_H "\n\t"                                                                              \
                DW_MAC16_STRETCH                                                                                              \
                ".byte 0xb4, 0x18, " DA_L "\n\t"                                                                              \
                ".byte 0xb4, 0x48, " DA_H "\n\t"                                                                              \
                DW_MAC16_STRETCH                                                                                              \
                ".byte 0xc4, 0x00, " LAST "\n\t"                                                                              \
                "add a8, a8, %[next]\n\t"                                                                                     \
                ".byte 0x90, 0x10, 0x03\n\t" /* rsr.acclo a9 */                                                               \
                "movi.n a13, 0\n\t"                                                                                           \
                ".byte 0xd0, 0x99, 0x53\n\t" /* max a9, a9, a13 */                                                            \
                ".byte 0xf0, 0x99, 0x43\n\t" /* min a9, a9, a15 */                                                            \
                "srl a13, a9\n\t"                                                                                             \
                "mull a13, a13, %[factor]\n\t"                                                                                \
                "add a13, a13, %[addend]\n\t"                                                                                 \
                "slli a9, a13, 8\n\t"                                                                                         \
                "srai a9, a9, 26\n\t"                                                                                         \
                "beqi a9, -1, 1f\n\t"                                                                                         \
                "extui a13, a13, 24, 8\n\t"                                                                                   \
                "s8i a13, %[to], 0\n\t"                                                                                       \
                "add %[to], %[to], %[stride]\n\t"                                                                             \
                "nop\n"                                                                                                       \
                "1:\n\t"                                                                                                      \
                ".byte 0xd0, 0x02, 0x03\n\t" /* rsr.lcount a13 */                                                             \
                ".end no-transform"                                                                                           \
                : "+r"(values), "+r"(taps), "+r"(left), [to] "+r"(to)                                                         \
                : "r"(taps45), "r"(taps67), "r"(tap8), "r"(start), "r"(most), [factor] "r"(factor), [addend] "r"(addend),     \
                [stride] "r"(stride), [next] "r"(next)                                                                        \
                : "memory");                                                                                                  \
            from = values;                                                                                                    \
            count = left;                                                                                                     \
            if (to == stop) return;                                                                                           \
            /* Too close to the next output. */                                                                               \
            *to = (uint8_t)depthwise_dot_exactTaps(net, (uint32_t)(from + 4 - m) - step + HALF, weights, record);             \
            to += stride;                                                                                                     \
            if (to == stop) return;                                                                                           \
        }                                                                                                                     \
    }
DW_TAPS(depthwise_dot_tapsLow, "0x08", "0x0a", "0x48", "0x4a", "0x68", 0u)
DW_TAPS(depthwise_dot_tapsHigh, "0x09", "0x0b", "0x49", "0x4b", "0x69", 2u)
#undef DW_TAPS
#undef DW_TAPS_END
