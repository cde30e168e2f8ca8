/* depthwise on an ESP32: the model lies in a partition of its own, in one of two slots (dw_slots.h), and is read where it
 * lies, through the flash cache. An update over the air goes into the other slot.
 *
 *   static dw_model model;
 *   int error = dw_model_open(&model, CONFIG_DEPTHWISE_PARTITION);
 *   if (!error) error = dw_begin(&model.net);
 *   if (!error) memcpy(dw_input(&model.net, 0, NULL), pixels, ...);
 *   if (!error) error = dw_model_run(&model);
 *   if (model.slot.trial) error ? dw_model_reject(&model) : dw_model_confirm(&model);
 */
#ifndef DW_MODEL_H
#define DW_MODEL_H

#include "dw.h"
#include "dw_slots.h"
#include "esp_partition.h"

#ifdef __cplusplus
extern "C" {
#endif

/* model_kernels.c, which depthwise bundle writes: the backend, and its module. Kernels that stand behind a model in its slot
 * take the module's place. */
extern const dw_kernels dw_model_kernels;

typedef struct {
    dw_net net;
    /* Both slots, for dw_update_begin, and the one that is open. */
    dw_flash flash;
    dw_slot slot;
    esp_partition_mmap_handle_t mapping;
    int mapped;
    void *memory;
} dw_model;

/* Opens the model of the partition. One that is on trial is marked as tried first, so that the one before it is used
 * should the board start again before dw_model_confirm; if it does not open, it is rejected and that one opened at
 * once. DW_SLOTS_FLASH where there is no such partition, DW_SLOTS_NONE where it is empty, DW_ERROR_MEMORY. */
int dw_model_open(dw_model *model, const char *partition);
void dw_model_close(dw_model *model);

/* Runs on, after dw_begin or dw_push_row, until the inference is done (DW_OK), the next row of the input is wanted
 * (DW_WAITING) or an error. Other tasks get a turn every CONFIG_DEPTHWISE_SLICE_MS. */
int dw_model_run(dw_model *model);

/* After the first run of a model that is on trial: it stays; or it does not, and the one before it is used from the next
 * dw_model_open on. */
int dw_model_confirm(dw_model *model);
int dw_model_reject(dw_model *model);

#ifdef __cplusplus
}
#endif

#endif
