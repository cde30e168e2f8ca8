/* Counts every op that wasm3 dispatches, without touching wasm3's sources: sim_compile.c and sim_env.c include this file
 * before wasm3's. It includes wasm3_dispatch.h, whose include guard then keeps the dispatch macros from being defined
 * again, and replaces them.
 *
 * Three ways lead from one op to the next:
 *   nextOpDirect, jumpOpDirect   tail calls: the last thing an op does
 *   nextOpImpl                   an ordinary call from inside op_Loop and op_Entry, which go on after it returns
 *   RunCode, Call                the first op of a function, from the host or from op_Call and op_CallIndirect
 *
 * Native depth. A machine without tail calls (Xtensa) keeps the frame of every op whose successor has not returned: the
 * depth is the number of those frames. Each dispatch adds one. They go away when an op returns instead of
 * dispatching: a back-edge returns to its op_Loop, whose next iteration starts one deeper than op_Loop itself; the end of
 * a function, a host import and a trap return to the Call or RunCode that started it. Leaving a loop forwards does not
 * return: what follows stays on top of the loop's frames. So the depth has to be saved and restored only around
 * the calls that return (sim_nested), and the maximum is reached just before one of them does. Not counted are
 * the frames of the C functions between two ops (RunCode, Call, the import itself).
 *
 * op_Compile stands where a call site meets a function for the first time; it compiles the function, rewrites itself to
 * op_Call and runs that. The pair counts as one op, so that the first inference counts what every later one does.
 *
 * Calls. op_dw_Entry, the first op of a function, has the function as its operand: which functions an inference needs
 * decides how much code is compiled. */
#ifndef SIM_COUNT_H
#define SIM_COUNT_H

#include "wasm3_dispatch.h"

#include "m3_env.h"

/* In a wasm32 build a function pointer is an index into the module's function table, which is this small. */
#define SIM_KINDS 1024
#define SIM_FUNCTIONS 128

struct sim_counters {
    /* Ops dispatched, by op function. */
    u64 kinds[SIM_KINDS];
    /* Op frames that a machine without tail calls holds now, and at most so far. */
    u32 depth, max_depth;
    /* Calls by index of the function in its module. */
    u32 calls[SIM_FUNCTIONS];
    /* Ops of the frames that are gone; with depth, all ops since the counters were reset. */
    u64 returned;
    /* No inference may execute more ops than this. */
    u64 limit;
};

extern struct sim_counters sim;
extern const char sim_limit_exceeded[];

static inline IM3Operation sim_hit(pc_t pc)
{
    IM3Operation op = (IM3Operation)*pc;
    sim.kinds[(uintptr_t)op]++;
    sim.depth++;
    return op;
}

/* A dispatch that returns here. Every loop and every call passes through, so the limit is checked here only. */
static inline m3ret_t sim_nested(d_m3OpSig)
{
    const u32 depth = sim.depth;
    m3ret_t result = sim_hit(_pc)(_pc + 1, d_m3OpArgs);
    if (sim.depth > sim.max_depth) sim.max_depth = sim.depth;
    sim.returned += sim.depth - depth;
    sim.depth = depth;
    return sim.returned + depth > sim.limit ? (m3ret_t)sim_limit_exceeded : result;
}

static inline void sim_entered(IM3Function function)
{
    const size_t index = (size_t)(function - function->module->functions);
    if (index < SIM_FUNCTIONS) sim.calls[index]++;
}

#define SIM_INSIDE(FUNCTION) (__builtin_strcmp(__func__, FUNCTION) == 0)

#undef nextOpImpl
#undef jumpOpImpl
#undef nextOpDirect
#undef jumpOpDirect

#define nextOpImpl()                                                                                                   \
    (SIM_INSIDE("op_dw_Entry") ? sim_entered(((const IM3Function *)_pc)[-1]) : (void)0, sim_nested(d_m3OpAllArgs))

#define nextOpDirect()                                                                                                 \
    do {                                                                                                               \
        if (SIM_INSIDE("m3_call")) return sim_nested(d_m3OpAllArgs);                                                      \
        if (SIM_INSIDE("op_Compile")) M3_MUSTTAIL return ((IM3Operation)*_pc)(_pc + 1, d_m3OpArgs);                    \
        M3_MUSTTAIL return sim_hit(_pc)(_pc + 1, d_m3OpArgs);                                                          \
    } while (0)

#define jumpOpDirect(PC)                                                                                               \
    do {                                                                                                               \
        const pc_t sim_pc = (pc_t)(PC);                                                                                \
        M3_MUSTTAIL return sim_hit(sim_pc)(sim_pc + 1, d_m3OpArgs);                                                    \
    } while (0)

#undef RunCode
#define RunCode(PC, SP, MEMORY, REGISTER) sim_nested(PC, (m3stack_t)(SP), REGISTER, MEMORY)

#endif
