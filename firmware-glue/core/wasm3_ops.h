/* Ops of wasm3 in fewer machine instructions than m3_exec.h has them: loads, stores, and the entry of a function. They do
 * what the originals do. Bounds are compared in 32 bits instead of 64, and words are loaded as such on cores that cannot
 * load them from any address (wasm may, but hardly ever does). Compiled in the place of m3_exec.h's by the names at the end.
 *
 * Linear memory must never be shorter than 8 bytes (dw_wasm3.c sees to it). */
#ifndef WASM3_OPS_H
#define WASM3_OPS_H

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "linear memory is little-endian"
#endif

/* Is [at, at + bytes) inside linear memory, at being the sum of an address and this offset? */
#define DW_INSIDE(AT, OFFSET, BYTES) M3_LIKELY((AT) >= (OFFSET) && (AT) <= (u32)_mem->length - (u32)(BYTES))

#if defined(__riscv) || defined(__ARM_ARCH_6M__) || defined(__XTENSA__)
#define DW_ALIGNMENT(TYPE) (sizeof(TYPE) < 4 ? sizeof(TYPE) : 4)
#define DW_IS_ALIGNED(TYPE, POINTER) M3_LIKELY(((uintptr_t)(POINTER) & (DW_ALIGNMENT(TYPE) - 1)) == 0)
#else
#define DW_ALIGNMENT(TYPE) 1
#define DW_IS_ALIGNED(TYPE, POINTER) 1
#endif

/* Otherwise gcc makes one unaligned access of the two. */
#define DW_FORGET(POINTER) __asm__("" : "+r"(POINTER))

#define DW_MEMORY_TYPE(TYPE)                                                                                           \
    typedef TYPE dw_aligned_##TYPE __attribute__((aligned(DW_ALIGNMENT(TYPE)), may_alias));                            \
    typedef TYPE dw_unaligned_##TYPE __attribute__((aligned(1), may_alias));                                           \
    static inline TYPE dw_load_##TYPE(const u8 *from)                                                                  \
    {                                                                                                                  \
        if (DW_IS_ALIGNED(TYPE, from)) return *(const dw_aligned_##TYPE *)(const void *)from;                          \
        DW_FORGET(from);                                                                                               \
        return *(const dw_unaligned_##TYPE *)(const void *)from;                                                       \
    }                                                                                                                  \
    static inline void dw_store_##TYPE(u8 *to, TYPE value)                                                             \
    {                                                                                                                  \
        if (DW_IS_ALIGNED(TYPE, to)) {                                                                                 \
            *(dw_aligned_##TYPE *)(void *)to = value;                                                                  \
            return;                                                                                                    \
        }                                                                                                              \
        DW_FORGET(to);                                                                                                 \
        *(dw_unaligned_##TYPE *)(void *)to = value;                                                                    \
    }

DW_MEMORY_TYPE(i8)
DW_MEMORY_TYPE(u8)
DW_MEMORY_TYPE(i16)
DW_MEMORY_TYPE(u16)
DW_MEMORY_TYPE(i32)
DW_MEMORY_TYPE(u32)
DW_MEMORY_TYPE(i64)

/* The address comes from the register (r) or from a slot (s). */
#define DW_LOAD_FROM(NAME, ADDRESS, REGISTER_TYPE, TYPE)                                                               \
    d_m3Op(NAME)                                                                                                       \
    {                                                                                                                  \
        const u32 address = ADDRESS;                                                                                   \
        const u32 offset = immediate(u32);                                                                             \
        const u32 at = address + offset;                                                                               \
        if (DW_INSIDE(at, offset, sizeof(TYPE))) {                                                                     \
            _r0 = (REGISTER_TYPE)dw_load_##TYPE(m3MemData(_mem) + at);                                                 \
            nextOp();                                                                                                  \
        }                                                                                                              \
        return m3Err_trapOutOfBoundsMemoryAccess;                                                                      \
    }
#define DW_LOAD(REGISTER_TYPE, TYPE)                                                                                   \
    DW_LOAD_FROM(dw_##REGISTER_TYPE##_Load_##TYPE##_r, (u32)_r0, REGISTER_TYPE, TYPE)                                  \
    DW_LOAD_FROM(dw_##REGISTER_TYPE##_Load_##TYPE##_s, slot(u32), REGISTER_TYPE, TYPE)

DW_LOAD(i32, i8)
DW_LOAD(i32, u8)
DW_LOAD(i32, i16)
DW_LOAD(i32, u16)
DW_LOAD(i32, i32)
DW_LOAD(i64, i8)
DW_LOAD(i64, u8)
DW_LOAD(i64, i16)
DW_LOAD(i64, u16)
DW_LOAD(i64, i32)
DW_LOAD(i64, u32)
DW_LOAD(i64, i64)

/* The value comes from the register and the address from a slot (rs), or the other way (sr), or both from slots (ss); the
 * value's slot stands first in the code. */
#define DW_STORE_FROM(NAME, VALUE, ADDRESS, TYPE)                                                                      \
    d_m3Op(NAME)                                                                                                       \
    {                                                                                                                  \
        const TYPE value = (TYPE)VALUE;                                                                                \
        const u32 address = ADDRESS;                                                                                   \
        const u32 offset = immediate(u32);                                                                             \
        const u32 at = address + offset;                                                                               \
        if (DW_INSIDE(at, offset, sizeof(TYPE))) {                                                                     \
            dw_store_##TYPE(m3MemData(_mem) + at, value);                                                              \
            nextOp();                                                                                                  \
        }                                                                                                              \
        return m3Err_trapOutOfBoundsMemoryAccess;                                                                      \
    }
#define DW_STORE(REGISTER_TYPE, TYPE)                                                                                  \
    DW_STORE_FROM(dw_##REGISTER_TYPE##_Store_##TYPE##_rs, _r0, slot(u32), TYPE)                                        \
    DW_STORE_FROM(dw_##REGISTER_TYPE##_Store_##TYPE##_sr, slot(REGISTER_TYPE), (u32)_r0, TYPE)                         \
    DW_STORE_FROM(dw_##REGISTER_TYPE##_Store_##TYPE##_ss, slot(REGISTER_TYPE), slot(u32), TYPE)

DW_STORE(i32, u8)
DW_STORE(i32, i16)
DW_STORE(i32, i32)
DW_STORE(i64, u8)
DW_STORE(i64, i16)
DW_STORE(i64, i32)
DW_STORE(i64, i64)

#if DW_IN_REGISTERS
/* gcc would move both halves to another pair of registers first. */
d_m3Op(dw_SetSlot_i64)
{
    u32 *const to = slot_ptr(u32);
    to[0] = (u32)_r0;
    to[1] = (u32)((u64)_r0 >> 32);
    nextOp();
}
#define op_SetSlot_i64 op_dw_SetSlot_i64
#endif

d_m3Op(dw_Entry)
{
    const IM3Function function = immediate(IM3Function);
    const IM3Memory memory = m3MemInfo(_mem);
    /* _sp is in bytes here, maxStackSlots in slots. */
    m3slot_t *const frame = (m3slot_t *)(void *)_sp;
    u8 *locals;
    m3ret_t result;
    _r0 = 0;
    if (M3_UNLIKELY((void *)(frame + function->maxStackSlots) >= _mem->maxStack)) return m3Err_trapStackOverflow;
    locals = (u8 *)(frame + function->numRetAndArgSlots);
    memset(locals, 0, function->numLocalBytes);
    if (function->constants) memcpy(locals + function->numLocalBytes, function->constants, function->numConstantBytes);
#if DW_RETURNS
    (void)memory, (void)result;
    nextOp();
#else
    result = nextOpImpl();
    if (M3_UNLIKELY(result)) _mem = memory->mallocated;
    return result;
#endif
}

#if DW_RETURNS
/* A loop that goes on jumps behind the op that began it, and is held by nobody. */
d_m3Op(dw_Loop)
{
    nextOp();
}

d_m3Op(dw_ContinueLoop)
{
    jumpOp(*_pc);
}

d_m3Op(dw_ContinueLoopIf)
{
    const i32 condition = (i32)_r0;
    const pc_t loop = immediate(pc_t);
    if (!condition) nextOp();
    jumpOp(loop);
}
#define op_Loop op_dw_Loop
#define op_ContinueLoop op_dw_ContinueLoop
#define op_ContinueLoopIf op_dw_ContinueLoopIf
#endif

/* The names by which m3_compile.c finds them. */
#define op_Entry op_dw_Entry
#define op_i32_Load_i8_r op_dw_i32_Load_i8_r
#define op_i32_Load_i8_s op_dw_i32_Load_i8_s
#define op_i32_Load_u8_r op_dw_i32_Load_u8_r
#define op_i32_Load_u8_s op_dw_i32_Load_u8_s
#define op_i32_Load_i16_r op_dw_i32_Load_i16_r
#define op_i32_Load_i16_s op_dw_i32_Load_i16_s
#define op_i32_Load_u16_r op_dw_i32_Load_u16_r
#define op_i32_Load_u16_s op_dw_i32_Load_u16_s
#define op_i32_Load_i32_r op_dw_i32_Load_i32_r
#define op_i32_Load_i32_s op_dw_i32_Load_i32_s
#define op_i64_Load_i8_r op_dw_i64_Load_i8_r
#define op_i64_Load_i8_s op_dw_i64_Load_i8_s
#define op_i64_Load_u8_r op_dw_i64_Load_u8_r
#define op_i64_Load_u8_s op_dw_i64_Load_u8_s
#define op_i64_Load_i16_r op_dw_i64_Load_i16_r
#define op_i64_Load_i16_s op_dw_i64_Load_i16_s
#define op_i64_Load_u16_r op_dw_i64_Load_u16_r
#define op_i64_Load_u16_s op_dw_i64_Load_u16_s
#define op_i64_Load_i32_r op_dw_i64_Load_i32_r
#define op_i64_Load_i32_s op_dw_i64_Load_i32_s
#define op_i64_Load_u32_r op_dw_i64_Load_u32_r
#define op_i64_Load_u32_s op_dw_i64_Load_u32_s
#define op_i64_Load_i64_r op_dw_i64_Load_i64_r
#define op_i64_Load_i64_s op_dw_i64_Load_i64_s
#define op_i32_Store_u8_rs op_dw_i32_Store_u8_rs
#define op_i32_Store_u8_sr op_dw_i32_Store_u8_sr
#define op_i32_Store_u8_ss op_dw_i32_Store_u8_ss
#define op_i32_Store_i16_rs op_dw_i32_Store_i16_rs
#define op_i32_Store_i16_sr op_dw_i32_Store_i16_sr
#define op_i32_Store_i16_ss op_dw_i32_Store_i16_ss
#define op_i32_Store_i32_rs op_dw_i32_Store_i32_rs
#define op_i32_Store_i32_sr op_dw_i32_Store_i32_sr
#define op_i32_Store_i32_ss op_dw_i32_Store_i32_ss
#define op_i64_Store_u8_rs op_dw_i64_Store_u8_rs
#define op_i64_Store_u8_sr op_dw_i64_Store_u8_sr
#define op_i64_Store_u8_ss op_dw_i64_Store_u8_ss
#define op_i64_Store_i16_rs op_dw_i64_Store_i16_rs
#define op_i64_Store_i16_sr op_dw_i64_Store_i16_sr
#define op_i64_Store_i16_ss op_dw_i64_Store_i16_ss
#define op_i64_Store_i32_rs op_dw_i64_Store_i32_rs
#define op_i64_Store_i32_sr op_dw_i64_Store_i32_sr
#define op_i64_Store_i32_ss op_dw_i64_Store_i32_ss
#define op_i64_Store_i64_rs op_dw_i64_Store_i64_rs
#define op_i64_Store_i64_sr op_dw_i64_Store_i64_sr
#define op_i64_Store_i64_ss op_dw_i64_Store_i64_ss

#endif
