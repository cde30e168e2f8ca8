/* The classes of a model that has chosen one, from an output that the host wrote: a .dw file and the bytes of its output; what
 * dw_top finds, `index score` a line, and its name. */
#include <stdio.h>
#include <stdlib.h>

#include "dw.h"
#include "no_kernels.h"

enum { MOST = 1 << 16 };

static uint64_t file[MOST / 8], memory[MOST / 8];

static uint32_t read_file(const char *name, void *to)
{
    FILE *const from = fopen(name, "rb");
    const size_t bytes = from ? fread(to, 1, MOST, from) : 0;
    if (bytes == 0) exit(1);
    fclose(from);
    return (uint32_t)bytes;
}

int main(int argc, char **argv)
{
    static dw_net net;
    static uint8_t values[MOST];
    const dw_kernels kernels = {&no_kernels, NULL, 0};
    dw_blob blob = {dw_read_memory, file, 0};
    dw_class classes[3];
    uint32_t bytes;
    char name[16];
    if (argc != 3) return 1;
    blob.bytes = read_file(argv[1], file);
    if (dw_open(&net, &blob, &kernels, memory, sizeof memory) != DW_OK) return 2;
    uint8_t *const output = dw_output(&net, 0, &bytes);
    if (read_file(argv[2], values) != bytes) return 3;
    for (uint32_t i = 0; i < bytes; i++) output[i] = values[i];
    const int found = dw_top(&net, 0, classes, 3);
    if (dw_top(&net, 0, classes, 0) != 0) return 4;
    for (int i = 0; i < found; i++) {
        if (dw_label(&net, classes[i].index, name, sizeof name) != DW_OK) name[0] = 0;
        printf("%u %g %s\n", (unsigned)classes[i].index, (double)classes[i].score, name);
    }
    return 0;
}
