/* Differences of the two emulated cores: dc233c has register windows, lx106 has none. */
#ifndef CORE_H
#define CORE_H

#if __XTENSA_WINDOWED_ABI__
/* Window overflow enabled. */
#define START_PS 0x40000
#define KERNEL_VECTOR 0x300
#define USER_VECTOR 0x340
#define DOUBLE_VECTOR 0x3c0
#define CAUSE_ALLOCA 5
#else
#define START_PS 0
#define KERNEL_VECTOR 0x30
#define USER_VECTOR 0x50
#define DOUBLE_VECTOR 0x70
#endif

#endif
