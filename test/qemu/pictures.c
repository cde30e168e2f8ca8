/* Frames to inputs, case by case, from the file `inputs` to the file `outputs` (test/pictures/cases.ts has their records).
 * Under QEMU files are the emulator's, and instructions are counted; on this machine (HOST) both lie in the working folder. */
#include <string.h>

#include "dw_bytes.h"
#include "dw_format.h"
#include "dw_picture.h"

#ifdef HOST
#include <stdio.h>
#include <stdlib.h>

static FILE *inputs, *outputs;

static void start(void)
{
    inputs = fopen("inputs", "rb");
    outputs = fopen("outputs", "wb");
}

static uint32_t instructions(void)
{
    return 0;
}

static void stop(int status)
{
    fclose(outputs);
    exit(status);
}

static int read_file(void *to, uint32_t bytes)
{
    return fread(to, 1, bytes, inputs) == bytes;
}

static void write_file(const void *from, uint32_t bytes)
{
    fwrite(from, 1, bytes, outputs);
}
#else
#include <semihost.h>

#include "board.h"

static int inputs, outputs;

static void start(void)
{
    board_start();
    inputs = sys_semihost_open("inputs", SH_OPEN_R_B);
    outputs = sys_semihost_open("outputs", SH_OPEN_W_B);
}

static uint32_t instructions(void)
{
    return board_instructions();
}

static void stop(int status)
{
    sys_semihost_close(outputs);
    board_exit(status);
}

static int read_file(void *to, uint32_t bytes)
{
    return sys_semihost_read(inputs, to, bytes) == 0;
}

static void write_file(const void *from, uint32_t bytes)
{
    sys_semihost_write(outputs, from, bytes);
}
#endif

/* Words of a case in front of its rows: frame, port, box. */
enum { WIDTH, HEIGHT, FORMAT, FIT, BOX, PORT = BOX + 4, WORDS = PORT + DW_PORT_BYTES / 4 };

/* The longest row of a frame, and the largest scratch: those that the cases need. */
static uint8_t row[40000], line[4000];
static uint32_t scratch[DW_PICTURE_BYTES(1200, 3) / 4 + 1];

static void fail(int32_t code)
{
    write_file(&code, 4);
    stop(1);
}

/* Takes what there is, and compares what stands behind the scratch. */
static uint32_t take(dw_picture *picture, uint32_t bytes)
{
    uint32_t count = 0;
    for (;;) {
        const uint32_t before = instructions();
        const int taken = dw_picture_take(picture, line);
        count += instructions() - before;
        if (!taken) return count;
        write_file(line, bytes);
    }
}

static void run(uint32_t *words)
{
    static dw_picture picture;
    const dw_net net = {.blob = {dw_read_memory, words + PORT, DW_PORT_BYTES}, .backend = (const dw_backend *)words};
    const dw_frame frame = {(uint16_t)words[WIDTH], (uint16_t)words[HEIGHT], (uint8_t)words[FORMAT], (uint8_t)words[FIT]};
    const uint32_t width = words[PORT + DW_P_SHAPE / 4 + 2], channels = words[PORT + DW_P_SHAPE / 4 + 3];
    const uint32_t bytes = dw_frame_row_bytes(&frame), room = DW_PICTURE_BYTES(width, channels);
    int32_t box[4];
    uint32_t count = 0;
    if (bytes > sizeof row || room > sizeof scratch - 4 || width * channels > sizeof line) fail(-100);
    if (dw_picture_open(&picture, &net, &frame, scratch, room - 1) != DW_ERROR_MEMORY) fail(-101);
    scratch[room / 4] = 0xc5a3961eu;
    int error = dw_picture_open(&picture, &net, &frame, scratch, room);
    if (error) fail(error);
    count -= instructions();
    dw_picture_begin(&picture);
    count += instructions();
    for (uint32_t y = 0; y < frame.height; y++) {
        if (!read_file(row, bytes)) fail(-102);
        count -= instructions();
        error = dw_picture_put(&picture, row);
        count += instructions();
        if (error) fail(error);
        /* Nothing of the row is needed any more. */
        memset(row, 0xa5, bytes);
        count += take(&picture, width * channels);
    }
    if (dw_picture_put(&picture, row) != DW_ERROR_ORDER) fail(-103);
    if (scratch[room / 4] != 0xc5a3961eu) fail(-104);
    memcpy(box, words + BOX, sizeof box);
    dw_picture_to_frame(&picture.fit, box);
    write_file(box, sizeof box);
    write_file(&count, 4);
}

int main(void)
{
    static uint32_t words[WORDS];
    start();
    while (read_file(words, sizeof words)) run(words);
    stop(0);
}
