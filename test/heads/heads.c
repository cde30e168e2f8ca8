/* Reads answers from outputs that are written by the host: on this machine and on emulated cores.
 *
 *   inputs: u32 bytes of a .dw file, the file, u32 records, the records; again and again. A record is the bytes of all outputs.
 *   outputs, i32: of each file what dw_open returned; of each of its records how many answers there are, or the error, and these:
 *   boxes (class, score, x, y, width, height), values of a vector, or a place (cell, score, latitude, longitude, km).
 */
#include <string.h>

#include "dw.h"
#include "dw_bytes.h"
#include "no_kernels.h"
#include "dw_format.h"

#ifdef HOST
#include <stdio.h>
#include <stdlib.h>

static FILE *inputs, *outputs;

static void open_files(int argc, char **argv)
{
    inputs = argc == 3 ? fopen(argv[1], "rb") : NULL;
    outputs = argc == 3 ? fopen(argv[2], "wb") : NULL;
    if (!inputs || !outputs) exit(1);
}

static int read_bytes(void *to, uint32_t bytes)
{
    return fread(to, 1, bytes, inputs) == bytes;
}

static void write_bytes(const void *from, uint32_t bytes)
{
    if (fwrite(from, 1, bytes, outputs) != bytes) exit(1);
}

static void end(void)
{
    fclose(outputs);
    exit(0);
}
#else
#include <semihost.h>

#include "board.h"

static int inputs, outputs;
static uint32_t left;

static void open_files(void)
{
    board_start();
    inputs = sys_semihost_open("inputs", SH_OPEN_R_B);
    outputs = sys_semihost_open("outputs", SH_OPEN_W_B);
    if (inputs < 0 || outputs < 0) board_exit(1);
    left = (uint32_t)sys_semihost_flen(inputs);
}

static int read_bytes(void *to, uint32_t bytes)
{
    if (bytes > left) return 0;
    left -= bytes;
    return sys_semihost_read(inputs, to, bytes) == 0;
}

static void write_bytes(const void *from, uint32_t bytes)
{
    if (sys_semihost_write(outputs, from, bytes) != 0) board_exit(1);
}

static void end(void)
{
    sys_semihost_close(outputs);
    board_exit(0);
}
#endif

enum { MOST_FILE = 40 * 1024, MOST_MEMORY = 32 * 1024, MOST_FOUND = 256, MOST_VECTOR = 512 };

static dw_net net;
static uint64_t file[MOST_FILE / 8], memory[MOST_MEMORY / 8];

static uint32_t read_u32(void)
{
    uint8_t bytes[4] = {0, 0, 0, 0};
    read_bytes(bytes, 4);
    return u32_at(bytes);
}

static void answer_boxes(void)
{
    static dw_detection found[MOST_FOUND];
    const int32_t count = dw_detect(&net, found, MOST_FOUND);
    write_bytes(&count, 4);
    for (int32_t i = 0; i < count; i++) write_bytes(&found[i], sizeof found[i]);
}

static void answer_vector(void)
{
    static int8_t vector[MOST_VECTOR];
    const int32_t count = dw_embed(&net, vector, MOST_VECTOR);
    write_bytes(&count, 4);
    for (int32_t i = 0; i < count; i++) {
        const int32_t value = vector[i];
        write_bytes(&value, 4);
    }
}

static void answer_place(void)
{
    dw_place place;
    const int32_t error = dw_locate(&net, &place), count = error == DW_ERROR_NONE ? 0 : error ? error : 1;
    write_bytes(&count, 4);
    if (count == 1) write_bytes(&place, sizeof place);
}

static void answer(uint32_t kind)
{
    if (kind == DW_HEAD_EMBED) answer_vector();
    else if (kind == DW_HEAD_LOCATE) answer_place();
    else answer_boxes();
}

#ifdef HOST
int main(int argc, char **argv)
{
    open_files(argc, argv);
#else
int main(void)
{
    open_files();
#endif
    for (;;) {
        const dw_kernels kernels = {&no_kernels, NULL, 0};
        dw_blob blob = {dw_read_memory, file, 0};
        int32_t error;
        blob.bytes = read_u32();
        if (blob.bytes == 0 || blob.bytes > sizeof file || !read_bytes(file, blob.bytes)) end();
        error = dw_open(&net, &blob, &kernels, memory, sizeof memory);
        write_bytes(&error, 4);
        for (uint32_t records = read_u32(); records > 0; records--) {
            for (uint32_t i = 0; i < net.output_count; i++) {
                uint32_t bytes;
                uint8_t *const output = dw_output(&net, i, &bytes);
                read_bytes(output, bytes);
            }
            answer(u32_at((const uint8_t *)file + net.head_offset + DW_D_KIND));
        }
    }
}
