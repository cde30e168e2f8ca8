/* wasm3's compiler and its ops (m3_compile.c, m3_exec.h), some of them in fewer machine instructions. */
#include "wasm3_dispatch.h"

#define M3_COMPILE_OPCODES
#include "dw_wasm3_calls.h"

/* Words of code are numbers as they are, or slots, the only signed ones, which become bytes (wasm3_dispatch.h). */
#define EmitWord32(PAGE, WORD) (EmitWord32)(PAGE, (u32)(WORD) * ((WORD) * 0 - 1 < 0 ? (u32)sizeof(m3slot_t) : 1u))

/* m3_exec.h defines this function, and calls it in the order of arguments that m3_exec_defs.h has. */
#define DW_PICK(A, B, C, D, NAME, ...) NAME
#define Call(FIRST, ...) DW_PICK(0, ##__VA_ARGS__, DW_CALL, 0, 0, DW_DEFINE)(FIRST, ##__VA_ARGS__)
#define DW_DEFINE(...) m3_call(__VA_ARGS__)
#if DW_IN_REGISTERS
#define DW_CALL(PC, SP, MEMORY, REGISTER) dw_nested(PC, SP, REGISTER)
#elif DW_RETURNS
#define DW_CALL(PC, SP, MEMORY, REGISTER) dw_run_code(PC, SP, REGISTER, MEMORY)
#else
#define DW_CALL(PC, SP, MEMORY, REGISTER) m3_call(PC, SP, REGISTER, MEMORY)
#endif
/* It would ask a function of the host before every call whether to stop. */
#define m3_Yield() m3Err_none

/* Ops allocate nothing: what is called has been compiled (dw_wasm3_calls.c), and linear memory stays as large as it is. */
static const char dw_not_compiled[] = "the kernels call a function that they did not name when they were opened";
#define CompileFunction(FUNCTION) dw_not_compiled
#define ResizeMemory(RUNTIME, PAGES) m3Err_wasmMemoryOverflow

#include "m3_exec.h"

#undef CompileFunction
#undef ResizeMemory

#include "wasm3_ops.h"

/* Asked for in calls alone. */
#define Module_GetFunction(MODULE, INDEX) dw_wasm3_called(o->runtime, (Module_GetFunction)(MODULE, INDEX))

#include "m3_compile.inc"
