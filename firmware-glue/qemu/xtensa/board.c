/* qemu-system-xtensa -M sim: dc233c, windowed as an ESP32 is, or lx106, the core of an ESP8266. */
#include "../board.h"

#include <string.h>

#include "semihost.h"

int main(void);

/* Symbols of the linker script. */
extern uint8_t __data_source[], __data_start[], __data_end[], __bss_start[], __bss_end[];

/* Calls of the simulator. */
enum { SIM_EXIT = 1, SIM_READ = 3, SIM_WRITE = 4, SIM_OPEN = 5, SIM_CLOSE = 6, SIM_SEEK = 19 };
enum { SEEK_FROM_START = 0, SEEK_FROM_END = 2, STDERR = 2 };

static int simulator(int number, intptr_t a, intptr_t b, intptr_t c)
{
    register intptr_t a2 __asm__("a2") = number;
    register intptr_t a3 __asm__("a3") = a;
    register intptr_t a4 __asm__("a4") = b;
    register intptr_t a5 __asm__("a5") = c;
    __asm__ volatile("simcall" : "+r"(a2), "+r"(a3) : "r"(a4), "r"(a5) : "memory");
    return (int)a2;
}

/* CCOUNT counts clocks of an emulated time in which every instruction takes as long (icount in src/qemu/cores.ts): 2.56 each, on
 * either core. So the nearest number of instructions is exact, wherever in a clock the counting began. */
static uint32_t last_count;
static uint64_t clocks;

void board_start(void)
{
    last_count = 0;
    clocks = 0;
    board_instructions();
    clocks = 0;
}

/* To be asked before CCOUNT comes round: every 1.6 thousand million instructions. */
uint32_t board_instructions(void)
{
    uint32_t count;
    __asm__ volatile("rsr %0, CCOUNT" : "=r"(count));
    clocks += count - last_count;
    last_count = count;
    return (uint32_t)((clocks * 25 + 32) >> 6);
}

void board_complain(const char *text)
{
    simulator(SIM_WRITE, STDERR, (intptr_t)text, (intptr_t)strlen(text));
    simulator(SIM_WRITE, STDERR, (intptr_t) "\n", 1);
}

void board_exit(int status)
{
    for (;;) simulator(SIM_EXIT, status, 0, 0);
}

_Noreturn void board_main(void);
_Noreturn void board_main(void)
{
    memcpy(__data_start, __data_source, (size_t)(__data_end - __data_start));
    memset(__bss_start, 0, (size_t)(__bss_end - __bss_start));
    board_exit(main());
}

/* EXCCAUSE. */
_Noreturn void board_fault(uint32_t cause);
_Noreturn void board_fault(uint32_t cause)
{
    (void)cause;
    board_complain("exception: the core met an instruction or address that it cannot use");
    board_exit(2);
}

int sys_semihost_open(const char *path, int flags)
{
    return simulator(SIM_OPEN, (intptr_t)path, flags, 0644);
}

int sys_semihost_close(int file)
{
    return simulator(SIM_CLOSE, file, 0, 0);
}

uintptr_t sys_semihost_read(int file, void *buffer, uintptr_t bytes)
{
    const int done = simulator(SIM_READ, file, (intptr_t)buffer, (intptr_t)bytes);
    return done < 0 ? bytes : bytes - (uintptr_t)done;
}

uintptr_t sys_semihost_write(int file, const void *buffer, uintptr_t bytes)
{
    const int done = simulator(SIM_WRITE, file, (intptr_t)buffer, (intptr_t)bytes);
    return done < 0 ? bytes : bytes - (uintptr_t)done;
}

int sys_semihost_seek(int file, uintptr_t offset)
{
    return simulator(SIM_SEEK, file, (intptr_t)offset, SEEK_FROM_START) < 0 ? -1 : 0;
}

uintptr_t sys_semihost_flen(int file)
{
    return (uintptr_t)simulator(SIM_SEEK, file, 0, SEEK_FROM_END);
}
