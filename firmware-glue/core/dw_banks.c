/* See dw_banks.h. A bank begins with magic, sequence number and their CRC-32, which are written last. */
#include "dw_banks.h"

#include "dw_bytes.h"
#include "dw_crc32.h"

#define MAGIC 0x42475744u /* "DWGB" */

enum { CRC = 8, HEADER = 16 };

static uint32_t bank_bytes(const dw_flash *flash)
{
    return flash->bytes / 2 - flash->bytes / 2 % DW_SLOT_SECTOR;
}

static int read_store(void *context, uint32_t offset, void *to, uint32_t bytes)
{
    const dw_banks *const banks = (const dw_banks *)context;
    const dw_flash *const flash = banks->flash;
    return flash->read(flash->context, banks->bank * bank_bytes(flash) + HEADER + offset, to, bytes);
}

static int write_store(void *context, uint32_t offset, const void *from, uint32_t bytes)
{
    const dw_banks *const banks = (const dw_banks *)context;
    const dw_flash *const flash = banks->flash;
    return flash->write(flash->context, banks->bank * bank_bytes(flash) + HEADER + offset, from, bytes);
}

static void use(dw_banks *banks, uint32_t bank, uint32_t sequence)
{
    banks->bank = bank;
    banks->sequence = sequence;
    banks->store.read = read_store;
    banks->store.write = write_store;
    banks->store.context = banks;
    banks->store.bytes = sequence ? bank_bytes(banks->flash) - HEADER : 0;
}

int dw_banks_open(dw_banks *banks, const dw_flash *flash)
{
    banks->flash = flash;
    if (!bank_bytes(flash)) return DW_ERROR_MEMORY;
    use(banks, 1, 0);
    for (uint32_t bank = 0; bank < 2; bank++) {
        uint8_t header[HEADER];
        uint32_t sequence;
        if (flash->read(flash->context, bank * bank_bytes(flash), header, sizeof header)) return DW_ERROR_READ;
        sequence = u32_at(header + 4);
        if (u32_at(header) == MAGIC && dw_crc32(0, header, CRC) == u32_at(header + CRC) && sequence > banks->sequence)
            use(banks, bank, sequence);
    }
    return DW_OK;
}

static void put_u32(uint8_t *to, uint32_t value)
{
    for (uint32_t i = 0; i < 4; i++) to[i] = (uint8_t)(value >> 8 * i);
}

/* Makes the other bank the one in use, with the newest entry of each name. */
static int turn_over(dw_banks *banks, dw_net *net)
{
    const dw_flash *const flash = banks->flash;
    dw_banks other = {{NULL, NULL, NULL, 0}, flash, 0, 0};
    uint8_t header[HEADER] = {0};
    int error = DW_OK;
    use(&other, 1 - banks->bank, banks->sequence + 1);
    for (uint32_t at = 0; at < bank_bytes(flash); at += DW_SLOT_SECTOR)
        if (flash->erase(flash->context, other.bank * bank_bytes(flash) + at)) return DW_ERROR_READ;
    if (banks->store.bytes) error = dw_gallery_copy(net, &banks->store, &other.store);
    if (error) return error;
    put_u32(header, MAGIC);
    put_u32(header + 4, other.sequence);
    put_u32(header + CRC, dw_crc32(0, header, CRC));
    if (flash->write(flash->context, other.bank * bank_bytes(flash), header, sizeof header)) return DW_ERROR_READ;
    use(banks, other.bank, other.sequence);
    return DW_OK;
}

int dw_banks_enroll(dw_banks *banks, dw_net *net, const char *label, const int8_t *vector)
{
    int result = dw_enroll(net, &banks->store, label, vector);
    if (result != DW_ERROR_MEMORY) return result;
    result = turn_over(banks, net);
    return result ? result : dw_enroll(net, &banks->store, label, vector);
}
