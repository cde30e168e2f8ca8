/* The firmware that runs under QEMU: opens the model in flash, runs it on every record of the file `inputs`, writes `outputs`
 * and, in lines of "name value", `report`. Files are the emulator's (semihosting), and so are not part of what is counted:
 * instructions are those of dw_open, and of dw_begin to the last tick. */
#include <semihost.h>
#include <string.h>

#include "board.h"
#include "dw.h"
#include "dw_bytes.h"
#include "dw_format.h"

extern const uint8_t model_dw[], model_dw_end[];
#ifdef DW_WASM3
extern const uint8_t kernels_wasm[], kernels_wasm_end[];
#endif

/* Symbols of picolibc's linker script; __flash is given on the command line. */
extern uint8_t __flash[], __data_source_end[], __data_start[], __heap_start[], __heap_end[], __stack[];

static dw_net net;
static int inputs, outputs, report;

/* Never a value that code leaves behind on the stack by chance: checked where the stack ends, searched for above. */
static const uint32_t PAINT = 0xc5a3961eu;

__attribute__((noinline)) static void paint_stack(void)
{
    const uint32_t *const here = (const uint32_t *)__builtin_frame_address(0) - 32;
    for (uint32_t *at = (uint32_t *)__heap_end; at < here; at++) *(volatile uint32_t *)at = PAINT;
}

static uint32_t stack_bytes(void)
{
    const uint32_t *at = (const uint32_t *)__heap_end;
    while (*at == PAINT) at++;
    return (uint32_t)(__stack - (const uint8_t *)at);
}

static void line(const char *name, uint64_t value);

static void fail(const char *what, int error)
{
    board_complain(what);
    if (error) {
        board_complain(dw_error_text(error));
        if (net.detail) board_complain(net.detail);
        line("error", (uint64_t)-error);
    }
    sys_semihost_close(report);
    board_exit(1);
}

static void check_stack(void)
{
    if (*(const uint32_t *)__heap_end != PAINT) fail("the stack overflowed", 0);
}

static void write_file(int file, const void *bytes, uint32_t count)
{
    if (sys_semihost_write(file, bytes, count) != 0) fail("a file cannot be written", 0);
}

static void line(const char *name, uint64_t value)
{
    char text[24];
    uint32_t at = sizeof text;
    text[--at] = '\n';
    do text[--at] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    text[--at] = ' ';
    write_file(report, name, (uint32_t)strlen(name));
    write_file(report, text + at, (uint32_t)sizeof text - at);
}

static void read_file(uint32_t offset, uint8_t *to, uint32_t bytes)
{
    if (sys_semihost_seek(inputs, offset) != 0 || sys_semihost_read(inputs, to, bytes) != 0)
        fail("a file cannot be read", 0);
}

static uint32_t port_field(uint32_t index, uint32_t field)
{
    return u32_at(model_dw + u32_at(model_dw + DW_H_PORTS_OFFSET) + index * DW_PORT_BYTES + field);
}

/* One inference on the record at this offset of `inputs`, where the bytes of its inputs stand one behind the other.
 * Rows that are pushed pass through `row`. Returns its instructions. */
static uint64_t infer(uint32_t offset, uint8_t *row)
{
    const uint32_t row_bytes = port_field(0, DW_P_ROW_BYTES);
    const uint32_t rows = row_bytes ? port_field(0, DW_P_BYTES) / row_bytes : 0;
    uint64_t count = 0;
    uint32_t start, at = offset;
    int result;
    for (uint32_t i = 0; i < net.input_count; i++) {
        const uint32_t bytes = port_field(i, DW_P_BYTES);
        if (i > 0 || !rows) read_file(at, dw_input(&net, i, NULL), bytes);
        at += bytes;
    }
    start = board_instructions();
    result = rows ? dw_begin(&net) : dw_invoke(&net);
    for (uint32_t i = 0; i < rows && result >= 0; i++) {
        count += board_instructions() - start;
        read_file(offset + i * row_bytes, row, row_bytes);
        start = board_instructions();
        result = dw_push_rows(&net, row, 1);
    }
    count += board_instructions() - start;
    if (result) fail("the inference failed", result);
    check_stack();
    return count;
}

static uint32_t record_bytes(void)
{
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < net.input_count; i++) bytes += port_field(i, DW_P_BYTES);
    return bytes;
}

static void write_outputs(void)
{
    for (uint32_t i = 0; i < net.output_count; i++) {
        uint32_t bytes;
        const uint8_t *output = dw_output(&net, i, &bytes);
        write_file(outputs, output, bytes);
    }
}

int main(void)
{
    const dw_blob blob = {dw_read_memory, (void *)(uintptr_t)model_dw, (uint32_t)(model_dw_end - model_dw)};
#ifdef DW_WASM3
    const dw_kernels kernels = {&dw_wasm3, kernels_wasm, (uint32_t)(kernels_wasm_end - kernels_wasm)};
#else
    const dw_kernels kernels = {&dw_aot, NULL, 0};
#endif
    /* A row that is pushed comes from outside the net's memory. */
    const uint32_t row_bytes = port_field(0, DW_P_ROW_BYTES);
    uint8_t *const row = __heap_end - row_bytes;
    uint32_t before;
    int error;
    board_start();
    paint_stack();
    inputs = sys_semihost_open("inputs", SH_OPEN_R_B);
    outputs = sys_semihost_open("outputs", SH_OPEN_W_B);
    report = sys_semihost_open("report", SH_OPEN_W_B);
    if (inputs < 0 || outputs < 0 || report < 0) fail("a file cannot be opened", 0);

    if (row < __heap_start) fail("the row of a camera does not fit", DW_ERROR_MEMORY);
    before = board_instructions();
    error = dw_open(&net, &blob, &kernels, __heap_start, (uint32_t)(row - __heap_start));
    line("open_instructions", board_instructions() - before);
    if (error) fail("the model cannot be opened", error);

    /* The first record once more than the others: what happens only once is not what an inference costs. */
    line("first_instructions", infer(0, row));
    for (uint32_t at = 0; at < (uint32_t)sys_semihost_flen(inputs); at += record_bytes()) {
        line("instructions", infer(at, row));
        write_outputs();
    }
    line("code_bytes", (uint32_t)(__data_source_end - __flash) - blob.bytes);
    line("static_bytes", (uint32_t)(__heap_start - __data_start));
    line("heap_bytes", net.ram_peak + row_bytes);
    line("stack_bytes", stack_bytes());
    line("linear_memory_bytes", net.memory_bytes);
    line("streamed_bytes", net.streamed_bytes);
#ifdef DW_WASM3
    line("compiled_code_bytes", dw_wasm3_code_bytes(&net));
#endif
    sys_semihost_close(report);
    sys_semihost_close(outputs);
    board_exit(0);
}
