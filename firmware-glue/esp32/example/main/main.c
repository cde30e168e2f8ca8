/* Picture in, answer out: opens the model of its partition, prints a line of JSON for picture after picture, and takes a new model
 * over Wi-Fi where that is configured. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dw_model.h"
#include "esp_log.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "model_facts.h"
#include "picture.h"
#include "sdkconfig.h"
#ifdef CONFIG_EXAMPLE_UPDATE
#include "update.h"
#endif

static const char TAG[] = "example";
static dw_model model;

/* Inputs besides the picture, of models that have any. */
static void clear_other_inputs(void)
{
    uint32_t bytes = 0;
    for (uint32_t i = 1; i < model.net.input_count; i++) {
        uint8_t *input = dw_input(&model.net, i, &bytes);
        if (input) memset(input, 0, bytes);
    }
}

/* One inference on the picture that was taken. Returns DW_OK or an error. */
static int infer(void)
{
    static uint8_t row[MODEL_ROW_BYTES];
    uint32_t bytes = 0;
    uint8_t *input = dw_input(&model.net, 0, &bytes);
    int result;
    if (model.net.row_bytes ? model.net.row_bytes != sizeof row : bytes != MODEL_HEIGHT * sizeof row) {
        ESP_LOGE(TAG, "the model's input is not the %u rows of %u bytes that this firmware was built for",
                 (unsigned)MODEL_HEIGHT, (unsigned)sizeof row);
        return DW_ERROR_LAYOUT;
    }
    result = picture_begin(&model.net);
    if (result) return result;
    if (input)
        for (uint32_t y = 0; y < MODEL_HEIGHT; y++) picture_row(input + y * sizeof row);
    clear_other_inputs();
    result = dw_begin(&model.net);
    if (!result) result = dw_model_run(&model);
    /* Where rows are pushed, one whenever the kernels want it. */
    for (uint32_t y = 0; result == DW_WAITING && y < MODEL_HEIGHT; y++) {
        picture_row(row);
        result = dw_push_row(&model.net, row);
        if (!result) result = dw_model_run(&model);
    }
    return result == DW_WAITING ? DW_ERROR_ORDER : result;
}

/* A name in JSON; what is no letter is left out. */
static void print_label(uint32_t index)
{
    char label[32];
    printf("{\"label\":");
    if (dw_label(&model.net, index, label, sizeof label)) {
        printf("null,\"index\":%" PRIu32, index);
        return;
    }
    putchar('"');
    for (const char *at = label; *at; at++) {
        if (*at == '"' || *at == '\\') putchar('\\');
        if ((unsigned char)*at >= ' ') putchar(*at);
    }
    printf("\",\"index\":%" PRIu32, index);
}

/* Objects, in pixels of the input. Returns 0 where the model finds none, since it is of another kind. */
static int tell_objects(void)
{
    static dw_detection found[8];
    const int count = dw_detect(&model.net, found, sizeof found / sizeof *found);
    for (int i = 0; i < count; i++) {
        const dw_detection *o = &found[i];
        const int32_t score = dw_per_mille(&model.net, o->score);
        if (i > 0) putchar(',');
        print_label(o->index);
        printf(",\"score\":%" PRId32 ".%03" PRId32 ",\"x\":%" PRId32 ",\"y\":%" PRId32 ",\"width\":%" PRId32
               ",\"height\":%" PRId32 "}",
               score / 1000, score % 1000, o->x / 16, o->y / 16, o->width / 16, o->height / 16);
    }
    return count >= 0;
}

static void tell_class(void)
{
    dw_class best = {0, 0};
    if (dw_top(&model.net, 0, &best, 1) != 1) return;
    print_label(best.index);
    printf(",\"score\":%.3f}", (double)best.score);
}

/* One line of JSON for a picture, as `depthwise run --json` has its answers. */
static void tell(int64_t microseconds)
{
    dw_place place;
    printf("{\"ms\":%" PRId64 ".%" PRId64 ",\"answers\":[", microseconds / 1000, microseconds / 100 % 10);
    if (!dw_locate(&model.net, &place))
        printf("{\"latitude\":%.4f,\"longitude\":%.4f,\"radiusKm\":%" PRId32 "}", place.latitude / 65536.0,
               place.longitude / 65536.0, place.radius_km);
    else if (!tell_objects()) tell_class();
    printf("]}\n");
}

/* The answer for the test picture is known, of the model that was bundled. */
static void compare(void)
{
    uint32_t bytes = 0;
    const uint8_t *output = dw_output(&model.net, 0, &bytes);
    uint8_t crc[4];
    if (!picture_is_test || dw_read_blob(&model.net, DW_H_CRC32, crc, sizeof crc)) return;
    if (memcmp(crc, model_crc32, sizeof crc)) return;
    if (output && bytes == sizeof model_expected && !memcmp(output, model_expected, bytes))
        printf("test picture: the same %" PRIu32 " bytes as on the desktop\n", bytes);
    else
        printf("test picture: other bytes than on the desktop\n");
}

static int open_model(void)
{
    const int error = dw_model_open(&model, CONFIG_DEPTHWISE_PARTITION);
    if (error) {
        ESP_LOGE(TAG, "no model: %s", dw_slots_error_text(error));
        return error;
    }
    printf("model %" PRIu32 " in slot %" PRIu32 "%s, %" PRIu32 " bytes%s\n", model.slot.sequence, model.slot.index,
           model.slot.trial ? " on trial" : "", model.slot.bytes,
           model.slot.bytes > model.slot.model_bytes ? " with kernels" : "");
    return DW_OK;
}

/* A model on trial that failed its first picture gives way to the one before it. */
static int settle(int error)
{
    if (!model.slot.trial) return error;
    if (!error) return dw_model_confirm(&model);
    error = dw_model_reject(&model);
    dw_model_close(&model);
    return error ? error : open_model();
}

/* One picture. Returns an error where there is nothing to go on with. */
static int classify(void)
{
    int64_t since;
    int error;
    if (picture_take()) return DW_ERROR_READ;
    since = esp_timer_get_time();
    error = infer();
    if (error) {
        ESP_LOGE(TAG, "%s%s%s", dw_error_text(error), model.net.detail ? ": " : "",
                 model.net.detail ? model.net.detail : "");
        return settle(error);
    }
    tell(esp_timer_get_time() - since);
    compare();
    return settle(DW_OK);
}

void app_main(void)
{
    int error = picture_open() ? DW_ERROR_READ : open_model();
#ifdef CONFIG_EXAMPLE_UPDATE
    for (uint32_t pictures = 0; !error; pictures++) {
        error = classify();
        if (!error && pictures % CONFIG_EXAMPLE_UPDATE_EVERY == 0 && update_model(&model)) {
            dw_model_close(&model);
            error = open_model();
        }
        vTaskDelay(pdMS_TO_TICKS(1000));
    }
#else
    while (!error) {
        error = classify();
        vTaskDelay(pdMS_TO_TICKS(1000));
    }
#endif
    ESP_LOGE(TAG, "stopped");
}
