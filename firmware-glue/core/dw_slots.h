/* depthwise: two models in flash, so that one can be replaced while the other stays. Portable C99, no globals, no malloc.
 *
 * The area is two slots of the same size; src/format/slot-layout.ts (dw_format.h) describes them. An update goes into the
 * slot that is not in use: its record is erased first, then the file is written and read back, and the record is written
 * last. So whenever power fails, one slot is whole. A new model is on trial: it is marked before it runs for the first
 * time and confirmed after it has; if the board starts again in between, the old one is used.
 *
 *   dw_slot slot;
 *   int error = dw_slots_select(&flash, &slot);
 *   if (!error && slot.trial) error = dw_slots_mark(&flash, &slot, DW_MARK_TRIED);
 *   ... open the .dw file at slot.offset, run it ...
 *   if (slot.trial) dw_slots_mark(&flash, &slot, ran ? DW_MARK_CONFIRMED : DW_MARK_REJECTED);
 */
#ifndef DW_SLOTS_H
#define DW_SLOTS_H

#include "dw.h"
#include "dw_format.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    DW_SLOTS_FLASH = -64,      /* flash could not be read, erased or written */
    DW_SLOTS_NONE = -65,       /* no slot holds a model */
    DW_SLOTS_SIZE = -66,       /* the model is larger than a slot */
    DW_SLOTS_TRIAL = -67,      /* the model in use is still on trial: an update would overwrite the one to go back to */
    DW_SLOTS_LENGTH = -68,     /* more bytes than were announced, or fewer */
    DW_SLOTS_VERIFY = -69,     /* what was read back is not what was written */
    DW_SLOTS_CLOSED = -70      /* no update has begun, or it has failed */
};

/* An area of flash. Functions return 0, or anything else if they fail; offsets count from the beginning of the area. */
typedef struct {
    int (*read)(void *context, uint32_t offset, void *to, uint32_t bytes);
    /* Sets the sector of DW_SLOT_SECTOR bytes at `offset` to 0xff. */
    int (*erase)(void *context, uint32_t offset);
    /* Whole units of DW_SLOT_UNIT bytes that are erased. */
    int (*write)(void *context, uint32_t offset, const void *from, uint32_t bytes);
    void *context;
    /* Both slots: an even number of sectors. */
    uint32_t bytes;
} dw_flash;

typedef struct {
    /* 0 or 1 */
    uint32_t index;
    /* The file: where it begins in the area, and its length. It is a .dw file of model_bytes bytes, behind which another
     * kernels.wasm may stand, for boards that interpret kernels. */
    uint32_t offset, bytes, model_bytes;
    uint32_t sequence;
    /* It has not been confirmed. */
    int trial;
} dw_slot;

typedef enum { DW_MARK_TRIED, DW_MARK_CONFIRMED, DW_MARK_REJECTED } dw_mark;

/* The model to run: the newest one whose record and whole file are intact, and that has not failed. One that failed, or
 * did not come through its first run, is taken only where the other slot holds nothing. DW_SLOTS_NONE, DW_SLOTS_FLASH. */
int dw_slots_select(const dw_flash *flash, dw_slot *slot);
int dw_slots_mark(const dw_flash *flash, const dw_slot *slot, dw_mark mark);

/* 1 where a slot, usable or failed, holds a file of `file_bytes` bytes that begins with these `bytes`, at most
 * DW_SLOT_UNIT; 0 or DW_SLOTS_FLASH. The first DW_CRC_FROM bytes tell one model from another: what is there need not be
 * fetched. */
int dw_slots_known(const dw_flash *flash, uint32_t file_bytes, const void *start, uint32_t bytes);

/* Largest file that a slot has room for. */
uint32_t dw_slots_room(const dw_flash *flash);

/* Reads the .dw file of a slot where flash is not mapped: dw_blob blob = {dw_slot_read, &file, slot.model_bytes}. */
typedef struct {
    const dw_flash *flash;
    uint32_t offset;
} dw_slot_file;

int dw_slot_read(void *slot_file, uint32_t offset, void *to, uint32_t bytes);

/* An update on its way. The model in use is not touched, and may go on running. */
typedef struct {
    const dw_flash *flash;
    uint32_t start, sequence, bytes, received, crc;
    uint8_t unit[DW_SLOT_UNIT];
} dw_update;

/* Begins an update with a file of `bytes` bytes, a .dw file alone or with a kernels.wasm behind it: DW_SLOTS_SIZE, DW_SLOTS_TRIAL, DW_SLOTS_FLASH. */
int dw_update_begin(dw_update *update, const dw_flash *flash, uint32_t bytes);
/* The next bytes of the file, as many as have arrived. Sectors are erased as they are reached. */
int dw_update_write(dw_update *update, const void *bytes, uint32_t count);
/* Reads the file back, checks it as dw_open does for these kernels, and only then makes it the newest model, on trial. Also
 * returns DW_ERROR_* of the file. After an error the model in use stays in use. */
int dw_update_finish(dw_update *update, const dw_backend *backend);

/* One English sentence, never NULL, for these errors and those of dw.h. */
const char *dw_slots_error_text(int error);

#ifdef __cplusplus
}
#endif

#endif
