/* Pictures of an OV2640 through esp32-camera: a square out of the middle, in the model's size, and mapped to the bytes of
 * its input as `depthwise run` maps them. */
#include "picture.h"

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

/* Pixel (x, y) of the frame, channel c. RGB565 comes with its high byte first. */
static uint8_t pixel(uint32_t x, uint32_t y, uint32_t c)
{
    const uint8_t *at = frame->buf + y * frame->width + x;
    if (MODEL_CHANNELS == 1) return *at;
    at = frame->buf + 2 * (y * frame->width + x);
    switch (c) {
    case 0: return (uint8_t)((at[0] & 0xf8) | at[0] >> 5);
    case 1: return (uint8_t)((at[0] & 7) << 5 | (at[1] & 0xe0) >> 3 | (at[0] & 7) >> 1);
    default: return (uint8_t)((at[1] & 0x1f) << 3 | (at[1] & 0x1f) >> 2);
    }
}

void picture_row(uint32_t y, uint8_t *row)
{
    const uint32_t width = (uint32_t)frame->width, height = (uint32_t)frame->height;
    const uint32_t side = width < height ? width : height;
    const uint32_t left = (width - side) / 2, top = (height - side) / 2;
    for (uint32_t x = 0; x < MODEL_WIDTH; x++)
        for (uint32_t c = 0; c < MODEL_CHANNELS; c++)
            *row++ = model_pixels[pixel(left + x * side / MODEL_WIDTH, top + y * side / MODEL_HEIGHT, c)];
}
