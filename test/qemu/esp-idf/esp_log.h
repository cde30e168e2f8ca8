#ifndef ESP_LOG_H
#define ESP_LOG_H

#include <stdio.h>

/* As in ESP-IDF, the format is pasted into a longer one: it must be a literal. */
#define ESP_LOG_LINE(LETTER, TAG, FORMAT, ...) fprintf(stderr, LETTER " %s: " FORMAT "\n", TAG, ##__VA_ARGS__)
#define ESP_LOGE(TAG, FORMAT, ...) ESP_LOG_LINE("E", TAG, FORMAT, ##__VA_ARGS__)
#define ESP_LOGW(TAG, FORMAT, ...) ESP_LOG_LINE("W", TAG, FORMAT, ##__VA_ARGS__)
#define ESP_LOGI(TAG, FORMAT, ...) ESP_LOG_LINE("I", TAG, FORMAT, ##__VA_ARGS__)

#endif
