/* qemu-system-riscv32 -M virt -cpu lowrisc-ibex: the instruction set of an ESP32-C3. */
#include <semihost.h>

#include "board.h"

__attribute__((interrupt, aligned(4))) static void trap(void)
{
    board_complain("trap: the core met an instruction or address that it cannot use");
    board_exit(2);
}

void board_start(void)
{
    __asm__ volatile(".option push\n .option arch, +zicsr\n csrw mtvec, %0\n .option pop" : : "r"(&trap));
}

/* minstret: exact with -icount. */
uint32_t board_instructions(void)
{
    uint32_t count;
    __asm__ volatile(".option push\n .option arch, +zicsr\n csrr %0, minstret\n .option pop" : "=r"(count));
    return count;
}

void board_complain(const char *text)
{
    sys_semihost_write0(text);
    sys_semihost_write0("\n");
}

void board_exit(int status)
{
    sys_semihost_exit_extended((uintptr_t)status);
}
