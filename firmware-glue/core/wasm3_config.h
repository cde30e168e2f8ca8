/* Settings of wasm3 for microcontrollers, for every C file of wasm3 and of this folder (compile with
 * -include wasm3_config.h). The simulator uses the same ones, so what fits there fits on a board. */
#ifndef DW_WASM3_CONFIG_H
#define DW_WASM3_CONFIG_H

/* Values on the compile-time stack of one function: its locals, constants and temporaries. */
#define d_m3MaxFunctionStackHeight 256
/* Constants of one function that are operands instead of ops. */
#define d_m3MaxConstantTableSize 64
/* RAM for compiled code comes in pages of this many bytes. */
#define d_m3CodePageAlignSize 1024
/* The kernels are integer only; this halves the interpreter's flash. */
#define d_m3HasFloat 0
#define d_m3Use32BitSlots 1
#define d_m3CascadedOpcodes 0
#define d_m3VerboseErrorMessages 0

#endif
