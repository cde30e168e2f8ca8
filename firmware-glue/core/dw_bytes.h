/* Reads the little-endian numbers of a .dw file, wherever they stand, and sets of kinds of steps. */
#ifndef DW_BYTES_H
#define DW_BYTES_H

#include <stdint.h>

static inline uint32_t u16_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8;
}

static inline uint32_t u32_at(const uint8_t *bytes)
{
    return u16_at(bytes) | u16_at(bytes + 2) << 16;
}

/* Whether a number that stands for a kind is one of `kinds`, 1 << KIND_* each. */
static inline int has_kind(uint32_t kinds, uint32_t kind)
{
    return kind < 32 && (kinds >> kind & 1u);
}

#endif
