/* Pictures of an OV2640 through esp32-camera, which become the model's input as `depthwise run` would have it: dw_picture.h. */
#include "picture.h"

#include "dw_picture.h"
#include "esp_camera.h"
#include "esp_log.h"
#include "model_facts.h"
#include "sdkconfig.h"

#if MODEL_CHANNELS != 1 && MODEL_CHANNELS != 3
#error "The model takes no picture: its input has neither 1 nor 3 channels."
#endif

const int picture_is_test = 0;

static const char TAG[] = "camera";
static camera_fb_t *frame;

static dw_picture picture;
static uint32_t scratch[DW_PICTURE_BYTES(MODEL_WIDTH, MODEL_CHANNELS) / 4];
/* The next row of the frame, and bytes of each. */
static const uint8_t *next;
static uint32_t row_bytes;

#ifdef CONFIG_EXAMPLE_LETTERBOX
#define FIT DW_FIT_LETTERBOX
#else
#define FIT DW_FIT_CROP
#endif

int picture_open(void)
{
    const int side = MODEL_WIDTH > MODEL_HEIGHT ? MODEL_WIDTH : MODEL_HEIGHT;
    const camera_config_t config = {
        .pin_pwdn = CONFIG_EXAMPLE_PIN_PWDN,
        .pin_reset = CONFIG_EXAMPLE_PIN_RESET,
        .pin_xclk = CONFIG_EXAMPLE_PIN_XCLK,
        .pin_sccb_sda = CONFIG_EXAMPLE_PIN_SIOD,
        .pin_sccb_scl = CONFIG_EXAMPLE_PIN_SIOC,
        .pin_d7 = CONFIG_EXAMPLE_PIN_D7,
        .pin_d6 = CONFIG_EXAMPLE_PIN_D6,
        .pin_d5 = CONFIG_EXAMPLE_PIN_D5,
        .pin_d4 = CONFIG_EXAMPLE_PIN_D4,
        .pin_d3 = CONFIG_EXAMPLE_PIN_D3,
        .pin_d2 = CONFIG_EXAMPLE_PIN_D2,
        .pin_d1 = CONFIG_EXAMPLE_PIN_D1,
        .pin_d0 = CONFIG_EXAMPLE_PIN_D0,
        .pin_vsync = CONFIG_EXAMPLE_PIN_VSYNC,
        .pin_href = CONFIG_EXAMPLE_PIN_HREF,
        .pin_pclk = CONFIG_EXAMPLE_PIN_PCLK,
        .xclk_freq_hz = 20000000,
        .ledc_timer = LEDC_TIMER_0,
        .ledc_channel = LEDC_CHANNEL_0,
        .pixel_format = MODEL_CHANNELS == 1 ? PIXFORMAT_GRAYSCALE : PIXFORMAT_RGB565,
        .frame_size = side <= 96 ? FRAMESIZE_96X96 : side <= 240 ? FRAMESIZE_240X240 : FRAMESIZE_VGA,
        .fb_count = 1,
        /* The small one fits into internal RAM; the others need PSRAM. */
        .fb_location = side <= 96 ? CAMERA_FB_IN_DRAM : CAMERA_FB_IN_PSRAM,
        .grab_mode = CAMERA_GRAB_WHEN_EMPTY,
    };
    const esp_err_t error = esp_camera_init(&config);
    if (error != ESP_OK) ESP_LOGE(TAG, "no camera (0x%x): check its pins in menuconfig", (unsigned)error);
    return error != ESP_OK;
}

int picture_take(void)
{
    if (frame) esp_camera_fb_return(frame);
    frame = esp_camera_fb_get();
    if (!frame) ESP_LOGE(TAG, "the camera delivers no picture");
    return !frame;
}

int picture_begin(const dw_net *net)
{
    /* RGB565 comes with its high byte first. */
    const uint8_t format = frame->format == PIXFORMAT_GRAYSCALE ? DW_FRAME_GREY : DW_FRAME_RGB565BE;
    const dw_frame shape = {(uint16_t)frame->width, (uint16_t)frame->height, format, FIT};
    next = frame->buf;
    row_bytes = dw_frame_row_bytes(&shape);
    return dw_picture_open(&picture, net, &shape, scratch, sizeof scratch);
}

void picture_row(uint8_t *row)
{
    while (!dw_picture_take(&picture, row)) {
        if (dw_picture_put(&picture, next)) return;
        next += row_bytes;
    }
}
