#include "dw_partition.h"

#include <string.h>

#include "esp_partition.h"

#define MODEL_PARTITION_TYPE ((esp_partition_type_t)0x40)
/* Its subtype where it has one slot: the other one counts as erased, and cannot be written. */
#define ONE_SLOT ((esp_partition_subtype_t)0x01)

static int read_partition(void *context, uint32_t offset, void *to, uint32_t bytes)
{
    const esp_partition_t *partition = (const esp_partition_t *)context;
    if (partition->subtype == ONE_SLOT && offset >= partition->size) {
        memset(to, 0xff, bytes);
        return 0;
    }
    return esp_partition_read(partition, offset, to, bytes) != ESP_OK;
}

static int erase_partition(void *context, uint32_t offset)
{
    return esp_partition_erase_range((const esp_partition_t *)context, offset, DW_SLOT_SECTOR) != ESP_OK;
}

static int write_partition(void *context, uint32_t offset, const void *from, uint32_t bytes)
{
    return esp_partition_write((const esp_partition_t *)context, offset, from, bytes) != ESP_OK;
}

int dw_partition_open(dw_flash *flash, const char *label)
{
    const esp_partition_t *partition =
        esp_partition_find_first(MODEL_PARTITION_TYPE, ESP_PARTITION_SUBTYPE_ANY, label);
    if (!partition) return -1;
    flash->read = read_partition;
    flash->erase = erase_partition;
    flash->write = write_partition;
    flash->context = (void *)(uintptr_t)partition;
    if (partition->subtype == ONE_SLOT) flash->bytes = (uint32_t)(2 * (partition->size - partition->size % DW_SLOT_SECTOR));
    else flash->bytes = (uint32_t)(partition->size - partition->size % (2 * DW_SLOT_SECTOR));
    return 0;
}
