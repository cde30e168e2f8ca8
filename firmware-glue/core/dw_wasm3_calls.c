/* wasm3 would compile a function when it is called for the first time. Here all that an inference calls is compiled while the
 * net is opened, and nothing else: compiled code is RAM. What is called is found by following the calls of what has been
 * compiled, but for calls that the steps of the file do not make: the module says which (src/format/calls.ts). */
#include "dw_wasm3_calls.h"

#include <string.h>

#include "dw_bytes.h"
#include "dw_format.h"

typedef struct {
    uint8_t condition;
    uint32_t kinds;
    uint8_t field;
    uint32_t mask;
    uint8_t set;
} call_rule;

static const call_rule RULES[] = {DW_CALL_RULES};

enum { RULE_COUNT = sizeof RULES / sizeof *RULES, CUSTOM = 0 };

/* Contents of a custom section. */
typedef struct {
    const uint8_t *at;
    uint32_t bytes;
} section;

/* The module's custom section of that name, its length in front; without bytes where it has none. The module has been parsed. */
static section find_section(IM3Module module, const char *name, size_t length)
{
    section found = {NULL, 0};
    const uint8_t *at = module->wasmStart + 8, *const end = module->wasmEnd;
    while (at < end && !found.at) {
        const uint8_t id = *at++;
        uint32_t bytes;
        if (ReadLEB_u32(&bytes, &at, end) || bytes > (size_t)(end - at)) break;
        if (id == CUSTOM && bytes >= length && !memcmp(at, name, length)) {
            found.at = at + length;
            found.bytes = bytes - (uint32_t)length;
        }
        at += bytes;
    }
    return found;
}

#define FIND_SECTION(MODULE, NAME) find_section(MODULE, NAME, sizeof(NAME) - 1)

/* The kinds that the module has kernels for, 1 << KIND_* each. */
static uint32_t kinds_of(IM3Module module)
{
    const section kinds = FIND_SECTION(module, DW_KINDS_SECTION);
    return kinds.bytes == sizeof(uint32_t) ? u32_at(kinds.at) : DW_SMALL_KINDS;
}

/* The conditions, 1 << number, that a step of this kind fulfils. */
static uint64_t fulfilled_by(uint32_t kind, const uint8_t *record)
{
    uint64_t conditions = 0;
    for (uint32_t i = 0; i < RULE_COUNT; i++) {
        const call_rule *rule = &RULES[i];
        const uint32_t value = rule->field < DW_S_KIND ? u16_at(record + rule->field) : u32_at(record + rule->field);
        if (rule->kinds >> kind & 1u && ((value & rule->mask) != 0) == rule->set)
            conditions |= (uint64_t)1 << rule->condition;
    }
    return conditions;
}

/* *conditions: those that some step of the file fulfils, and those that are not known here. All steps are of these kinds. The
 * record is not to stand on the stack while functions are compiled. */
static M3_NOINLINE int fulfilled(dw_net *net, uint32_t kinds, uint64_t *conditions)
{
    uint8_t record[DW_STEP_BYTES], offset[4];
    uint64_t known = 0;
    for (uint32_t i = 0; i < RULE_COUNT; i++) known |= (uint64_t)1 << RULES[i].condition;
    *conditions = ~known;
    memset(record, 0, sizeof record);
    if (net->row_bytes) *conditions |= fulfilled_by(0, record);
    if (dw_read_blob(net, DW_H_STEPS_OFFSET, offset, sizeof offset)) return DW_ERROR_READ;
    for (uint32_t i = 0; i < net->step_count; i++) {
        if (dw_read_blob(net, u32_at(offset) + i * DW_STEP_BYTES, record, sizeof record)) return DW_ERROR_READ;
        const uint32_t kind = u32_at(record + DW_S_KIND);
        if (!has_kind(kinds, kind)) {
            if (!has_kind(DW_ALL_KINDS, kind)) return DW_ERROR_KIND;
            net->detail = "the model has a kind of step whose kernel it lacks";
            return DW_ERROR_KERNELS;
        }
        *conditions |= fulfilled_by(kind, record);
    }
    return DW_OK;
}

/* While functions are compiled, linear memory has a byte for each: whether it is called. */
IM3Function dw_wasm3_called(IM3Runtime runtime, IM3Function function)
{
    dw_net *const net = (dw_net *)runtime->userdata;
    /* Expressions that begin globals run elsewhere, and before there is a memory. */
    if (net && net->memory && function) net->memory[function - function->module->functions] = 1;
    return function;
}

static const char *find_export(IM3Runtime runtime, const char *name, void **function)
{
    IM3Function found = NULL;
    M3Result error = m3_FindFunction(&found, runtime, name);
    if (error) return error;
    if (m3_GetArgCount(found) != 0 || m3_GetRetCount(found) != 1 || m3_GetRetType(found, 0) != c_m3Type_i32)
        return "begin, tick and push must be () -> i32";
    *function = found;
    return NULL;
}

/* Compiles what is called, and is not in `calls` under another condition than these. */
static const char *compile_called(dw_net *net, IM3Module module, section calls, uint64_t conditions)
{
    uint32_t compiled;
    do {
        compiled = 0;
        for (uint32_t i = 0; i < module->numFunctions; i++) {
            IM3Function function = &module->functions[i];
            const uint32_t condition = i < calls.bytes ? calls.at[i] : 0;
            M3Result error;
            if (!net->memory[i] || function->compiled || (condition < 64 && !(conditions >> condition & 1u))) continue;
            error = CompileFunction(function);
            if (error) return error;
            compiled++;
        }
    } while (compiled);
    return NULL;
}

int dw_wasm3_compile(dw_net *net, IM3Module module)
{
    static const char *const names[] = {"begin", "tick", "push"};
    uint64_t conditions;
    const int error = fulfilled(net, kinds_of(module), &conditions);
    if (error) return error;
    net->detail = module->numFunctions > net->memory_bytes ? "it has too many functions" : NULL;
    for (uint32_t i = 0; !net->detail && i < (net->row_bytes ? 3u : 2u); i++)
        net->detail = find_export(module->runtime, names[i], &net->state[DW_WASM3_BEGIN + i]);
    if (!net->detail) net->detail = compile_called(net, module, FIND_SECTION(module, DW_CALLS_SECTION), conditions);
    if (!net->detail) memset(net->memory, 0, module->numFunctions);
    return net->detail ? DW_ERROR_KERNELS : DW_OK;
}
