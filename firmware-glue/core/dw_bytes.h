/* Reads the little-endian numbers of a .dw file, wherever they stand. */
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

#endif
