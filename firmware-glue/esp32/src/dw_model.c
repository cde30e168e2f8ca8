/* See dw_model.h. */
#include "dw_model.h"

#include <string.h>

#include "dw_partition.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "sdkconfig.h"

/* Where there is no Kconfig: the PlatformIO library under Arduino. */
#ifndef CONFIG_DEPTHWISE_RUNTIME_BYTES
#define CONFIG_DEPTHWISE_RUNTIME_BYTES 49152
#endif
#ifndef CONFIG_DEPTHWISE_SLICE_MS
#define CONFIG_DEPTHWISE_SLICE_MS 500
#endif

static const char TAG[] = "depthwise";

static void release(dw_model *model)
{
    dw_close(&model->net);
    heap_caps_free(model->memory);
    model->memory = NULL;
    if (model->mapped) esp_partition_munmap(model->mapping);
    model->mapped = 0;
}

/* Maps the slot's file, takes RAM for it and opens it. */
static int open_slot(dw_model *model)
{
    const esp_partition_t *partition = (const esp_partition_t *)model->flash.context;
    const void *file = NULL;
    dw_blob blob;
    dw_kernels kernels = dw_model_kernels;
    uint32_t bytes = 0;
    int error;
    if (esp_partition_mmap(partition, model->slot.offset, model->slot.bytes, ESP_PARTITION_MMAP_DATA, &file,
                           &model->mapping) != ESP_OK)
        return DW_SLOTS_FLASH;
    model->mapped = 1;
    blob.read = dw_read_memory;
    blob.context = (void *)(uintptr_t)file;
    blob.bytes = model->slot.model_bytes;
    if (kernels.module && model->slot.bytes > blob.bytes) {
        kernels.module = (const uint8_t *)file + blob.bytes;
        kernels.bytes = model->slot.bytes - blob.bytes;
    }
    error = dw_check(&blob, kernels.backend, &bytes);
    if (error) return error;
    if (bytes > UINT32_MAX - CONFIG_DEPTHWISE_RUNTIME_BYTES) return DW_ERROR_MEMORY;
    bytes += CONFIG_DEPTHWISE_RUNTIME_BYTES;
    model->memory = heap_caps_aligned_alloc(8, bytes, MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);
    /* Slower; there is none where it is not configured. */
    if (!model->memory) model->memory = heap_caps_aligned_alloc(8, bytes, MALLOC_CAP_SPIRAM | MALLOC_CAP_8BIT);
    if (!model->memory) {
        ESP_LOGE(TAG, "the model needs %u bytes of RAM in one piece", (unsigned)bytes);
        return DW_ERROR_MEMORY;
    }
    return dw_open(&model->net, &blob, &kernels, model->memory, bytes);
}

int dw_model_open(dw_model *model, const char *partition)
{
    int error = DW_SLOTS_FLASH;
    memset(model, 0, sizeof *model);
    if (dw_partition_open(&model->flash, partition)) {
        ESP_LOGE(TAG, "no partition \"%s\": flash the partition table of the bundle", partition);
        return error;
    }
    for (int attempt = 0; attempt < 2; attempt++) {
        error = dw_slots_select(&model->flash, &model->slot);
        if (!error && model->slot.trial) error = dw_slots_mark(&model->flash, &model->slot, DW_MARK_TRIED);
        if (error) return error;
        error = open_slot(model);
        if (!error) return DW_OK;
        ESP_LOGE(TAG, "model %u in slot %u: %s", (unsigned)model->slot.sequence, (unsigned)model->slot.index,
                 dw_slots_error_text(error));
        release(model);
        /* A confirmed model that does not open has no RAM, or met a firmware that cannot use it: it is not to blame. */
        if (!model->slot.trial || dw_model_reject(model)) return error;
    }
    return error;
}

void dw_model_close(dw_model *model)
{
    release(model);
}

int dw_model_run(dw_model *model)
{
    int64_t since = esp_timer_get_time();
    int result;
    do {
        result = dw_tick(&model->net);
        if (esp_timer_get_time() - since > (int64_t)CONFIG_DEPTHWISE_SLICE_MS * 1000) {
            vTaskDelay(1);
            since = esp_timer_get_time();
        }
    } while (result > 0 && result != DW_WAITING);
    return result;
}

int dw_model_confirm(dw_model *model)
{
    const int error = dw_slots_mark(&model->flash, &model->slot, DW_MARK_CONFIRMED);
    if (!error) model->slot.trial = 0;
    return error;
}

int dw_model_reject(dw_model *model)
{
    return dw_slots_mark(&model->flash, &model->slot, DW_MARK_REJECTED);
}
