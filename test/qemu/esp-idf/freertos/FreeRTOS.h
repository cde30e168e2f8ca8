#ifndef FREERTOS_H
#define FREERTOS_H

#include <stdint.h>

typedef uint32_t TickType_t;
typedef int BaseType_t;

#define pdFALSE ((BaseType_t)0)
#define pdTRUE ((BaseType_t)1)
/* 100 ticks a second, as ESP-IDF has them. */
#define pdMS_TO_TICKS(MS) ((TickType_t)(MS) / 10)

#endif
