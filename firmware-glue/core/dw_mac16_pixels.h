/* dotPixels of src/kernels/wasm/native/conv-halves.ts in MAC16: a part of kernels.c, in the place of the plain one.
 *
 * In bytes where Debian's assembler, that of an ESP8266, does not know the instruction. m0..m3, ACC and the loop registers are
 * nobody's between two statements: gcc uses MAC16 for nothing else, and has no loop of hardware around inline assembly. ESP-IDF's
 * FreeRTOS saves them with a task's context where the core has them (xtensa_context.h: XT_STK_LBEG, XCHAL_EXTRA_SA_SIZE). */
static inline void conv_halves_dotPixels(dw_net *net, uint32_t x, uint32_t w, uint32_t quads, uint32_t place, uint32_t end,
    uint32_t channel, uint32_t record)
{
    uint8_t *const m = net->memory;
    const uint8_t *const scale = m + record;
    /* ldinc adds 4 to the address before it loads. */
    const uint8_t *const weights = m + w - 4;
    const uint32_t factor = dw_load32(scale + 8), addend = dw_load32(scale + 12);
    uint8_t *const to = m + channel;
    const uint8_t *at = m + place, *const stop = m + end;
    const uint8_t *from = m + x - 4;
    do {
        /* Only for the statement: nobody keeps them over a call. */
        register const uint8_t *values __asm__("a8") = from;
        register const uint8_t *weight __asm__("a9");
        register uint32_t count __asm__("a10") = quads;
        register uint32_t most __asm__("a12") = dw_load32(scale + 4);
        register uint32_t start __asm__("a14") = dw_load32(scale);
        register uint32_t u __asm__("a11");
        register uint32_t rest __asm__("a13") = dw_load32(scale + 16);
        __asm__ volatile(
            "ssr a13\n\t"
            ".byte 0x04, 0x08, 0x80\n" /* ldinc m0, a8 */
            "1:\n\t"
            ".byte 0xe0, 0x10, 0x13\n\t" /* wsr.acclo a14 */
            "mov a9, %[weights]\n\t"
            ".byte 0x04, 0x29, 0x80\n\t" /* ldinc m2, a9 */
            ".byte 0x76, 0x9a, 0x0b\n\t" /* loopnez a10, behind the next four */
            ".byte 0x04, 0x18, 0x08\n\t" /* mula.dd.ll.ldinc m1, a8, m0, m2 */
            ".byte 0x04, 0x39, 0x0b\n\t" /* mula.dd.hh.ldinc m3, a9, m0, m2 */
            ".byte 0x44, 0x48, 0x08\n\t" /* mula.dd.ll.ldinc m0, a8, m1, m3 */
            ".byte 0x44, 0x69, 0x0b\n\t" /* mula.dd.hh.ldinc m2, a9, m1, m3 */
            ".byte 0xb0, 0x10, 0x03\n\t" /* rsr.acclo a11 */
            /* `scaled` of scale.ts. */
            "movi.n a13, 0\n\t"
            ".byte 0xd0, 0xbb, 0x53\n\t" /* max a11, a11, a13 */
            ".byte 0xc0, 0xbb, 0x43\n\t" /* min a11, a11, a12 */
            "srl a13, a11\n\t"
            "mull a13, a13, %[factor]\n\t"
            "add.n a13, a13, %[addend]\n\t"
            "slli a9, a13, 8\n\t"
            "srai a9, a9, 26\n\t"
            "beqi a9, -1, 2f\n\t"
            "l32i.n a9, %[at], 0\n\t"
            "extui a13, a13, 24, 8\n\t"
            "add.n a9, a9, %[to]\n\t"
            "s8i a13, a9, 0\n\t"
            "addi.n %[at], %[at], 4\n\t"
            "bne %[at], %[stop], 1b\n"
            "2:"
            : "+r"(values), "=r"(weight), "=r"(u), "+r"(rest), [at] "+r"(at)
            : "r"(count), "r"(most), "r"(start), [weights] "r"(weights), [factor] "r"(factor), [addend] "r"(addend),
            [to] "r"(to), [stop] "r"(stop)
            : "memory");
        from = values - 4;
        const uint32_t unsure = u;
        if (at == stop) break;
        /* Too close to the next output. The first word of the next pixel has been loaded already. */
        to[dw_load32(at)] = (uint8_t)scale_exact(net, unsure, record);
        at += 4;
    } while (at != stop);
}
