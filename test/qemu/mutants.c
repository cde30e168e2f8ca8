/* Opens one .dw file after the other with dw_aot, and runs those that open. Each has linear memory of exactly the bytes it
 * asks for, so that a sanitizer sees the first byte beside it that is touched.
 *
 *   mutants FILES OUTPUTS [KINDS]     FILES, OUTPUTS: u32 length and bytes, again and again
 *
 * Prints the result of each file: dw_open's, or that of the inference. OUTPUTS has the outputs of those that ran. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dw.h"
#include "dw_bytes.h"
#include "dw_format.h"

/* More than any of the test's models needs. */
#define MOST_MEMORY 0x4000000u

/* Reads fail from this one on; 0: never. */
static uint32_t reads, failing_read;

static int read_file(void *context, uint32_t offset, void *to, uint32_t bytes)
{
    if (failing_read && ++reads >= failing_read) return 1;
    return dw_read_memory(context, offset, to, bytes);
}

static uint32_t field(const uint8_t *file, uint32_t bytes, uint32_t at)
{
    return at + 4 <= bytes ? u32_at(file + at) : 0;
}

/* Input values depend on nothing but their place. */
static uint8_t pixel(uint32_t at)
{
    return (uint8_t)(at * 73u ^ at >> 5);
}

static int run(dw_net *net)
{
    uint32_t bytes, at = 0;
    int result;
    for (uint32_t i = 0; i < net->input_count; i++) {
        uint8_t *input = dw_input(net, i, &bytes);
        if (!input) continue;
        for (uint32_t j = 0; j < bytes; j++) input[j] = pixel(j);
    }
    result = dw_begin(net);
    while (!result) {
        uint8_t *row;
        result = dw_tick(net);
        if (result != DW_WAITING) {
            if (result <= 0) return result;
            result = 0;
            continue;
        }
        row = (uint8_t *)malloc(net->row_bytes);
        for (uint32_t j = 0; j < net->row_bytes; j++) row[j] = pixel(at++);
        result = dw_push_row(net, row);
        free(row);
    }
    return result;
}

static int attempt(const uint8_t *file, uint32_t bytes, FILE *outputs)
{
    const dw_blob blob = {read_file, (void *)(uintptr_t)file, bytes};
    const dw_kernels kernels = {&dw_aot, NULL, 0};
    uint32_t memory_bytes = field(file, bytes, DW_H_MEMORY_BYTES);
    void *memory;
    dw_net net;
    int result;
    if (memory_bytes > MOST_MEMORY) memory_bytes = MOST_MEMORY;
    memory = malloc(memory_bytes ? memory_bytes : 1);
    result = dw_open(&net, &blob, &kernels, memory, memory_bytes);
    if (!result) {
        result = run(&net);
        for (uint32_t i = 0; !result && i < net.output_count; i++) {
            uint32_t count;
            const uint8_t *output = dw_output(&net, i, &count);
            if (!output) return DW_ERROR_READ;
            fwrite(&count, sizeof count, 1, outputs);
            fwrite(output, 1, count, outputs);
        }
        dw_close(&net);
    }
    free(memory);
    return result;
}

int main(int count, char **arguments)
{
    FILE *files, *outputs;
    uint32_t bytes;
    if (count < 3) return 2;
    files = fopen(arguments[1], "rb");
    outputs = fopen(arguments[2], "wb");
    if (count > 3) failing_read = (uint32_t)strtoul(arguments[3], NULL, 10);
    if (!files || !outputs) return 2;
    while (fread(&bytes, sizeof bytes, 1, files) == 1) {
        uint8_t *file = (uint8_t *)malloc(bytes ? bytes : 1);
        if (fread(file, 1, bytes, files) != bytes) return 2;
        reads = 0;
        printf("%d\n", attempt(file, bytes, outputs));
        free(file);
    }
    fclose(files);
    return fclose(outputs) ? 2 : 0;
}
