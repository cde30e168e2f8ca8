/* setjmp and longjmp. */
#if __XTENSA_WINDOWED_ABI__
/* A frame that is left by longjmp gives its window back as if it returned, one after the other up to the one that called
 * setjmp: its own registers are there again, or are loaded by the exception of the last return. */
    .section .bss.jump_target, "aw", @nobits
    .balign 4
jump_target:
    .space  8

    .section .text.setjmp, "ax"
    .balign 4
    .globl  setjmp
setjmp:
    entry   sp, 32
    addi    a3, a1, 32
    s32i    a3, a2, 0
    s32i    a0, a2, 4
    movi    a2, 0
    retw

    .balign 4
    .globl  longjmp
longjmp:
    entry   sp, 32
    movi    a8, jump_target
    s32i    a2, a8, 0
    /* 1 where it is 0. */
    bnez    a3, 1f
    movi    a3, 1
1:
    s32i    a3, a8, 4
    /* In every frame: a8 and on are for callees. The upper two bits of an address say how large the window is. */
unwind:
    movi    a8, jump_target
    l32i    a9, a8, 0
    l32i    a10, a9, 0
    beq     a10, a1, 2f
    extui   a11, a0, 30, 2
    slli    a11, a11, 30
    movi    a12, unwind
    slli    a12, a12, 2
    srli    a12, a12, 2
    or      a0, a11, a12
    retw
2:
    l32i    a11, a9, 4
    l32i    a10, a8, 4
    /* The address of this region, in place of the window's size. */
    slli    a11, a11, 2
    srli    a11, a11, 2
    movi    a12, unwind
    srli    a12, a12, 30
    slli    a12, a12, 30
    or      a11, a11, a12
    jx      a11
#else
    .section .text.setjmp, "ax"
    .balign 4
    .globl  setjmp
setjmp:
    s32i    a0, a2, 0
    s32i    a1, a2, 4
    s32i    a12, a2, 8
    s32i    a13, a2, 12
    s32i    a14, a2, 16
    s32i    a15, a2, 20
    movi    a2, 0
    ret

    .balign 4
    .globl  longjmp
longjmp:
    l32i    a0, a2, 0
    l32i    a1, a2, 4
    l32i    a12, a2, 8
    l32i    a13, a2, 12
    l32i    a14, a2, 16
    l32i    a15, a2, 20
    movi    a2, 1
    movnez  a2, a3, a3
    ret
#endif
