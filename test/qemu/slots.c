/* firmware-glue/core/dw_slots.c on a simulated NOR flash whose power fails before, within and after each erase and write.
 *
 *   slots AREA OLD.dw NEW.dw NEWER.dw DAMAGED WRONG FOREIGN
 *
 * AREA is the partition image that `bundle` makes, with OLD in it. Of WRONG a step points outside of the arena, and its CRC is
 * right; FOREIGN has a kind of step whose kernel is not compiled in. Prints `cuts N` when all held, else what did not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dw_slots.h"

static void fail(const char *what, long a, long b)
{
    printf("FAILED: %s (%ld, %ld)\n", what, a, b);
    exit(1);
}

#define CHECK(condition, a, b) \
    do { \
        if (!(condition)) fail(#condition, (long)(a), (long)(b)); \
    } while (0)

/* --- files ------------------------------------------------------------------------------------------------------- */

typedef struct {
    uint8_t *data;
    uint32_t bytes;
} file;

static file load(const char *path)
{
    file loaded;
    FILE *stream = fopen(path, "rb");
    if (!stream || fseek(stream, 0, SEEK_END)) exit(2);
    loaded.bytes = (uint32_t)ftell(stream);
    rewind(stream);
    loaded.data = malloc(loaded.bytes);
    if (!loaded.data || fread(loaded.data, 1, loaded.bytes, stream) != loaded.bytes) exit(2);
    fclose(stream);
    return loaded;
}

/* --- flash ------------------------------------------------------------------------------------------------------- */

/* From SOME_BITS on: other bits each time. */
enum { NEVER, BEFORE, FIRST_HALF, SECOND_HALF, AFTER, SOME_BITS, MODES = SOME_BITS + 20 };

typedef struct {
    uint8_t *data;
    uint32_t bytes;
    /* Erases and writes so far; the one at which power fails, and how. */
    long operations, cut_at;
    int mode;
    int dead;
    /* Bytes that will not lose their lowest bit, for a worn-out cell; -1: none. */
    long stuck;
    uint32_t seed;
} chip;

static uint32_t random_bits(chip *c)
{
    c->seed = c->seed * 1664525u + 1013904223u;
    return c->seed >> 8;
}

/* How much of byte i of n takes on its new value. */
static uint8_t torn(chip *c, uint8_t old, uint8_t new, uint32_t i, uint32_t n)
{
    uint8_t mask;
    switch (c->mode) {
    case BEFORE: return old;
    case FIRST_HALF: return i < n / 2 ? new : old;
    case SECOND_HALF: return i < n / 2 ? old : new;
    case AFTER: return new;
    default: mask = (uint8_t)random_bits(c); return (uint8_t)((old & ~mask) | (new & mask));
    }
}

/* Is this the operation during which power fails? */
static int power_fails(chip *c)
{
    CHECK(!c->dead, c->operations, 0);
    return c->operations++ == c->cut_at;
}

static int chip_read(void *context, uint32_t offset, void *to, uint32_t bytes)
{
    chip *c = context;
    CHECK(!c->dead, 0, 0);
    CHECK(offset <= c->bytes && bytes <= c->bytes - offset, offset, bytes);
    memcpy(to, c->data + offset, bytes);
    return 0;
}

static int chip_erase(void *context, uint32_t offset)
{
    chip *c = context;
    const int fails = power_fails(c);
    CHECK(offset % DW_SLOT_SECTOR == 0 && offset < c->bytes, offset, c->bytes);
    for (uint32_t i = 0; i < DW_SLOT_SECTOR; i++) {
        uint8_t *byte = c->data + offset + i;
        *byte = fails ? torn(c, *byte, 0xff, i, DW_SLOT_SECTOR) : 0xff;
    }
    c->dead = fails;
    return fails;
}

static int chip_write(void *context, uint32_t offset, const void *from, uint32_t bytes)
{
    chip *c = context;
    const int fails = power_fails(c);
    CHECK(offset <= c->bytes && bytes <= c->bytes - offset, offset, bytes);
    CHECK(offset % DW_SLOT_UNIT == 0 && bytes % DW_SLOT_UNIT == 0, offset, bytes);
    for (uint32_t i = 0; i < bytes; i++) {
        uint8_t *byte = c->data + offset + i, new = ((const uint8_t *)from)[i];
        CHECK(*byte == 0xff, offset, *byte);
        if (c->stuck == (long)(offset + i)) new |= 1;
        *byte = fails ? torn(c, 0xff, new, i, bytes) : new;
    }
    c->dead = fails;
    return fails;
}

static chip cell;
static const dw_flash flash_template = {chip_read, chip_erase, chip_write, &cell, 0};
static dw_flash flash;

static void power_on(void)
{
    cell.dead = 0;
    cell.cut_at = -1;
    cell.mode = NEVER;
}

/* --- what a board does ------------------------------------------------------------------------------------------- */

static int holds(const dw_slot *slot, const file *model)
{
    return slot->bytes == model->bytes && !memcmp(cell.data + slot->offset, model->data, model->bytes);
}

/* In pieces as a network delivers them: of odd sizes. */
static int update(const file *model)
{
    static const uint32_t sizes[] = {1, 15, 16, 17, 700, 1460, 4096, 5000};
    dw_update running;
    uint32_t sent = 0;
    int error = dw_update_begin(&running, &flash, model->bytes);
    for (int i = 0; !error && sent < model->bytes; i++) {
        const uint32_t left = model->bytes - sent, size = sizes[i % 8], count = size < left ? size : left;
        error = dw_update_write(&running, model->data + sent, count);
        sent += count;
    }
    return error ? error : dw_update_finish(&running, &dw_aot);
}

/* One start of the board: the model that runs, marked as the firmware does. `good`: does a new one pass its first run? */
static int start(dw_slot *slot, int good)
{
    int error = dw_slots_select(&flash, slot);
    if (!error && slot->trial) {
        error = dw_slots_mark(&flash, slot, DW_MARK_TRIED);
        if (!error) error = dw_slots_mark(&flash, slot, good ? DW_MARK_CONFIRMED : DW_MARK_REJECTED);
    }
    return error;
}

static const file *models[3];

/* Which of the models a board that starts now runs; -1: none. */
static int running(void)
{
    dw_slot slot;
    if (dw_slots_select(&flash, &slot)) return -1;
    for (int i = 0; i < 3; i++)
        if (holds(&slot, models[i])) return i;
    fail("a model that nobody wrote", slot.index, slot.bytes);
    return -1;
}

/* --- power cuts -------------------------------------------------------------------------------------------------- */

enum { UPDATE, GOOD_START, BAD_START };

static int act(int action, int model)
{
    dw_slot slot;
    return action == UPDATE ? update(models[model]) : start(&slot, action == GOOD_START);
}

static long cuts;

/* Power fails at every operation of an action, in every way: afterwards the board runs one of two models, and the next
 * update comes through. */
static void cut_everywhere(const uint8_t *before, int action, int model, int old, int new)
{
    for (int mode = BEFORE; mode < MODES; mode++) {
        for (long at = 0;; at++) {
            int now, error;
            power_on();
            memcpy(cell.data, before, cell.bytes);
            cell.operations = 0;
            cell.cut_at = at;
            cell.mode = mode;
            error = act(action, model);
            if (!cell.dead) {
                CHECK(!error, error, at);
                break;
            }
            cuts++;
            power_on();
            now = running();
            CHECK(now == old || now == new, now, at);
            if (old == -1) continue;
            /* Next, two starts of a board that works, and the newest model, from whatever was left. */
            for (int i = 0; i < 2; i++) {
                dw_slot slot;
                CHECK(!start(&slot, 1), at, mode);
                CHECK(running() == old || running() == new, running(), at);
            }
            error = update(models[2]);
            CHECK(!error, error, at);
            CHECK(running() == 2, running(), at);
        }
    }
}

static void keep(uint8_t *into)
{
    memcpy(into, cell.data, cell.bytes);
}

int main(int count, char **paths)
{
    file area, old, new, newer, damaged, wrong, foreign;
    uint8_t *first, *updated, *confirmed;
    dw_slot slot;
    dw_update up;
    if (count != 8) return 2;
    area = load(paths[1]);
    old = load(paths[2]);
    new = load(paths[3]);
    newer = load(paths[4]);
    damaged = load(paths[5]);
    wrong = load(paths[6]);
    foreign = load(paths[7]);
    models[0] = &old;
    models[1] = &new;
    models[2] = &newer;
    cell.bytes = area.bytes;
    cell.data = malloc(area.bytes);
    first = malloc(area.bytes);
    updated = malloc(area.bytes);
    confirmed = malloc(area.bytes);
    if (!cell.data || !first || !updated || !confirmed) return 2;
    cell.stuck = -1;
    cell.seed = 7;
    flash = flash_template;
    flash.bytes = area.bytes;
    power_on();

    /* As flashed: the model of the bundle, which is not on trial. */
    memcpy(cell.data, area.data, area.bytes);
    keep(first);
    CHECK(!dw_slots_select(&flash, &slot), 0, 0);
    CHECK(holds(&slot, &old) && slot.index == 0 && !slot.trial, slot.index, slot.trial);
    cut_everywhere(first, UPDATE, 1, 0, 1);

    /* Updated, not started yet; an update now would overwrite the model to go back to. */
    power_on();
    memcpy(cell.data, first, cell.bytes);
    CHECK(!update(&new), 0, 0);
    CHECK(!dw_slots_select(&flash, &slot) && slot.trial && slot.index == 1, slot.trial, slot.index);
    CHECK(update(&newer) == DW_SLOTS_TRIAL, 0, 0);
    keep(updated);
    cut_everywhere(updated, GOOD_START, 0, 0, 1);
    cut_everywhere(updated, BAD_START, 0, 0, 1);

    /* What is there need not be fetched again, until its slot is being overwritten. */
    power_on();
    memcpy(cell.data, updated, cell.bytes);
    CHECK(dw_slots_known(&flash, old.bytes, old.data, DW_CRC_FROM) == 1 && dw_slots_known(&flash, new.bytes, new.data, DW_CRC_FROM) == 1, 0, 0);
    CHECK(dw_slots_known(&flash, newer.bytes, newer.data, DW_CRC_FROM) == 0, 0, 0);
    CHECK(!start(&slot, 0) && dw_slots_known(&flash, new.bytes, new.data, DW_CRC_FROM) == 1, 0, 0);
    CHECK(!dw_update_begin(&up, &flash, newer.bytes) && dw_slots_known(&flash, new.bytes, new.data, DW_CRC_FROM) == 0, 0, 0);

    /* Started, and cut off before it was confirmed: the old one. */
    power_on();
    memcpy(cell.data, updated, cell.bytes);
    CHECK(!dw_slots_select(&flash, &slot) && !dw_slots_mark(&flash, &slot, DW_MARK_TRIED), 0, 0);
    CHECK(running() == 0, running(), 0);
    keep(confirmed);
    cut_everywhere(confirmed, UPDATE, 1, 0, 1);

    /* A first run that failed: the old one, and the next update replaces what failed. */
    power_on();
    memcpy(cell.data, updated, cell.bytes);
    CHECK(!start(&slot, 0) && running() == 0, running(), 0);
    keep(confirmed);
    cut_everywhere(confirmed, UPDATE, 1, 0, 1);

    /* Confirmed: the new one for good; the next update goes into the first slot. */
    power_on();
    memcpy(cell.data, updated, cell.bytes);
    CHECK(!start(&slot, 1) && running() == 1, running(), 0);
    CHECK(!dw_slots_select(&flash, &slot) && !slot.trial, slot.trial, 0);
    keep(confirmed);
    cut_everywhere(confirmed, UPDATE, 0, 1, 0);
    /* One that is rejected later, by the application. */
    power_on();
    memcpy(cell.data, confirmed, cell.bytes);
    CHECK(!dw_slots_mark(&flash, &slot, DW_MARK_REJECTED) && running() == 0, running(), 0);

    /* Empty flash: no model, then the first one. A model that stands alone is used even if its first run was cut off. */
    power_on();
    memset(cell.data, 0xff, cell.bytes);
    CHECK(dw_slots_select(&flash, &slot) == DW_SLOTS_NONE, 0, 0);
    keep(confirmed);
    cut_everywhere(confirmed, UPDATE, 1, -1, 1);
    power_on();
    memcpy(cell.data, confirmed, cell.bytes);
    CHECK(!update(&new) && !dw_slots_select(&flash, &slot), 0, 0);
    CHECK(!dw_slots_mark(&flash, &slot, DW_MARK_TRIED) && running() == 1, running(), 0);

    /* Rot in the model in use: the other one. In both: none. */
    memcpy(cell.data, updated, cell.bytes);
    cell.data[cell.bytes / 2 + DW_SLOT_MODEL + 100] ^= 4;
    CHECK(running() == 0, running(), 0);
    cell.data[DW_SLOT_MODEL + 100] ^= 4;
    CHECK(running() == -1, running(), 0);

    /* A record with any wrong bit makes no model. */
    for (uint32_t bit = 0; bit < 8 * (DW_SLOT_R_CHECK + 4); bit++) {
        memcpy(cell.data, updated, cell.bytes);
        cell.data[cell.bytes / 2 + bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(running() == 0, running(), bit);
    }

    /* Updates that are refused, and leave the old model. */
    memcpy(cell.data, first, cell.bytes);
    CHECK(update(&damaged) == DW_ERROR_CRC && running() == 0, running(), 0);
    CHECK(update(&wrong) == DW_ERROR_LAYOUT && running() == 0, running(), 0);
    CHECK(update(&foreign) == DW_ERROR_KERNELS && running() == 0, running(), 0);
    CHECK(!dw_slots_select(&flash, &slot) && !slot.trial, slot.trial, 0);
    CHECK(dw_update_begin(&up, &flash, dw_slots_room(&flash) + 1) == DW_SLOTS_SIZE, 0, 0);
    CHECK(dw_update_write(&up, new.data, 1) == DW_SLOTS_CLOSED, 0, 0);
    CHECK(dw_update_finish(&up, &dw_aot) == DW_SLOTS_CLOSED, 0, 0);
    CHECK(!dw_update_begin(&up, &flash, 100) && !dw_update_write(&up, new.data, 99), 0, 0);
    CHECK(dw_update_write(&up, new.data, 2) == DW_SLOTS_LENGTH && running() == 0, running(), 0);
    CHECK(!dw_update_begin(&up, &flash, 100) && !dw_update_write(&up, new.data, 99), 0, 0);
    CHECK(dw_update_finish(&up, &dw_aot) == DW_SLOTS_LENGTH && running() == 0, running(), 0);
    CHECK(!dw_update_begin(&up, &flash, 20) && !dw_update_write(&up, new.data, 20), 0, 0);
    CHECK(dw_update_finish(&up, &dw_aot) == DW_ERROR_LENGTH && running() == 0, running(), 0);

    /* A model and kernels behind it: one file. */
    memcpy(cell.data, first, cell.bytes);
    CHECK(dw_slots_select(&flash, &slot) == DW_OK && slot.model_bytes == old.bytes, slot.model_bytes, old.bytes);
    CHECK(!dw_update_begin(&up, &flash, new.bytes + 9) && !dw_update_write(&up, new.data, new.bytes), 0, 0);
    CHECK(!dw_update_write(&up, "\0asm\1\0\0\0", 9) && !dw_update_finish(&up, &dw_aot), 0, 0);
    CHECK(!dw_slots_select(&flash, &slot) && slot.bytes == new.bytes + 9, slot.bytes, new.bytes);
    CHECK(slot.model_bytes == new.bytes, slot.model_bytes, new.bytes);
    CHECK(dw_slots_known(&flash, new.bytes, new.data, DW_CRC_FROM) == 0, 0, 0);

    /* A cell that does not take its value: found when the file is read back. */
    for (uint32_t i = 0; i < new.bytes; i += 97) {
        if (new.data[i] & 1) continue;
        memcpy(cell.data, first, cell.bytes);
        cell.stuck = (long)(cell.bytes / 2 + DW_SLOT_MODEL + i);
        CHECK(update(&new) == DW_SLOTS_VERIFY && running() == 0, running(), i);
    }
    printf("cuts %ld\n", cuts);
    free(area.data), free(old.data), free(new.data), free(newer.data), free(damaged.data), free(wrong.data), free(foreign.data);
    free(cell.data), free(first), free(updated), free(confirmed);
    return 0;
}
