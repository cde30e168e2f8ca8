/* How one op of wasm3 jumps to the next: takes the place of wasm3's m3_exec_defs.h, which its include guard keeps
 * out. The same ops, in fewer machine instructions:
 *
 *   - Slots are addressed by bytes, so that no op has to multiply a slot's number by four: wasm3_compile.c emits bytes.
 *   - The register comes third and the memory last. Cortex-M passes four words in registers and a 64-bit argument only in
 *     an even pair: in wasm3's order the register, which every op uses, would go through the stack. */
#ifndef m3_exec_defs_h
#define m3_exec_defs_h

/* A byte address where wasm3 has one of slots. */
#define m3stack_t m3_slots_t
#include "m3_core.h"
#undef m3stack_t
typedef u8 *m3stack_t;

#define m3MemData(MEMORY) ((u8 *)((M3MemoryHeader *)(MEMORY) + 1))
#define m3MemRuntime(MEMORY) (((M3MemoryHeader *)(MEMORY))->runtime)
#define m3MemInfo(MEMORY) (&m3MemRuntime(MEMORY)->memory)

#if d_m3HasFloat
#error "the kernels have no floating point, and this header no register for it"
#endif
#define d_m3OpSig pc_t _pc, m3stack_t _sp, m3reg_t _r0, M3MemoryHeader *_mem
#define d_m3OpArgs _sp, _r0, _mem
#define d_m3OpAllArgs _pc, _sp, _r0, _mem
#define d_m3OpDefaultArgs 0
#define d_m3ClearRegisters _r0 = 0;

typedef m3ret_t (vectorcall *IM3Operation)(d_m3OpSig);

#define d_m3RetSig static inline m3ret_t vectorcall
#define d_m3Op(NAME) M3_NO_UBSAN d_m3RetSig op_##NAME(d_m3OpSig)

#define nextOpImpl() ((IM3Operation)(*_pc))(_pc + 1, d_m3OpArgs)
#define jumpOpImpl(PC) ((IM3Operation)(*(PC)))((PC) + 1, d_m3OpArgs)
#define nextOpDirect() M3_MUSTTAIL return nextOpImpl()
#define jumpOpDirect(PC) M3_MUSTTAIL return jumpOpImpl((pc_t)(PC))

d_m3RetSig dw_run_code(d_m3OpSig)
{
    nextOpDirect();
}

/* wasm3 calls it in its own order. */
#define RunCode(PC, SP, MEMORY, REGISTER) dw_run_code(PC, (m3stack_t)(SP), REGISTER, MEMORY)

#endif
