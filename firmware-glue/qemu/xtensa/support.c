/* Library functions that gcc and the sources need. Debian's are made for call0 alone, and its libgcc leaves out what an ESP8266 has
 * in ROM. */
#include <stddef.h>
#include <stdint.h>

/* Not a memcpy that calls memcpy. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    uint8_t *at = (uint8_t *)to;
    const uint8_t *source = (const uint8_t *)from;
    if ((((uintptr_t)to | (uintptr_t)from) & 3u) == 0) {
        uint32_t *word = (uint32_t *)to;
        const uint32_t *words = (const uint32_t *)from;
        for (; bytes >= 4; bytes -= 4) *word++ = *words++;
        at = (uint8_t *)word;
        source = (const uint8_t *)words;
    }
    while (bytes--) *at++ = *source++;
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    uint8_t *const at = (uint8_t *)to;
    const uint8_t *const source = (const uint8_t *)from;
    if (at <= source) return memcpy(to, from, bytes);
    while (bytes--) at[bytes] = source[bytes];
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    uint8_t *at = (uint8_t *)to;
    const uint32_t word = (uint8_t)value * 0x01010101u;
    for (; bytes && ((uintptr_t)at & 3u); bytes--) *at++ = (uint8_t)value;
    for (; bytes >= 4; bytes -= 4, at += 4) *(uint32_t *)(void *)at = word;
    while (bytes--) *at++ = (uint8_t)value;
    return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const uint8_t *x = (const uint8_t *)a, *y = (const uint8_t *)b;
    for (; bytes; bytes--, x++, y++) {
        if (*x != *y) return *x - *y;
    }
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length]) length++;
    return length;
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b) a++, b++;
    return (uint8_t)*a - (uint8_t)*b;
}

/* Arithmetic, under the names that gcc gives it. */

uint64_t __muldi3(uint64_t a, uint64_t b);
uint64_t __muldi3(uint64_t a, uint64_t b)
{
    const uint32_t x = (uint32_t)a, y = (uint32_t)b;
    const uint32_t x0 = x & 0xffffu, x1 = x >> 16, y0 = y & 0xffffu, y1 = y >> 16;
    const uint32_t low = x * y;
    const uint32_t middle = x1 * y0 + (x0 * y0 >> 16);
    const uint32_t other = (middle & 0xffffu) + x0 * y1;
    const uint32_t high = x1 * y1 + (middle >> 16) + (other >> 16);
    return (uint64_t)(high + x * (uint32_t)(b >> 32) + (uint32_t)(a >> 32) * y) << 32 | low;
}

uint64_t __ashldi3(uint64_t value, int count);
uint64_t __ashldi3(uint64_t value, int count)
{
    const uint32_t low = (uint32_t)value, high = (uint32_t)(value >> 32);
    if (count == 0) return value;
    if (count >= 32) return (uint64_t)(low << (count - 32)) << 32;
    return (uint64_t)(high << count | low >> (32 - count)) << 32 | low << count;
}

uint64_t __lshrdi3(uint64_t value, int count);
uint64_t __lshrdi3(uint64_t value, int count)
{
    const uint32_t low = (uint32_t)value, high = (uint32_t)(value >> 32);
    if (count == 0) return value;
    if (count >= 32) return high >> (count - 32);
    return (uint64_t)(high >> count) << 32 | (low >> count | high << (32 - count));
}

int64_t __ashrdi3(int64_t value, int count);
int64_t __ashrdi3(int64_t value, int count)
{
    const uint32_t low = (uint32_t)value;
    const int32_t high = (int32_t)(value >> 32);
    if (count == 0) return value;
    if (count >= 32) return (int64_t)(high >> (count - 32));
    return (int64_t)((uint64_t)(uint32_t)(high >> count) << 32 | (low >> count | (uint32_t)high << (32 - count)));
}

/* Bits. */

int __ctzdi2(uint64_t value);
int __ctzdi2(uint64_t value)
{
    int count = 0;
    for (; count < 64 && !(value & 1u); value >>= 1) count++;
    return count;
}

int __clzdi2(uint64_t value);
int __clzdi2(uint64_t value)
{
    const uint32_t high = (uint32_t)(value >> 32);
    return high ? __builtin_clz(high) : 32 + __builtin_clz((uint32_t)value);
}

int __popcountdi2(uint64_t value);
int __popcountdi2(uint64_t value)
{
    int count = 0;
    for (; value; value &= value - 1) count++;
    return count;
}

int __popcountsi2(uint32_t value);
int __popcountsi2(uint32_t value)
{
    return __popcountdi2(value);
}

/* Division. */

static uint64_t divide(uint64_t a, uint64_t b, uint64_t *rest)
{
    uint64_t quotient = 0, left = 0;
    for (int bit = 63; bit >= 0; bit--) {
        left = left << 1 | (a >> bit & 1u);
        quotient <<= 1;
        if (left >= b) left -= b, quotient |= 1u;
    }
    *rest = left;
    return quotient;
}

uint64_t __udivdi3(uint64_t a, uint64_t b);
uint64_t __udivdi3(uint64_t a, uint64_t b)
{
    uint64_t rest;
    return divide(a, b, &rest);
}

uint64_t __umoddi3(uint64_t a, uint64_t b);
uint64_t __umoddi3(uint64_t a, uint64_t b)
{
    uint64_t rest;
    divide(a, b, &rest);
    return rest;
}

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? 0u - (uint64_t)value : (uint64_t)value;
}

int64_t __divdi3(int64_t a, int64_t b);
int64_t __divdi3(int64_t a, int64_t b)
{
    const uint64_t quotient = __udivdi3(magnitude(a), magnitude(b));
    return (int64_t)((a < 0) != (b < 0) ? 0u - quotient : quotient);
}

int64_t __moddi3(int64_t a, int64_t b);
int64_t __moddi3(int64_t a, int64_t b)
{
    const uint64_t rest = __umoddi3(magnitude(a), magnitude(b));
    return (int64_t)(a < 0 ? 0u - rest : rest);
}

/* A divisor of 0 leaves 0 and the dividend: nobody asks. */
uint32_t __udivsi3(uint32_t a, uint32_t b);
uint32_t __udivsi3(uint32_t a, uint32_t b)
{
    uint32_t quotient = 0;
    int shift;
    if (b == 0 || a < b) return 0;
    shift = __builtin_clz(b) - __builtin_clz(a);
    for (b <<= shift; shift >= 0; shift--, b >>= 1) {
        quotient <<= 1;
        if (a >= b) a -= b, quotient |= 1u;
    }
    return quotient;
}

uint32_t __umodsi3(uint32_t a, uint32_t b);
uint32_t __umodsi3(uint32_t a, uint32_t b)
{
    return a - __udivsi3(a, b) * b;
}

int32_t __divsi3(int32_t a, int32_t b);
int32_t __divsi3(int32_t a, int32_t b)
{
    const uint32_t x = a < 0 ? 0u - (uint32_t)a : (uint32_t)a, y = b < 0 ? 0u - (uint32_t)b : (uint32_t)b;
    const uint32_t quotient = __udivsi3(x, y);
    return (int32_t)((a < 0) != (b < 0) ? 0u - quotient : quotient);
}

int32_t __modsi3(int32_t a, int32_t b);
int32_t __modsi3(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a - (uint32_t)__divsi3(a, b) * (uint32_t)b);
}
