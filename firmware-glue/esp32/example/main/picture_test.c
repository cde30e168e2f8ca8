/* A picture that is computed: stripes. depthwise bundle computes the same one (src/bundle/esp32/facts.ts). */
#include "picture.h"

#include "model_facts.h"

const int picture_is_test = 1;

static uint32_t next;

int picture_open(void)
{
    return 0;
}

int picture_take(void)
{
    return 0;
}

int picture_begin(const dw_net *net)
{
    (void)net;
    next = 0;
    return DW_OK;
}

void picture_row(uint8_t *row)
{
    for (uint32_t i = 0; i < MODEL_ROW_BYTES; i++) row[i] = (uint8_t)(37 * next++);
}
