/* Settings of wasm3 for microcontrollers, for every C file of wasm3 and for dw_wasm3.c: compile them with
 * -include wasm3_config.h. The simulator uses the same ones, so what fits there fits on a board. */
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

/* wasm3 allocates in the memory that dw_open was given (dw_wasm3.c). m3_core.c is the only file that allocates; it knows
 * the old size as i_oldSize. */
#include <stdlib.h>
void *dw_wasm3_allocate(size_t bytes);
void *dw_wasm3_reallocate(void *block, size_t bytes, size_t old_bytes);
void dw_wasm3_free(void *block);
#define calloc(BYTES, ONE) dw_wasm3_allocate(BYTES)
#define realloc(BLOCK, BYTES) dw_wasm3_reallocate(BLOCK, BYTES, i_oldSize)
#define free(BLOCK) dw_wasm3_free(BLOCK)

#endif
