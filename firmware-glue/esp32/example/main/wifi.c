/* A Wi-Fi station, as the examples of ESP-IDF set one up. See wifi.h. */
#include "wifi.h"

#include <string.h>

#include "esp_bit_defs.h"
#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_wifi.h"
#include "freertos/FreeRTOS.h"
#include "freertos/event_groups.h"
#include "nvs_flash.h"
#include "sdkconfig.h"

#define CONNECTED BIT0
#define WAIT pdMS_TO_TICKS(20000)

static const char TAG[] = "wifi";
static EventGroupHandle_t events;

static void on_event(void *argument, esp_event_base_t base, int32_t id, void *data)
{
    (void)argument;
    (void)data;
    if (base == IP_EVENT) xEventGroupSetBits(events, CONNECTED);
    if (base != WIFI_EVENT) return;
    if (id == WIFI_EVENT_STA_START || id == WIFI_EVENT_STA_DISCONNECTED) {
        xEventGroupClearBits(events, CONNECTED);
        esp_wifi_connect();
    }
}

static esp_err_t start(void)
{
    const wifi_init_config_t initial = WIFI_INIT_CONFIG_DEFAULT();
    wifi_config_t config = {0};
    esp_err_t error = nvs_flash_init();
    strncpy((char *)config.sta.ssid, CONFIG_EXAMPLE_WIFI_SSID, sizeof config.sta.ssid);
    strncpy((char *)config.sta.password, CONFIG_EXAMPLE_WIFI_PASSWORD, sizeof config.sta.password);
    events = xEventGroupCreate();
    if (error == ESP_OK) error = esp_netif_init();
    if (error == ESP_OK) error = esp_event_loop_create_default();
    if (error != ESP_OK) return error;
    esp_netif_create_default_wifi_sta();
    error = esp_wifi_init(&initial);
    if (error == ESP_OK) error = esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, on_event, NULL);
    if (error == ESP_OK) error = esp_event_handler_register(IP_EVENT, IP_EVENT_STA_GOT_IP, on_event, NULL);
    if (error == ESP_OK) error = esp_wifi_set_mode(WIFI_MODE_STA);
    if (error == ESP_OK) error = esp_wifi_set_config(WIFI_IF_STA, &config);
    return error == ESP_OK ? esp_wifi_start() : error;
}

int wifi_connect(void)
{
    if (!events) {
        const esp_err_t error = start();
        if (error != ESP_OK) {
            ESP_LOGE(TAG, "Wi-Fi does not start (0x%x)", (unsigned)error);
            return -1;
        }
    }
    if (xEventGroupWaitBits(events, CONNECTED, pdFALSE, pdTRUE, WAIT) & CONNECTED) return 0;
    ESP_LOGW(TAG, "no connection to \"%s\"", CONFIG_EXAMPLE_WIFI_SSID);
    return -1;
}
