/* Enrols names in two banks of flash, from which power goes at every fifth byte, another fifth each time: every entry that was there before
 * is there afterwards, and the next one goes in. The file is a vector of VALUES values.
 *
 *   banks FILE      prints how many cuts there were, and how often the other bank came into use
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dw_banks.h"
#include "no_kernels.h"

enum { VALUES = 300, NAMES = 4, BYTES = 2 * DW_SLOT_SECTOR, OPERATIONS = 22, STEPS_OF_ERASE = 61, EVERY = 5 };

static dw_net net;
static uint64_t file[2048], memory[2048];
static uint8_t cells[BYTES];
static uint32_t power;

static int read_flash(void *context, uint32_t offset, void *to, uint32_t bytes)
{
    (void)context;
    memcpy(to, cells + offset, bytes);
    return 0;
}

static int erase_flash(void *context, uint32_t offset)
{
    (void)context;
    for (uint32_t i = 0; i < DW_SLOT_SECTOR; i++) {
        /* Power for an erase lasts in steps. */
        if (i % STEPS_OF_ERASE == 0 && power-- == 0) {
            power = 0;
            return 1;
        }
        cells[offset + i] = 0xff;
    }
    return 0;
}

static int write_flash(void *context, uint32_t offset, const void *from, uint32_t bytes)
{
    (void)context;
    for (uint32_t i = 0; i < bytes; i++) {
        if (power == 0) return 1;
        power--;
        if (cells[offset + i] != 0xff) exit(9);
        cells[offset + i] = ((const uint8_t *)from)[i];
    }
    return 0;
}

static const dw_flash flash = {read_flash, erase_flash, write_flash, NULL, BYTES};

/* Each name looks another way. */
static const int8_t *vector_of(uint32_t name)
{
    static int8_t vector[VALUES];
    memset(vector, 0, sizeof vector);
    vector[7 * name] = 127;
    return vector;
}

static const char *const labels[NAMES] = {"ada", "grace", "edsger", "barbara"};

/* Whether the names of `known` bits are found, under their names. */
static int all_found(dw_banks *banks, uint32_t known)
{
    for (uint32_t name = 0; name < NAMES; name++) {
        dw_name found;
        const int error = dw_match(&net, &banks->store, vector_of(name), &found);
        if (!(known >> name & 1)) continue;
        if (error || strcmp(found.label, labels[name]) || found.similarity < 32000) return 0;
    }
    return 1;
}

int main(int argc, char **argv)
{
    const dw_kernels kernels = {&no_kernels, NULL, 0};
    FILE *input = fopen(argc == 2 ? argv[1] : "", "rb");
    dw_blob blob = {dw_read_memory, file, 0};
    uint32_t known = 0, cuts = 0, turns = 0;
    if (!input) return 1;
    blob.bytes = (uint32_t)fread(file, 1, sizeof file, input);
    fclose(input);
    if (dw_open(&net, &blob, &kernels, memory, sizeof memory)) return 2;
    memset(cells, 0xff, sizeof cells);
    for (uint32_t i = 0; i < OPERATIONS; i++) {
        static uint8_t before[BYTES];
        const uint32_t name = i < NAMES ? i : i * i % NAMES;
        dw_banks banks;
        uint32_t sequence;
        memcpy(before, cells, sizeof cells);
        for (uint32_t cut = i % EVERY;; cut += EVERY) {
            int result;
            memcpy(cells, before, sizeof cells);
            power = UINT32_MAX;
            if (dw_banks_open(&banks, &flash)) return 3;
            sequence = banks.sequence;
            power = cut;
            result = dw_banks_enroll(&banks, &net, labels[name], vector_of(name));
            if (result > 0) break;
            if (result != DW_ERROR_READ) return 4;
            cuts++;
            power = UINT32_MAX;
            if (dw_banks_open(&banks, &flash) || !all_found(&banks, known)) return 5;
            if (dw_banks_enroll(&banks, &net, labels[name], vector_of(name)) <= 0) return 6;
            if (!all_found(&banks, known | 1u << name)) return 7;
        }
        known |= 1u << name;
        turns += banks.sequence != sequence;
        if (dw_banks_open(&banks, &flash) || !all_found(&banks, known)) return 8;
    }
    printf("%u cuts, %u turns\n", (unsigned)cuts, (unsigned)turns);
    return 0;
}
