#ifndef FREERTOS_H
#define FREERTOS_H

#include <stdint.h>

typedef uint32_t TickType_t;
typedef int BaseType_t;

#define pdFALSE ((BaseType_t)0)
#define pdTRUE ((BaseType_t)1)
/* ESP-IDF's default. */
#define configTICK_RATE_HZ 100
#define pdMS_TO_TICKS(MS) ((TickType_t)(((TickType_t)(MS) * (TickType_t)configTICK_RATE_HZ) / (TickType_t)1000U))

#endif
