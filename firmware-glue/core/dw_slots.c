/* Two models in flash; see dw_slots.h. Whatever stands in flash may be torn: nothing is believed without its CRC. */
#include "dw_slots.h"

#include <string.h>

#include "dw_bytes.h"
#include "dw_crc32.h"

/* States in the order in which slots are preferred. */
typedef enum { EMPTY, FAILED, USABLE } dw_slot_state;

typedef struct {
    dw_slot_state state;
    uint32_t bytes, crc, sequence;
    int confirmed;
} dw_record;

static void put_u32(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++) bytes[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t slot_start(const dw_flash *flash, uint32_t index)
{
    return index * (flash->bytes / 2);
}

uint32_t dw_slots_room(const dw_flash *flash)
{
    return flash->bytes / 2 > DW_SLOT_MODEL ? flash->bytes / 2 - DW_SLOT_MODEL : 0;
}

/* A mark whose writing was cut short counts: of tried, confirmed and rejected, either reading of it leaves a model. */
static int marked(const uint8_t *sector, uint32_t mark)
{
    for (uint32_t i = 0; i < DW_SLOT_UNIT; i++)
        if (sector[mark + i] != 0xff) return 1;
    return 0;
}

static int read_record(const dw_flash *flash, uint32_t index, dw_record *record)
{
    uint8_t sector[DW_SLOT_REJECTED + DW_SLOT_UNIT];
    record->state = EMPTY;
    if (flash->read(flash->context, slot_start(flash, index), sector, sizeof sector)) return DW_SLOTS_FLASH;
    record->bytes = u32_at(sector + DW_SLOT_R_BYTES);
    record->crc = u32_at(sector + DW_SLOT_R_CRC32);
    record->sequence = u32_at(sector + DW_SLOT_R_SEQUENCE);
    record->confirmed = marked(sector, DW_SLOT_CONFIRMED);
    if (u32_at(sector + DW_SLOT_R_MAGIC) != DW_SLOT_MAGIC
        || u32_at(sector + DW_SLOT_R_CHECK) != dw_crc32(0, sector, DW_SLOT_R_CHECK)
        || record->bytes > dw_slots_room(flash))
        return DW_OK;
    record->state = USABLE;
    if (marked(sector, DW_SLOT_REJECTED) || (marked(sector, DW_SLOT_TRIED) && !record->confirmed))
        record->state = FAILED;
    return DW_OK;
}

static int read_records(const dw_flash *flash, dw_record records[2])
{
    const int error = read_record(flash, 0, &records[0]);
    return error ? error : read_record(flash, 1, &records[1]);
}

static int crc_of_file(const dw_flash *flash, uint32_t offset, uint32_t bytes, uint32_t *crc)
{
    uint8_t chunk[256];
    *crc = 0;
    while (bytes > 0) {
        const uint32_t count = least(bytes, sizeof chunk);
        if (flash->read(flash->context, offset, chunk, count)) return DW_SLOTS_FLASH;
        *crc = dw_crc32(*crc, chunk, count);
        offset += count;
        bytes -= count;
    }
    return DW_OK;
}

/* Length of the .dw file that a file of `bytes` bytes begins with, as its header has it. */
static int read_model_bytes(const dw_flash *flash, uint32_t offset, uint32_t bytes, uint32_t *model_bytes)
{
    uint8_t total[4];
    *model_bytes = bytes;
    if (bytes < DW_HEADER_BYTES) return DW_OK;
    if (flash->read(flash->context, offset + DW_H_TOTAL_BYTES, total, sizeof total)) return DW_SLOTS_FLASH;
    *model_bytes = least(bytes, u32_at(total));
    return DW_OK;
}

/* The record that is preferred: 0 or 1. */
static uint32_t better(const dw_record records[2])
{
    if (records[0].state != records[1].state) return records[1].state > records[0].state;
    return records[1].sequence > records[0].sequence;
}

/* The model to run among these records; one whose file turns out to be damaged becomes EMPTY. */
static int select_among(const dw_flash *flash, dw_record records[2], dw_slot *slot)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        const uint32_t index = better(records);
        dw_record *record = &records[index];
        uint32_t crc;
        int error;
        if (record->state == EMPTY) break;
        slot->index = index;
        slot->offset = slot_start(flash, index) + DW_SLOT_MODEL;
        slot->bytes = record->bytes;
        slot->sequence = record->sequence;
        slot->trial = !record->confirmed;
        error = crc_of_file(flash, slot->offset, slot->bytes, &crc);
        if (error) return error;
        if (crc == record->crc) return read_model_bytes(flash, slot->offset, slot->bytes, &slot->model_bytes);
        record->state = EMPTY;
    }
    return DW_SLOTS_NONE;
}

int dw_slots_select(const dw_flash *flash, dw_slot *slot)
{
    dw_record records[2];
    const int error = read_records(flash, records);
    return error ? error : select_among(flash, records, slot);
}

int dw_slots_mark(const dw_flash *flash, const dw_slot *slot, dw_mark mark)
{
    static const uint16_t places[] = {DW_SLOT_TRIED, DW_SLOT_CONFIRMED, DW_SLOT_REJECTED};
    const uint32_t at = slot_start(flash, slot->index) + places[mark];
    uint8_t unit[DW_SLOT_UNIT];
    if (flash->read(flash->context, at, unit, sizeof unit)) return DW_SLOTS_FLASH;
    if (marked(unit, 0)) return DW_OK;
    memset(unit, 0, sizeof unit);
    return flash->write(flash->context, at, unit, sizeof unit) ? DW_SLOTS_FLASH : DW_OK;
}

int dw_slots_known(const dw_flash *flash, uint32_t file_bytes, const void *start, uint32_t bytes)
{
    dw_record records[2];
    uint8_t unit[DW_SLOT_UNIT];
    const int error = read_records(flash, records);
    if (error) return error;
    for (uint32_t i = 0; i < 2; i++) {
        if (records[i].state == EMPTY || records[i].bytes != file_bytes) continue;
        if (bytes > least(file_bytes, sizeof unit)) continue;
        if (flash->read(flash->context, slot_start(flash, i) + DW_SLOT_MODEL, unit, bytes)) return DW_SLOTS_FLASH;
        if (!memcmp(unit, start, bytes)) return 1;
    }
    return 0;
}

int dw_slot_read(void *slot_file, uint32_t offset, void *to, uint32_t bytes)
{
    const dw_slot_file *file = (const dw_slot_file *)slot_file;
    return file->flash->read(file->flash->context, file->offset + offset, to, bytes);
}

/* Ends the update. */
static int failed(dw_update *update, int error)
{
    update->flash = NULL;
    return error;
}

int dw_update_begin(dw_update *update, const dw_flash *flash, uint32_t bytes)
{
    dw_record records[2];
    dw_slot active;
    int error;
    memset(update, 0, sizeof *update);
    if (bytes > dw_slots_room(flash)) return DW_SLOTS_SIZE;
    error = read_records(flash, records);
    if (error) return error;
    /* The higher number of both, also of a model that failed: should its record outlive the erasing, it is older. */
    for (int i = 0; i < 2; i++)
        if (records[i].state != EMPTY && records[i].sequence > update->sequence) update->sequence = records[i].sequence;
    update->sequence++;
    error = select_among(flash, records, &active);
    if (error && error != DW_SLOTS_NONE) return error;
    if (!error) {
        const dw_record *other = &records[1 - active.index];
        if (active.trial && other->state == USABLE && other->confirmed) return DW_SLOTS_TRIAL;
        update->start = slot_start(flash, 1 - active.index);
    }
    if (flash->erase(flash->context, update->start)) return DW_SLOTS_FLASH;
    update->flash = flash;
    update->bytes = bytes;
    return DW_OK;
}

/* Writes whole units at offset `at` of the file, none beyond its sector; erases that first where it begins with them. */
static int write_units(const dw_update *update, uint32_t at, const uint8_t *from, uint32_t bytes)
{
    const dw_flash *flash = update->flash;
    const uint32_t place = update->start + DW_SLOT_MODEL + at;
    if (place % DW_SLOT_SECTOR == 0 && flash->erase(flash->context, place)) return DW_SLOTS_FLASH;
    return flash->write(flash->context, place, from, bytes) ? DW_SLOTS_FLASH : DW_OK;
}

int dw_update_write(dw_update *update, const void *bytes, uint32_t count)
{
    const uint8_t *from = (const uint8_t *)bytes;
    if (!update->flash) return DW_SLOTS_CLOSED;
    if (count > update->bytes - update->received) return failed(update, DW_SLOTS_LENGTH);
    update->crc = dw_crc32(update->crc, from, count);
    while (count > 0) {
        const uint32_t at = update->received, filled = at % DW_SLOT_UNIT;
        uint32_t part;
        int error = DW_OK;
        if (filled == 0 && count >= DW_SLOT_UNIT) {
            part = least(count - count % DW_SLOT_UNIT, DW_SLOT_SECTOR - at % DW_SLOT_SECTOR);
            error = write_units(update, at, from, part);
        } else {
            part = least(count, DW_SLOT_UNIT - filled);
            memcpy(update->unit + filled, from, part);
            if (filled + part == DW_SLOT_UNIT) error = write_units(update, at - filled, update->unit, DW_SLOT_UNIT);
        }
        if (error) return failed(update, error);
        update->received += part;
        from += part;
        count -= part;
    }
    return DW_OK;
}

static int write_rest(dw_update *update)
{
    const uint32_t filled = update->received % DW_SLOT_UNIT;
    if (filled == 0) return DW_OK;
    memset(update->unit + filled, 0xff, DW_SLOT_UNIT - filled);
    return write_units(update, update->received - filled, update->unit, DW_SLOT_UNIT);
}

static int check_written(const dw_update *update, const dw_backend *backend)
{
    dw_slot_file file = {update->flash, update->start + DW_SLOT_MODEL};
    dw_blob blob = {dw_slot_read, &file, 0};
    uint32_t crc;
    int error = crc_of_file(update->flash, file.offset, update->bytes, &crc);
    if (!error && crc != update->crc) error = DW_SLOTS_VERIFY;
    if (!error) error = read_model_bytes(update->flash, file.offset, update->bytes, &blob.bytes);
    return error ? error : dw_check(&blob, backend, NULL);
}

static int write_record(const dw_update *update)
{
    const dw_flash *flash = update->flash;
    uint8_t record[DW_SLOT_RECORD_BYTES], back[DW_SLOT_RECORD_BYTES];
    memset(record, 0xff, sizeof record);
    put_u32(record + DW_SLOT_R_MAGIC, DW_SLOT_MAGIC);
    put_u32(record + DW_SLOT_R_SEQUENCE, update->sequence);
    put_u32(record + DW_SLOT_R_BYTES, update->bytes);
    put_u32(record + DW_SLOT_R_CRC32, update->crc);
    put_u32(record + DW_SLOT_R_CHECK, dw_crc32(0, record, DW_SLOT_R_CHECK));
    if (flash->write(flash->context, update->start, record, sizeof record)) return DW_SLOTS_FLASH;
    if (flash->read(flash->context, update->start, back, sizeof back)) return DW_SLOTS_FLASH;
    return memcmp(record, back, sizeof record) ? DW_SLOTS_VERIFY : DW_OK;
}

int dw_update_finish(dw_update *update, const dw_backend *backend)
{
    int error;
    if (!update->flash) return DW_SLOTS_CLOSED;
    error = update->received == update->bytes ? write_rest(update) : DW_SLOTS_LENGTH;
    if (!error) error = check_written(update, backend);
    if (!error) error = write_record(update);
    return failed(update, error);
}

const char *dw_slots_error_text(int error)
{
    switch (error) {
    case DW_SLOTS_FLASH: return "flash could not be read, erased or written";
    case DW_SLOTS_NONE: return "there is no model in flash";
    case DW_SLOTS_SIZE: return "the model is larger than its slot in flash";
    case DW_SLOTS_TRIAL: return "the model in use is still on trial: confirm or reject it before the next update";
    case DW_SLOTS_LENGTH: return "the model has more bytes than were announced, or fewer";
    case DW_SLOTS_VERIFY: return "flash does not hold what was written to it";
    case DW_SLOTS_CLOSED: return "no update has begun, or it has failed";
    default: return dw_error_text(error);
    }
}
