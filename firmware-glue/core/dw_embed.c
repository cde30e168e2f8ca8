/* Vectors compared by their direction: src/heads/readers/embed.ts. */
#include "dw_head.h"

uint32_t dw_square_root(uint64_t n)
{
    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << 31; bit > 0; bit >>= 1)
        if ((root + bit) * (root + bit) <= n) root += bit;
    return (uint32_t)root;
}

/* Half away from zero, of length 127. */
int8_t dw_normalized(int32_t value, uint64_t length)
{
    const uint64_t size = (uint64_t)(value < 0 ? -value : value);
    const int32_t result = (int32_t)((2 * 127 * 256 * size + length) / (2 * length));
    return (int8_t)(value < 0 ? -result : result);
}

int dw_embed(dw_net *net, int8_t *vector, uint32_t count)
{
    dw_head head;
    dw_values values;
    uint64_t squares = 0, length;
    uint32_t values_count;
    int32_t zero;
    const int error = dw_head_read(&head, net, DW_HEAD_EMBED);
    if (error) return error;
    values = dw_head_values(&head, (uint32_t)dw_field(&head, DW_D_OUTPUT));
    if (head.error) return head.error;
    values_count = (uint32_t)dw_field(&head, DW_D_CLASSES);
    zero = dw_field(&head, DW_D_SCORE_ZERO);
    if (count < values_count) return DW_ERROR_LENGTH;
    for (uint32_t i = 0; i < values_count; i++) {
        const int64_t value = dw_value(&values, i) - zero;
        squares += (uint64_t)(value * value);
    }
    length = dw_square_root(squares << 16);
    if (!length) length = 1;
    for (uint32_t i = 0; i < values_count; i++) vector[i] = dw_normalized(dw_value(&values, i) - zero, length);
    return (int)values_count;
}
