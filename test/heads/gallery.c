/* Enrols and matches vectors in a store in memory, from which power goes where the file says so.
 *
 *   gallery INPUTS OUTPUTS
 *   INPUTS: u32 bytes of a .dw file, the file, u32 bytes of the store; then operations: u32 kind (0 enrol, 1 match), u32 bytes that may be
 *   written, 32 bytes of a name, a vector. OUTPUTS: of each operation its result, i32; of a match the name and, i32, the similarity; at last the store.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dw.h"
#include "dw_bytes.h"
#include "no_kernels.h"

enum { MOST_BYTES = 64 * 1024, MOST_VECTOR = 512 };

static dw_net net;
static uint64_t file[MOST_BYTES / 8], memory[MOST_BYTES / 8];
static uint8_t bytes[MOST_BYTES];
static uint32_t budget;

static int read_store(void *context, uint32_t offset, void *to, uint32_t count)
{
    memcpy(to, (uint8_t *)context + offset, count);
    return 0;
}

/* Flash: bits only ever become 0. */
static int write_store(void *context, uint32_t offset, const void *from, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (budget == 0) return 1;
        budget--;
        ((uint8_t *)context)[offset + i] &= ((const uint8_t *)from)[i];
    }
    return 0;
}

static uint32_t read_u32(FILE *inputs, int *end)
{
    uint8_t word[4] = {0, 0, 0, 0};
    if (fread(word, 1, 4, inputs) != 4) *end = 1;
    return u32_at(word);
}

int main(int argc, char **argv)
{
    const dw_kernels kernels = {&no_kernels, NULL, 0};
    FILE *inputs = fopen(argc == 3 ? argv[1] : "", "rb"), *outputs = fopen(argc == 3 ? argv[2] : "", "wb");
    dw_blob blob = {dw_read_memory, file, 0};
    dw_store store = {read_store, write_store, bytes, 0};
    int end = 0;
    uint32_t values;
    if (!inputs || !outputs) return 1;
    blob.bytes = read_u32(inputs, &end);
    if (blob.bytes > sizeof file || fread(file, 1, blob.bytes, inputs) != blob.bytes) return 1;
    if (dw_open(&net, &blob, &kernels, memory, sizeof memory)) return 1;
    dw_output(&net, 0, &values);
    store.bytes = read_u32(inputs, &end);
    if (store.bytes > sizeof bytes || values > MOST_VECTOR) return 1;
    memset(bytes, 0xff, sizeof bytes);
    for (;;) {
        const uint32_t kind = read_u32(inputs, &end);
        char label[32];
        int8_t vector[MOST_VECTOR];
        dw_name name;
        int32_t result;
        budget = read_u32(inputs, &end);
        if (end || fread(label, 1, sizeof label, inputs) != sizeof label || fread(vector, 1, values, inputs) != values) break;
        result = kind == 0 ? dw_enroll(&net, &store, label, vector) : dw_match(&net, &store, vector, &name);
        fwrite(&result, 1, 4, outputs);
        if (kind != 1) continue;
        for (size_t i = strlen(name.label); i < sizeof name.label; i++) name.label[i] = 0;
        fwrite(name.label, 1, sizeof name.label, outputs);
        fwrite(&name.similarity, 1, 4, outputs);
    }
    fwrite(bytes, 1, store.bytes, outputs);
    return fclose(outputs) != 0;
}
