/* The emulated board beyond C: a counter, and semihosting (picolibc). */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

void board_start(void);

/* Instructions executed, modulo 2^32. */
uint32_t board_instructions(void);

/* Ends the emulation. 0 is success. */
_Noreturn void board_exit(int status);

/* Writes one line about what went wrong to the emulator's stderr. */
void board_complain(const char *text);

#endif
