/* qemu-system-arm -M netduinoplus2: an STM32F405, Cortex-M4. */
#include <semihost.h>

#include "board.h"

/* TIM2 of the STM32F4 (RM0090, 18.4). QEMU clocks it at 1 GHz, and an instruction takes 1 ns under -icount shift=0. */
#define TIM2_CR1 (*(volatile uint32_t *)0x40000000u)
#define TIM2_EGR (*(volatile uint32_t *)0x40000014u)
#define TIM2_CNT (*(volatile uint32_t *)0x40000024u)
#define TIM2_PSC (*(volatile uint32_t *)0x40000028u)
#define TIM2_ARR (*(volatile uint32_t *)0x4000002cu)

/* picolibc's vector table has weak handlers of these names; faults of other kinds escalate to the first. */
void arm_hardfault_isr(void);
void arm_hardfault_isr(void)
{
    board_complain("fault: the core met an instruction or address that it cannot use");
    board_exit(2);
}

void board_start(void)
{
    TIM2_PSC = 0;
    TIM2_ARR = 0xffffffffu;
    TIM2_EGR = 1;
    TIM2_CR1 = 1;
}

uint32_t board_instructions(void)
{
    return TIM2_CNT;
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
