/* How one op of wasm3 leads to the next: takes the place of wasm3's m3_exec_defs.h, which its include guard keeps
 * out. The same ops, in fewer machine instructions:
 *
 *   - Slots are addressed by bytes, so that no op has to multiply a slot's number by four: wasm3_compile.c emits bytes.
 *   - On Cortex-M3 and later, gcc keeps program counter, stack and memory in three registers that it uses for nothing else in
 *     the files that include this one. As arguments they would fill the registers that an op may use without saving them, and
 *     each op would save others. Functions of these files leave the three as they found them, as every function has to, but for
 *     ops; dw_run_code, by which ops are called, puts them back.
 *   - On Xtensa, where gcc cannot jump from one function to another, an op returns where to go on, and a loop calls that: an op
 *     that called the next one would hold its frame on the stack, and a register window, until the function ends.
 *   - Elsewhere the register comes third and the memory last: where four words are passed in registers, a 64-bit argument is
 *     only in an even pair, and in wasm3's order the register, which every op uses, would go through the stack. */
#ifndef m3_exec_defs_h
#define m3_exec_defs_h

/* gcc -flto refuses to link them: compile these files with -fno-lto, or define this as 0. */
#ifndef DW_IN_REGISTERS
#if defined(__thumb2__) && defined(__GNUC__) && !defined(__clang__)
#define DW_IN_REGISTERS 1
#else
#define DW_IN_REGISTERS 0
#endif
#endif

#ifndef DW_RETURNS
#ifdef __XTENSA__
#define DW_RETURNS 1
#else
#define DW_RETURNS 0
#endif
#endif

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

#define d_m3OpDefaultArgs 0
#define d_m3ClearRegisters _r0 = 0;
#define d_m3RetSig static inline m3ret_t vectorcall
#if !DW_RETURNS
#define d_m3Op(NAME) M3_NO_UBSAN d_m3RetSig op_##NAME(d_m3OpSig)
#endif

#if DW_RETURNS

/* Result of an op: the code after it, stack and register, in the four registers in which it was given them; or, where the
 * function ends or traps, no code and, in the place of the stack, nothing or the trap. A struct of the same words would have
 * its place on the stack. */
typedef uint32_t dw_next __attribute__((vector_size(16)));
typedef dw_next (*IM3Operation)(pc_t pc, m3stack_t sp, m3reg_t r0, M3MemoryHeader *mem);

#define DW_NEXT(PC, SP, R0) (dw_next){(uint32_t)(PC), (uint32_t)(SP), (uint32_t)(R0), (uint32_t)((uint64_t)(R0) >> 32)}
#define DW_NEXT_PC(NEXT) ((pc_t)(NEXT)[0])
#define DW_NEXT_SP(NEXT) ((m3stack_t)(NEXT)[1])
#define DW_NEXT_R0(NEXT) ((m3reg_t)((uint64_t)(NEXT)[3] << 32 | (NEXT)[2]))

/* The body is what wasm3 writes behind the name. Inlined, it works on the arguments of the op itself. */
#define d_m3Op(NAME)                                                                                  \
    static inline __attribute__((always_inline)) m3ret_t dw_body_##NAME(d_m3OpSig);                   \
    static inline dw_next op_##NAME(pc_t pc, m3stack_t sp, m3reg_t r0, M3MemoryHeader *mem)           \
    {                                                                                                 \
        bool on = false;                                                                              \
        const m3ret_t result = dw_body_##NAME(&pc, sp, &r0, mem, &on);                                \
        if (on) return DW_NEXT(pc, sp, r0);                                                           \
        return DW_NEXT(NULL, result, r0);                                                             \
    }                                                                                                 \
    static inline __attribute__((always_inline)) m3ret_t dw_body_##NAME(d_m3OpSig)
#define d_m3OpSig pc_t *dw_pc, m3stack_t _sp, m3reg_t *dw_r0, M3MemoryHeader *_mem, bool *dw_on
#define _pc (*dw_pc)
#define _r0 (*dw_r0)

#define nextOpDirect() return (*dw_on = true, m3Err_none)
#define jumpOpDirect(PC) return (_pc = (pc_t)(PC), *dw_on = true, m3Err_none)

/* Runs code up to the end of its function. */
static m3ret_t dw_run_code(pc_t pc, m3stack_t sp, m3reg_t r0, M3MemoryHeader *mem)
{
    dw_next next = DW_NEXT(pc, sp, r0);
    do next = ((IM3Operation)*DW_NEXT_PC(next))(DW_NEXT_PC(next) + 1, DW_NEXT_SP(next), DW_NEXT_R0(next), mem);
    while (next[0]);
    return (m3ret_t)DW_NEXT_SP(next);
}
#define nextOpImpl() dw_run_code(_pc, _sp, _r0, _mem)

#elif DW_IN_REGISTERS

register pc_t _pc __asm__("r4");
register m3stack_t _sp __asm__("r5");
register M3MemoryHeader *_mem __asm__("r6");
#define d_m3OpSig m3reg_t _r0
typedef m3ret_t (*IM3Operation)(d_m3OpSig);

#define nextOpDirect() jumpOpDirect(_pc)
#define jumpOpDirect(PC)                                \
    do {                                                \
        const pc_t dw_pc = (pc_t)(PC);                  \
        _pc = dw_pc + 1;                                \
        return ((IM3Operation)*dw_pc)(_r0);             \
    } while (0)

/* Runs code that returns here. */
static inline m3ret_t dw_nested(pc_t pc, m3stack_t sp, m3reg_t r0)
{
    const pc_t own_pc = _pc;
    const m3stack_t own_sp = _sp;
    m3ret_t result;
    _pc = pc + 1;
    _sp = sp;
    result = ((IM3Operation)*pc)(r0);
    _pc = own_pc;
    _sp = own_sp;
    return result;
}
#define nextOpImpl() dw_nested(_pc, _sp, _r0)

/* For code that is not an op. */
static inline m3ret_t dw_run_code(pc_t pc, m3stack_t sp, m3reg_t r0, M3MemoryHeader *mem)
{
    M3MemoryHeader *const own_mem = _mem;
    m3ret_t result;
    _mem = mem;
    result = dw_nested(pc, sp, r0);
    _mem = own_mem;
    return result;
}

#else

#define d_m3OpSig pc_t _pc, m3stack_t _sp, m3reg_t _r0, M3MemoryHeader *_mem
#define d_m3OpArgs _sp, _r0, _mem
#define d_m3OpAllArgs _pc, _sp, _r0, _mem
typedef m3ret_t (vectorcall *IM3Operation)(d_m3OpSig);

#define nextOpImpl() ((IM3Operation)(*_pc))(_pc + 1, d_m3OpArgs)
#define jumpOpImpl(PC) ((IM3Operation)(*(PC)))((PC) + 1, d_m3OpArgs)
#define nextOpDirect() M3_MUSTTAIL return nextOpImpl()
#define jumpOpDirect(PC) M3_MUSTTAIL return jumpOpImpl((pc_t)(PC))

d_m3RetSig dw_run_code(d_m3OpSig)
{
    nextOpDirect();
}

#endif

/* wasm3 calls it in its own order. */
#define RunCode(PC, SP, MEMORY, REGISTER) dw_run_code(PC, (m3stack_t)(SP), REGISTER, MEMORY)

#endif
