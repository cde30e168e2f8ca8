/* A new model over HTTP, written to flash as it arrives. See update.h. */
#include "update.h"

#include "esp_http_client.h"
#include "esp_log.h"
#include "sdkconfig.h"
#include "wifi.h"

static const char TAG[] = "update";

/* Magic, version, length and CRC-32 stand first in a .dw file: two models that agree there are the same. */
#define IDENTITY DW_CRC_FROM

/* Fills `to` unless the file ends before. */
static int read_bytes(esp_http_client_handle_t client, uint8_t *to, int bytes)
{
    int have = 0;
    while (have < bytes) {
        const int count = esp_http_client_read(client, (char *)to + have, bytes - have);
        if (count <= 0) break;
        have += count;
    }
    return have;
}

/* DW_OK, 1 where a slot has the file already, or an error. */
static int store(esp_http_client_handle_t client, const dw_model *model, uint32_t bytes)
{
    static uint8_t chunk[1024];
    dw_update update;
    uint32_t left = bytes;
    int error, count = read_bytes(client, chunk, IDENTITY);
    if (count < (int)IDENTITY) return DW_SLOTS_LENGTH;
    /* Also a model that failed here is not fetched again. */
    error = dw_slots_known(&model->flash, bytes, chunk, IDENTITY);
    if (error) return error;
    error = dw_update_begin(&update, &model->flash, bytes);
    while (!error) {
        error = dw_update_write(&update, chunk, (uint32_t)count);
        left -= (uint32_t)count;
        if (error || left == 0) break;
        count = read_bytes(client, chunk, left < sizeof chunk ? (int)left : (int)sizeof chunk);
        if (count <= 0) return DW_SLOTS_LENGTH;
    }
    return error ? error : dw_update_finish(&update, dw_model_kernels.backend);
}

int update_model(const dw_model *model)
{
    const esp_http_client_config_t config = {.url = CONFIG_EXAMPLE_UPDATE_URL, .timeout_ms = 10000};
    esp_http_client_handle_t client;
    int64_t bytes;
    int result = DW_ERROR_READ;
    if (wifi_connect()) return 0;
    client = esp_http_client_init(&config);
    if (!client) return 0;
    if (esp_http_client_open(client, 0) == ESP_OK) {
        bytes = esp_http_client_fetch_headers(client);
        if (esp_http_client_get_status_code(client) != 200 || bytes < (int64_t)IDENTITY || bytes > INT32_MAX)
            ESP_LOGW(TAG, "no model at %s", CONFIG_EXAMPLE_UPDATE_URL);
        else
            result = store(client, model, (uint32_t)bytes);
        esp_http_client_close(client);
    }
    esp_http_client_cleanup(client);
    if (result < 0) ESP_LOGW(TAG, "the model stays: %s", dw_slots_error_text(result));
    else ESP_LOGI(TAG, "%s", result ? "nothing new" : "a new model");
    return result == DW_OK;
}
