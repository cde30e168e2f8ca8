/* Everything that can go wrong with a net on a board: each case must end in the error that is defined for it, and leave the
 * memory beside the net's alone. Runs under QEMU, and on the host under the sanitizers; exits with 0 if all is as it should. */
#include <string.h>

#include "dw.h"
#include "dw_bytes.h"
#include "dw_crc32.h"
#include "dw_format.h"

#ifdef HOST
#include <stdio.h>
#include <stdlib.h>
#define REGION (256u * 1024)
static void complain(const char *text) { fprintf(stderr, "%s\n", text); }
static void end(int status) { exit(status); }
static void start(void) {}
#else
#include "board.h"
#define REGION (60u * 1024)
static void complain(const char *text) { board_complain(text); }
static void end(int status) { board_exit(status); }
static void start(void) { board_start(); }
#endif

enum { CANARY = 0xa5, MARGIN = 64, MUTANTS = 150, OUTPUT = 16 };

extern const uint8_t model_dw[], model_dw_end[];
#ifdef DW_WASM3
extern const uint8_t kernels_wasm[], kernels_wasm_end[];
#endif

static dw_net net;
static uint64_t region[REGION / 8];

/* The model, one byte of it changed and its CRC made to fit again; or a file that cannot be read from some read on. */
typedef struct {
    uint32_t offset, change, crc, reads, failing_read;
} file_state;
static file_state file;

static int read_changed(void *context, uint32_t offset, void *to, uint32_t bytes)
{
    uint8_t *const copy = (uint8_t *)to;
    (void)context;
    file.reads++;
    if (file.failing_read && file.reads >= file.failing_read) return 1;
    memcpy(to, model_dw + offset, bytes);
    if (!file.change) return 0;
    for (uint32_t i = 0; i < 4; i++) {
        const uint32_t at = DW_H_CRC32 + i;
        if (at >= offset && at < offset + bytes) copy[at - offset] = (uint8_t)(file.crc >> (8 * i));
    }
    if (file.offset >= offset && file.offset < offset + bytes)
        copy[file.offset - offset] = (uint8_t)(copy[file.offset - offset] ^ file.change);
    return 0;
}

static void fail(const char *what, int result)
{
    complain(what);
    complain(dw_error_text(result));
    end(1);
}

static void expect(int ok, const char *what, int result)
{
    if (!ok) fail(what, result);
}

/* Opens with `bytes` of the region, all of which but for these is canaries. */
static int open_with(uint32_t bytes)
{
    const dw_blob blob = {read_changed, NULL, (uint32_t)(model_dw_end - model_dw)};
#ifdef DW_WASM3
    const dw_kernels kernels = {&dw_wasm3, kernels_wasm, (uint32_t)(kernels_wasm_end - kernels_wasm)};
#else
    const dw_kernels kernels = {&dw_aot, NULL, 0};
#endif
    memset(region, CANARY, sizeof region);
    return dw_open(&net, &blob, &kernels, (uint8_t *)region + MARGIN, bytes);
}

static void check_canaries(uint32_t bytes, const char *what)
{
    const uint8_t *const all = (const uint8_t *)region;
    for (uint32_t i = 0; i < sizeof region; i++)
        if ((i < MARGIN || i >= MARGIN + bytes) && all[i] != CANARY) fail(what, 0);
}

static void fill_input(void)
{
    uint32_t bytes;
    uint8_t *const input = dw_input(&net, 0, &bytes);
    for (uint32_t i = 0; i < bytes; i++) input[i] = (uint8_t)(i * 37u);
}

static int infer(void)
{
    fill_input();
    return dw_invoke(&net);
}

static uint8_t expected[OUTPUT];
static uint32_t output_bytes;

static int same_output(void)
{
    return memcmp(dw_output(&net, 0, NULL), expected, output_bytes) == 0;
}

/* Returns the memory that the net took. */
static uint32_t undisturbed(void)
{
    uint32_t first_reads;
    const uint32_t most = (uint32_t)sizeof region - 2 * MARGIN;
    int result = open_with(most);
    expect(!result, "the model does not open", result);
    result = infer();
    expect(!result, "the model does not run", result);
    dw_output(&net, 0, &output_bytes);
    expect(output_bytes <= OUTPUT, "the output is larger than this test expects", 0);
    memcpy(expected, dw_output(&net, 0, NULL), output_bytes);

    /* In slices, as between two visits to a watchdog; and once more from the middle of an inference. */
    fill_input();
    result = dw_begin(&net);
    for (uint32_t ticks = 0; !result && ticks < 3; ticks++) result = dw_tick(&net) > 0 ? 0 : -1;
    expect(!result, "an inference has less than three ticks", result);
    fill_input();
    result = dw_begin(&net);
    expect(!result, "an inference cannot begin in the middle of another", result);
    do result = dw_tick(&net);
    while (result > 0);
    expect(!result && same_output(), "in slices, it gives another output", result);
    expect(dw_tick(&net) == DW_OK, "a tick after the last one is not harmless", result);
    expect(dw_push_rows(&net, expected, 1) == DW_ERROR_ORDER, "rows are taken that were not wanted", 0);
    check_canaries(most, "an inference wrote outside its memory");

    first_reads = net.ram_peak;
    dw_close(&net);
    expect(dw_tick(&net) == DW_ERROR_CLOSED && !dw_output(&net, 0, NULL), "a closed net is not closed", 0);
    return first_reads;
}

static void short_memory(uint32_t needed)
{
    for (uint32_t bytes = 0; bytes < needed; bytes += bytes + 509 < needed ? 509u : needed - bytes == 1 ? 1 : needed - bytes - 1) {
        int result = open_with(bytes);
        expect(result == DW_ERROR_MEMORY, "too little memory is not noticed when the net is opened", result);
        check_canaries(bytes, "a net with too little memory wrote beside it");
        dw_close(&net);
    }
    int result = open_with(needed);
    if (!result) result = infer();
    expect(!result && same_output(), "the memory that it said to need is not enough", result);
    check_canaries(needed, "a net wrote beside its memory");
    dw_close(&net);
}

static void failing_reads(uint32_t needed)
{
    uint32_t reads, opened;
    memset(&file, 0, sizeof file);
    int result = open_with(needed);
    opened = file.reads;
    if (!result) result = infer();
    reads = file.reads;
    expect(!result && reads > opened, "the model does not open", result);
    dw_close(&net);
    for (uint32_t read = 1; read <= reads; read += read < 20 ? 1u : 1u + reads / 60) {
        memset(&file, 0, sizeof file);
        file.failing_read = read;
        result = open_with(needed);
        expect(read > opened ? !result : result == DW_ERROR_READ, "a failing read while opening is not noticed", result);
        if (!result) {
            result = infer();
            expect(result == DW_ERROR_READ || result == DW_ERROR_TRAP, "a failing read is not noticed", result);
            file.failing_read = 0;
            result = infer();
            expect(!result && same_output(), "after a read that failed, the next inference does", result);
        }
        check_canaries(needed, "a net whose reads fail wrote beside its memory");
        dw_close(&net);
    }
    memset(&file, 0, sizeof file);
}

static uint32_t random_number(void)
{
    static uint32_t state = 0x2017u;
    state ^= state << 13;
    state ^= state >> 17;
    return state ^= state << 5;
}

/* A byte changed: without its CRC the file is refused; with it the net refuses, or runs inside its memory. */
static void damaged(uint32_t needed)
{
    const uint32_t bytes = (uint32_t)(model_dw_end - model_dw), most = (uint32_t)sizeof region - 2 * MARGIN;
    int refused = 0;
    for (uint32_t i = 0; i < MUTANTS; i++) {
        uint8_t chunk[64];
        int result;
        /* Half of them in header, ports, tasks and steps. */
        const uint32_t limit = i % 2 ? bytes : u32_at(model_dw + DW_H_STEPS_OFFSET) + 8 * DW_STEP_BYTES;
        memset(&file, 0, sizeof file);
        file.offset = random_number() % (limit < bytes ? limit : bytes);
        file.change = 1u << random_number() % 8;
        file.crc = u32_at(model_dw + DW_H_CRC32);
        result = open_with(needed);
        expect(result < 0 || (file.offset >= DW_H_CRC32 && file.offset < DW_CRC_FROM), "a damaged file opens", result);
        dw_close(&net);

        uint32_t crc = 0;
        for (uint32_t at = DW_CRC_FROM; at < bytes; at += (uint32_t)sizeof chunk) {
            const uint32_t count = bytes - at < sizeof chunk ? bytes - at : (uint32_t)sizeof chunk;
            read_changed(NULL, at, chunk, count);
            crc = dw_crc32(crc, chunk, count);
        }
        file.crc = crc;
        result = open_with(most);
        /* Some headers ask for more tasks than a test has time for. */
        if (!result) {
            uint32_t ticks = 0;
            result = dw_begin(&net);
            while (!result && ticks++ < 2000) {
                result = dw_tick(&net);
                if (result <= 0 || result == DW_WAITING) break;
                result = 0;
            }
        }
        refused += result < 0;
        check_canaries(most, "a damaged file made the net write beside its memory");
        dw_close(&net);
    }
    /* wasm3 checks accesses where they happen: what is wrong and harmless runs. */
    expect(refused > MUTANTS / 10, "hardly any damaged file is refused", 0);
    memset(&file, 0, sizeof file);
}

int main(void)
{
    uint32_t needed;
    start();
    needed = undisturbed();
    short_memory(needed);
    failing_reads(needed);
    damaged(needed);
    end(0);
    return 0;
}
