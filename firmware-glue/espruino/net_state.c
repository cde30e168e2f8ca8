#include "net_state.h"

#include "blob_source.h"
#include "jsparse.h"
#include "jswrap_arraybuffer.h"
#include "jswrap_error.h"

#ifdef DW_AOT
#define KERNELS {&dw_aot, NULL, 0}
/* Words that the backend takes besides linear memory. */
static const unsigned EXTRA[] = {256};
#else
extern const uint8_t depthwise_kernels[];
extern const uint32_t depthwise_kernels_bytes;
#define KERNELS {&dw_wasm3, depthwise_kernels, depthwise_kernels_bytes}
/* Words for the compiled kernels, whose size is not known yet: as much as there is. */
static const unsigned EXTRA[] = {16384, 12288, 10240, 8192, 6144, 4096};
#endif

#define MEMORY JS_HIDDEN_CHAR_STR "mem"
#define BLOB JS_HIDDEN_CHAR_STR "dw"

/* Codes by -DW_ERROR_*; the runtime in JavaScript has the same ones. */
static const char *const CODES[] = {
    "OK", "TRUNCATED", "TRUNCATED", "MAGIC", "VERSION", "CRC", "LAYOUT", "KIND", "MEMORY", "TRAP", "KIND", "CLOSED", "ORDER", "LAYOUT",
    "KIND", "FRAME",
};

void net_state_throw(const char *code, const char *text)
{
    JsVar *message = jsvVarPrintf("%s: %s", code, text);
    JsVar *error = jswrap_error_constructor(message);
    if (error) jsvObjectSetChildAndUnLock(error, "code", jsvNewFromString(code));
    jspSetException(error);
    jsvUnLock2(message, error);
}

static void throw_result(int error, const dw_net *net)
{
    net_state_throw(CODES[-error], error == DW_ERROR_TRAP && net && net->detail ? net->detail : dw_error_text(error));
}

/* The state in a flat string, on a multiple of 8, and the bytes that are left for the net's memory behind it. */
static net_state *state_in(JsVar *flat, uint32_t *bytes)
{
    size_t length = 0;
    char *start = jsvGetDataPointer(flat, &length);
    if (!start) return NULL;
    char *aligned = (char *)(((size_t)start + 7) & ~(size_t)7);
    if (bytes) *bytes = (uint32_t)(length - (size_t)(aligned - start) - sizeof(net_state)) & ~7u;
    return (net_state *)aligned;
}

JsVar *net_state_open(JsVar *blob)
{
    const dw_blob file = blob_source(blob);
    const dw_kernels kernels = KERNELS;
    uint32_t linear = 0;
    int error = dw_check(&file, kernels.backend, &linear);
    JsVar *flat = NULL;
    if (!error) error = DW_ERROR_MEMORY;
    for (unsigned i = 0; error == DW_ERROR_MEMORY && i < sizeof EXTRA / sizeof *EXTRA; i++) {
        jsvUnLock(flat);
        flat = jsvNewFlatStringOfLength((unsigned)(sizeof(net_state) + 8 + linear + EXTRA[i] * sizeof(void *)));
        if (!flat) continue;
        uint32_t bytes;
        net_state *state = state_in(flat, &bytes);
        state->self = state;
        error = dw_open(&state->net, &file, &kernels, state->memory, bytes);
    }
    JsVar *net = NULL;
    if (error) {
        /* An error that read() threw itself says more. */
        if (!jspHasError()) throw_result(error, NULL);
    } else {
        net = jspNewObject(NULL, "DepthwiseNet");
        if (net) {
            jsvObjectSetChild(net, MEMORY, flat);
            jsvObjectSetChild(net, BLOB, blob);
        }
    }
    jsvUnLock(flat);
    return net;
}

net_state *net_state_of(JsVar *parent, JsVar **file)
{
    JsVar *flat = jsvObjectGetChildIfExists(parent, MEMORY);
    net_state *state = flat ? state_in(flat, NULL) : NULL;
    jsvUnLock(flat);
    *file = jsvObjectGetChildIfExists(parent, BLOB);
    if (!state || state->self != state) {
        net_state_throw("CLOSED", "memory has moved since the network was opened: open it again after E.defrag()");
        jsvUnLock(*file);
        *file = NULL;
        return NULL;
    }
    state->net.blob.context = *file;
    return state;
}

bool net_state_done(net_state *state, JsVar *file, int result)
{
    jsvUnLock(file);
    if (result >= 0) return true;
    state->running = false;
    if (!jspHasError()) throw_result(result, &state->net);
    return false;
}

JsVar *net_state_view(JsVar *parent, JsVarDataArrayBufferViewType type, uint8_t *data, uint32_t bytes)
{
    JsVar *flat = jsvObjectGetChildIfExists(parent, MEMORY);
    size_t length = 0;
    const size_t offset = (size_t)(data - (uint8_t *)jsvGetDataPointer(flat, &length));
    /* A view of the flat string keeps it alive, but cannot begin far behind its start. */
    JsVar *text = offset <= UINT16_MAX ? jsvLockAgain(flat) : jsvNewNativeString((char *)data, bytes);
    JsVar *buffer = jsvNewArrayBufferFromString(text, 0);
    JsVar *view = jswrap_typedarray_constructor(type, buffer, offset <= UINT16_MAX ? (JsVarInt)offset : 0, (JsVarInt)bytes);
    jsvUnLock3(flat, text, buffer);
    return view;
}
