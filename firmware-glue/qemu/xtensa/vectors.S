/* Where the core begins, and where it goes when it meets something that it cannot do. The linker puts `reset` first. */
#include "core.h"

    .section .reset, "ax"
    .balign 4
    .globl _start
_start:
    j       start

    .section .text.start, "ax"
    .balign 4
start:
    movi    a0, vectors
    wsr     a0, VECBASE
    /* Exceptions go to their vector, and not to that of exceptions inside of exceptions. */
    movi    a0, START_PS
    wsr     a0, PS
    rsync
    movi    a1, __stack
    movi    a0, 0
#if __XTENSA_WINDOWED_ABI__
    /* Below its stack pointer a frame has that of the frame before, in whose place a4..a7 of this one are spilled. */
    addi    a9, a1, -76
    s32i    a1, a9, 0
    addi    a1, a1, -64
    movi    a8, board_main
    /* callx8 a8 */
    .byte   0xe0, 0x08, 0x00
#else
    addi    a1, a1, -16
    movi    a2, board_main
    callx0  a2
#endif

/* What is common to all faults: they end the emulation. */
    .section .text.fault, "ax"
    .balign 4
fault:
    rsr     a4, EXCCAUSE
    movi    a1, __stack
#if __XTENSA_WINDOWED_ABI__
    /* Only this window is in use: WINDOWSTART, register 73, is 1 << WINDOWBASE, register 72. */
    .byte   0x50, 72, 0x03
    ssl     a5
    movi    a6, 1
    sll     a6, a6
    .byte   0x60, 73, 0x13
    movi    a0, START_PS
    wsr     a0, PS
    rsync
    addi    a9, a1, -76
    s32i    a1, a9, 0
    addi    a1, a1, -64
    mov     a10, a4
    movi    a8, board_fault
    .byte   0xe0, 0x08, 0x00
#else
    mov     a2, a4
    movi    a0, board_fault
    callx0  a0
#endif

#if __XTENSA_WINDOWED_ABI__
/* The stack pointer moves (movsp) in a frame whose caller's registers are spilled below it: they are loaded, as when the frame
 * returned, and the instruction is done again. All calls are call8. */
    .section .text.alloca, "ax"
    .balign 4
alloca:
    /* a0 is WINDOWBASE, after the rotation a4; PS.OWB becomes what it is then. */
    .byte   0x00, 72, 0x03
    .byte   0xf0, 0x80, 0x40
    rsr     a2, PS
    extui   a3, a2, 8, 4
    xor     a3, a3, a4
    rsr     a4, EXCSAVE1
    slli    a3, a3, 8
    xor     a2, a2, a3
    wsr     a2, PS
    rsync
    .byte   0xf0, 0x80, 0x40
    j       underflow8
#endif

    .section .vectors, "ax"
    .balign 4096
    .globl vectors
vectors:
#if __XTENSA_WINDOWED_ABI__
/* l32e and s32e at, as, offset; the return from either. */
#define L32E(T, S, OFFSET) .byte T << 4, (16 + OFFSET / 4) << 4 | S, 0x09
#define S32E(T, S, OFFSET) .byte T << 4, (16 + OFFSET / 4) << 4 | S, 0x49
#define RFWO .byte 0x00, 0x34, 0x00
#define RFWU .byte 0x00, 0x35, 0x00
    /* A frame that called with call4, its registers a0..a3. */
    S32E(0, 5, -16)
    S32E(1, 5, -12)
    S32E(2, 5, -8)
    S32E(3, 5, -4)
    RFWO
    .org    vectors + 0x40
    L32E(0, 5, -16)
    L32E(1, 5, -12)
    L32E(2, 5, -8)
    L32E(3, 5, -4)
    RFWU
    /* With call8: a4..a7 besides, below the stack pointer of the frame before. */
    .org    vectors + 0x80
    S32E(0, 9, -16)
    L32E(0, 1, -12)
    S32E(1, 9, -12)
    S32E(2, 9, -8)
    S32E(3, 9, -4)
    S32E(4, 0, -32)
    S32E(5, 0, -28)
    S32E(6, 0, -24)
    S32E(7, 0, -20)
    RFWO
    .org    vectors + 0xc0
underflow8:
    L32E(0, 9, -16)
    L32E(1, 9, -12)
    L32E(2, 9, -8)
    L32E(7, 1, -12)
    L32E(3, 9, -4)
    L32E(4, 7, -32)
    L32E(5, 7, -28)
    L32E(6, 7, -24)
    L32E(7, 7, -20)
    RFWU
#endif
    .org    vectors + KERNEL_VECTOR
    wsr     a0, EXCSAVE1
    rsr     a0, EXCCAUSE
#if __XTENSA_WINDOWED_ABI__
    beqi    a0, CAUSE_ALLOCA, 1f
    j       fault
1:
    j       alloca
#else
    j       fault
#endif
    .org    vectors + USER_VECTOR
    j       fault
    .org    vectors + DOUBLE_VECTOR
    j       fault
