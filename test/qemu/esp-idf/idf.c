/* What the example needs of ESP-IDF, on this machine: one partition in a file, a web server whose only page is a file, a
 * camera that sees a gradient.
 *
 *   program PARTITION SECONDS [PAGE]
 *
 * Runs app_main until it has slept SECONDS seconds, then writes the partition back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_camera.h"
#include "esp_heap_caps.h"
#include "esp_http_client.h"
#include "esp_netif.h"
#include "esp_partition.h"
#include "esp_timer.h"
#include "esp_wifi.h"
#include "freertos/FreeRTOS.h"
#include "freertos/event_groups.h"
#include "freertos/task.h"
#include "nvs_flash.h"

#define SECTOR 4096u

static char *partition_path, *page_path;
static TickType_t ticks_left;
static unsigned slices;
static uint8_t *flash;
static esp_partition_t partition = {
    .type = (esp_partition_type_t)0x40, .address = 0x190000, .erase_size = SECTOR, .label = "model"};

static void die(const char *what)
{
    fprintf(stderr, "stand-in: %s\n", what);
    exit(3);
}

static FILE *open_file(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);
    if (!file) die(path);
    return file;
}

static void finish(void)
{
    FILE *file = open_file(partition_path, "wb");
    if (fwrite(flash, 1, partition.size, file) != partition.size || fclose(file)) die("partition");
    printf("slices %u\n", slices);
    exit(0);
}

/* --- FreeRTOS, time, memory -------------------------------------------------------------------------------------- */

void vTaskDelay(TickType_t ticks)
{
    if (ticks == 1) slices++;
    if (ticks >= ticks_left) finish();
    ticks_left -= ticks;
}

/* A millisecond passes from one look at the clock to the next. */
int64_t esp_timer_get_time(void)
{
    static int64_t now;
    return now += 1000;
}

void *heap_caps_aligned_alloc(size_t alignment, size_t size, uint32_t caps)
{
    (void)caps;
    return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

void heap_caps_free(void *ptr)
{
    free(ptr);
}

/* --- partition --------------------------------------------------------------------------------------------------- */

const esp_partition_t *esp_partition_find_first(esp_partition_type_t type, esp_partition_subtype_t subtype,
                                                const char *label)
{
    (void)subtype;
    return type == partition.type && !strcmp(label, partition.label) ? &partition : NULL;
}

static int outside(size_t offset, size_t size)
{
    return offset > partition.size || size > partition.size - offset;
}

esp_err_t esp_partition_read(const esp_partition_t *of, size_t src_offset, void *dst, size_t size)
{
    if (of != &partition || outside(src_offset, size)) return ESP_FAIL;
    memcpy(dst, flash + src_offset, size);
    return ESP_OK;
}

esp_err_t esp_partition_write(const esp_partition_t *of, size_t dst_offset, const void *src, size_t size)
{
    if (of != &partition || outside(dst_offset, size)) return ESP_FAIL;
    for (size_t i = 0; i < size; i++) flash[dst_offset + i] &= ((const uint8_t *)src)[i];
    return ESP_OK;
}

esp_err_t esp_partition_erase_range(const esp_partition_t *of, size_t offset, size_t size)
{
    if (of != &partition || outside(offset, size) || offset % SECTOR || size % SECTOR) return ESP_FAIL;
    memset(flash + offset, 0xff, size);
    return ESP_OK;
}

esp_err_t esp_partition_mmap(const esp_partition_t *of, size_t offset, size_t size, esp_partition_mmap_memory_t memory,
                             const void **out_ptr, esp_partition_mmap_handle_t *out_handle)
{
    if (of != &partition || memory != ESP_PARTITION_MMAP_DATA || outside(offset, size)) return ESP_FAIL;
    *out_ptr = flash + offset;
    *out_handle = 1;
    return ESP_OK;
}

void esp_partition_munmap(esp_partition_mmap_handle_t handle)
{
    if (handle != 1) die("munmap of what was not mapped");
}

/* --- network ----------------------------------------------------------------------------------------------------- */

esp_event_base_t const IP_EVENT = "IP_EVENT";
esp_event_base_t const WIFI_EVENT = "WIFI_EVENT";
static esp_event_handler_t on_wifi, on_ip;

struct EventGroupDef_t {
    EventBits_t bits;
};

EventGroupHandle_t xEventGroupCreate(void)
{
    static struct EventGroupDef_t only;
    return &only;
}

EventBits_t xEventGroupSetBits(EventGroupHandle_t group, EventBits_t bits)
{
    return group->bits |= bits;
}

EventBits_t xEventGroupClearBits(EventGroupHandle_t group, EventBits_t bits)
{
    return group->bits &= ~bits;
}

EventBits_t xEventGroupWaitBits(EventGroupHandle_t group, EventBits_t bits, BaseType_t clear_on_exit,
                                BaseType_t wait_for_all, TickType_t ticks)
{
    (void)clear_on_exit, (void)wait_for_all, (void)ticks;
    return group->bits & bits;
}

esp_err_t nvs_flash_init(void)
{
    return ESP_OK;
}

esp_err_t esp_netif_init(void)
{
    return ESP_OK;
}

esp_netif_t *esp_netif_create_default_wifi_sta(void)
{
    return NULL;
}

esp_err_t esp_event_loop_create_default(void)
{
    return ESP_OK;
}

esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t id, esp_event_handler_t handler, void *argument)
{
    (void)id, (void)argument;
    *(base == WIFI_EVENT ? &on_wifi : &on_ip) = handler;
    return ESP_OK;
}

esp_err_t esp_wifi_init(const wifi_init_config_t *config)
{
    return config ? ESP_OK : ESP_FAIL;
}

esp_err_t esp_wifi_set_mode(wifi_mode_t mode)
{
    return mode == WIFI_MODE_STA ? ESP_OK : ESP_FAIL;
}

esp_err_t esp_wifi_set_config(wifi_interface_t interface, wifi_config_t *conf)
{
    return interface == WIFI_IF_STA && conf->sta.ssid[0] ? ESP_OK : ESP_FAIL;
}

esp_err_t esp_wifi_start(void)
{
    on_wifi(NULL, WIFI_EVENT, WIFI_EVENT_STA_START, NULL);
    return ESP_OK;
}

esp_err_t esp_wifi_connect(void)
{
    on_ip(NULL, IP_EVENT, IP_EVENT_STA_GOT_IP, NULL);
    return ESP_OK;
}

struct esp_http_client {
    FILE *page;
};

esp_http_client_handle_t esp_http_client_init(const esp_http_client_config_t *config)
{
    static struct esp_http_client only;
    return config->url ? &only : NULL;
}

esp_err_t esp_http_client_open(esp_http_client_handle_t client, int write_len)
{
    (void)write_len;
    client->page = page_path ? open_file(page_path, "rb") : NULL;
    return client->page ? ESP_OK : ESP_FAIL;
}

int64_t esp_http_client_fetch_headers(esp_http_client_handle_t client)
{
    int64_t bytes;
    fseek(client->page, 0, SEEK_END);
    bytes = ftell(client->page);
    rewind(client->page);
    return bytes;
}

int esp_http_client_get_status_code(esp_http_client_handle_t client)
{
    return client->page ? 200 : 0;
}

/* A few bytes at a time, as they come in packets. */
int esp_http_client_read(esp_http_client_handle_t client, char *buffer, int len)
{
    return (int)fread(buffer, 1, (size_t)(len < 700 ? len : 700), client->page);
}

esp_err_t esp_http_client_close(esp_http_client_handle_t client)
{
    return fclose(client->page) ? ESP_FAIL : ESP_OK;
}

esp_err_t esp_http_client_cleanup(esp_http_client_handle_t client)
{
    client->page = NULL;
    return ESP_OK;
}

/* --- camera ------------------------------------------------------------------------------------------------------ */

static camera_fb_t frame;

esp_err_t esp_camera_init(const camera_config_t *config)
{
    const size_t side = config->frame_size == FRAMESIZE_96X96 ? 96 : 240;
    const size_t bytes = config->pixel_format == PIXFORMAT_GRAYSCALE ? 1 : 2;
    frame.width = frame.height = side;
    frame.len = side * side * bytes;
    frame.format = config->pixel_format;
    frame.buf = malloc(frame.len);
    if (!frame.buf) return ESP_FAIL;
    for (size_t i = 0; i < frame.len; i++) frame.buf[i] = (uint8_t)(i / bytes % side);
    return ESP_OK;
}

camera_fb_t *esp_camera_fb_get(void)
{
    return &frame;
}

void esp_camera_fb_return(camera_fb_t *fb)
{
    if (fb != &frame) die("a frame that nobody gave");
}

/* ----------------------------------------------------------------------------------------------------------------- */

void app_main(void);

int main(int count, char **arguments)
{
    FILE *file;
    long bytes;
    if (count < 3) return 2;
    partition_path = arguments[1];
    ticks_left = pdMS_TO_TICKS(1000 * atoi(arguments[2]));
    page_path = count > 3 ? arguments[3] : NULL;
    file = open_file(partition_path, "rb");
    if (fseek(file, 0, SEEK_END) || (bytes = ftell(file)) < 0) die("partition");
    rewind(file);
    partition.size = (uint32_t)bytes;
    flash = malloc(partition.size);
    if (!flash || fread(flash, 1, partition.size, file) != partition.size) die("partition");
    fclose(file);
    app_main();
    finish();
}
