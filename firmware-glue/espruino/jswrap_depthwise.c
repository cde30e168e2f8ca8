/* require("depthwise") as a built-in library of Espruino: the API of depthwise.js over firmware-glue/core. The comments
 * that begin with JSON are read by Espruino's build. */
#include "jswrap_depthwise.h"

#include <string.h>

#include "dw.h"
#include "dw_format.h"
#include "jsinteractive.h"
#include "jsparse.h"
#include "jsvariterator.h"
#include "jswrap_arraybuffer.h"
#include "jswrap_error.h"

#ifdef DW_AOT
#define KERNELS {&dw_aot, NULL, 0}
/* What the backend takes besides linear memory, in words. */
static const unsigned EXTRA[] = {256};
#else
extern const uint8_t depthwise_kernels[];
extern const uint32_t depthwise_kernels_bytes;
#define KERNELS {&dw_wasm3, depthwise_kernels, depthwise_kernels_bytes}
/* What the compiled kernels will take is not known yet: as much as there is, in words. */
static const unsigned EXTRA[] = {16384, 12288, 10240, 8192, 6144, 4096};
#endif

#define MEMORY JS_HIDDEN_CHAR_STR "mem"
#define BLOB JS_HIDDEN_CHAR_STR "dw"

/* Longest label that is shown whole. */
enum { LABEL_BYTES = 64 };

/* What a net object has in its flat string. */
typedef struct {
    /* Where it was opened. Only E.defrag() moves flat strings, and the net is full of addresses. */
    void *self;
    dw_net net;
    /* Whether an inference is under way. */
    bool running;
    uint64_t memory[];
} net_state;

/* By -DW_ERROR_*; the runtime in JavaScript has the same ones. */
static const char *const CODES[] = {
    "OK", "TRUNCATED", "TRUNCATED", "MAGIC", "VERSION", "CRC", "LAYOUT", "KIND", "MEMORY", "TRAP", "KIND", "CLOSED", "ORDER", "LAYOUT",
};

/* Throws an Error with a code, as depthwise.js does. */
static void fail(const char *code, const char *text)
{
    JsVar *message = jsvVarPrintf("%s: %s", code, text);
    JsVar *error = jswrap_error_constructor(message);
    if (error) jsvObjectSetChildAndUnLock(error, "code", jsvNewFromString(code));
    jspSetException(error);
    jsvUnLock2(message, error);
}

static void fail_with(int error, const dw_net *net)
{
    fail(CODES[-error], error == DW_ERROR_TRAP && net && net->detail ? net->detail : dw_error_text(error));
}

/* Bytes of the file, of whatever it is: a view of flash, an array, or an object {length, read(offset, bytes)}. */
static int read_blob(void *context, uint32_t offset, void *to, uint32_t bytes)
{
    JsVar *blob = (JsVar *)context;
    size_t length = 0;
    const char *data = jsvGetDataPointer(blob, &length);
    if (data) {
        memcpy(to, data + offset, bytes);
        return 0;
    }
    if (jsvIsArrayBuffer(blob) || jsvIsString(blob)) {
        uint32_t start = 0;
        JsVar *text = jsvIsString(blob) ? jsvLockAgain(blob) : jsvGetArrayBufferBackingString(blob, &start);
        JsvStringIterator it;
        jsvStringIteratorNew(&it, text, start + offset);
        for (uint32_t i = 0; i < bytes; i++) ((char *)to)[i] = jsvStringIteratorGetCharAndNext(&it);
        jsvStringIteratorFree(&it);
        jsvUnLock(text);
        return 0;
    }
    JsVar *read = jspGetNamedField(blob, "read", false);
    JsVar *arguments[] = {jsvNewFromInteger((JsVarInt)offset), jsvNewFromInteger((JsVarInt)bytes)};
    JsVar *part = jspeFunctionCall(read, NULL, blob, false, 2, arguments);
    const bool whole = part && jsvIterateCallbackCount(part) == bytes;
    if (whole) jsvIterateCallbackToBytes(part, (unsigned char *)to, bytes);
    jsvUnLockMany(2, arguments);
    jsvUnLock2(read, part);
    return whole ? 0 : -1;
}

static uint32_t blob_bytes(JsVar *blob)
{
    if (jsvIsArrayBuffer(blob)) return (uint32_t)(jsvGetArrayBufferLength(blob) * JSV_ARRAYBUFFER_GET_SIZE(blob->varData.arraybuffer.type));
    if (jsvIsString(blob)) return (uint32_t)jsvGetStringLength(blob);
    if (!jsvIsObject(blob)) return 0;
    return (uint32_t)jsvGetIntegerAndUnLock(jspGetNamedField(blob, "length", false));
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

/*JSON{
  "type" : "library",
  "class" : "depthwise"
}
Neural networks that `depthwise compile` has planned: .dw files.
*/
/*JSON{
  "type" : "staticmethod",
  "class" : "depthwise",
  "name" : "open",
  "generate" : "jswrap_depthwise_open",
  "params" : [
    ["blob","JsVar","The .dw file: an ArrayBuffer, a view or string of bytes, or an object {length, read(offset, bytes)}"]
  ],
  "return" : ["JsVar","The network"],
  "return_object" : "DepthwiseNet"
}
*/
JsVar *jswrap_depthwise_open(JsVar *blob)
{
    const dw_blob file = {read_blob, blob, blob_bytes(blob)};
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
        /* What read() threw itself says more. */
        if (!jspHasError()) fail_with(error, NULL);
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

/*JSON{
  "type" : "class",
  "library" : "depthwise",
  "class" : "DepthwiseNet"
}
An open network.
*/

/* The net of an object, ready for a call; NULL after an exception. *file is to be unlocked behind the call. */
static net_state *net_of(JsVar *parent, JsVar **file)
{
    JsVar *flat = jsvObjectGetChildIfExists(parent, MEMORY);
    net_state *state = flat ? state_in(flat, NULL) : NULL;
    jsvUnLock(flat);
    *file = jsvObjectGetChildIfExists(parent, BLOB);
    if (!state || state->self != state) {
        fail("CLOSED", "memory has moved since the network was opened: open it again after E.defrag()");
        jsvUnLock(*file);
        *file = NULL;
        return NULL;
    }
    state->net.blob.context = *file;
    return state;
}

/* The result of a call: true where it is not an error, else it throws. */
static bool done(net_state *state, JsVar *file, int result)
{
    jsvUnLock(file);
    if (result >= 0) return true;
    state->running = false;
    if (!jspHasError()) fail_with(result, &state->net);
    return false;
}

/* A view of the port's bytes. */
static JsVar *port_view(JsVar *parent, int index, bool output)
{
    JsVar *file;
    net_state *state = net_of(parent, &file);
    if (!state) return NULL;
    uint32_t bytes = 0;
    uint8_t *data = index < 0 ? NULL : (output ? dw_output : dw_input)(&state->net, (uint32_t)index, &bytes);
    if (!data) {
        done(state, file, DW_ERROR_NONE);
        return NULL;
    }
    uint8_t dtype[4];
    const uint32_t port = (uint32_t)index + (output ? state->net.input_count : 0);
    if (!done(state, file, dw_read_blob(&state->net, state->net.ports_offset + port * DW_PORT_BYTES + DW_P_DTYPE, dtype, 4))) return NULL;
    const JsVarDataArrayBufferViewType type = *dtype == DW_DTYPE_UINT8 ? ARRAYBUFFERVIEW_UINT8 : ARRAYBUFFERVIEW_INT8;
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

/*JSON{
  "type" : "method",
  "class" : "DepthwiseNet",
  "name" : "input",
  "generate" : "jswrap_depthwise_input",
  "params" : [["index","int","Which input, 0 if left out"]],
  "return" : ["JsVar","A view of its bytes, to be filled before every inference"]
}
*/
JsVar *jswrap_depthwise_input(JsVar *parent, int index) { return port_view(parent, index, false); }

/*JSON{
  "type" : "method",
  "class" : "DepthwiseNet",
  "name" : "output",
  "generate" : "jswrap_depthwise_output",
  "params" : [["index","int","Which output, 0 if left out"]],
  "return" : ["JsVar","A view of its bytes, there until the next inference begins"]
}
*/
JsVar *jswrap_depthwise_output(JsVar *parent, int index) { return port_view(parent, index, true); }

/*JSON{
  "type" : "method",
  "class" : "DepthwiseNet",
  "name" : "begin",
  "generate" : "jswrap_depthwise_begin"
}
Forgets an inference that shall not be finished.
*/
void jswrap_depthwise_begin(JsVar *parent)
{
    JsVar *file;
    net_state *state = net_of(parent, &file);
    if (state) state->running = done(state, file, dw_begin(&state->net));
}

/*JSON{
  "type" : "method",
  "class" : "DepthwiseNet",
  "name" : "tick",
  "generate" : "jswrap_depthwise_tick",
  "return" : ["bool","False when the inference is done, and the next tick begins anew, or a row is missing"]
}
A part of an inference, some rows of one layer.
*/
bool jswrap_depthwise_tick(JsVar *parent)
{
    JsVar *file;
    net_state *state = net_of(parent, &file);
    if (!state) return false;
    int result = state->running ? DW_OK : dw_begin(&state->net);
    if (!result) result = dw_tick(&state->net);
    if (!done(state, file, result)) return false;
    state->running = result != DW_OK;
    return result != DW_OK && result != DW_WAITING;
}

static bool invoke(net_state *state, JsVar *file)
{
    state->running = false;
    return done(state, file, state->net.row_bytes ? DW_ERROR_ORDER : dw_invoke(&state->net));
}

/*JSON{
  "type" : "method",
  "class" : "DepthwiseNet",
  "name" : "invoke",
  "generate" : "jswrap_depthwise_invoke"
}
One inference.
*/
void jswrap_depthwise_invoke(JsVar *parent)
{
    JsVar *file;
    net_state *state = net_of(parent, &file);
    if (state) invoke(state, file);
}

/*JSON{
  "type" : "method",
  "class" : "DepthwiseNet",
  "name" : "push",
  "generate" : "jswrap_depthwise_push",
  "params" : [["row","JsVar","The next row of the first input, top row first"]],
  "return" : ["bool","True with the last row: the outputs are there"]
}
*/
bool jswrap_depthwise_push(JsVar *parent, JsVar *row)
{
    JsVar *file;
    net_state *state = net_of(parent, &file);
    if (!state) return false;
    const uint32_t bytes = state->net.row_bytes;
    if (!bytes) return done(state, file, DW_ERROR_ORDER);
    JSV_GET_AS_CHAR_ARRAY(data, length, row);
    if (!data || length != bytes) {
        jsvUnLock(file);
        if (!jspHasError()) fail("LENGTH", "these are not the bytes of a row");
        return false;
    }
    int result = state->running ? DW_OK : dw_begin(&state->net);
    if (!result) result = dw_push_rows(&state->net, (const uint8_t *)data, 1);
    if (!done(state, file, result)) return false;
    state->running = result == DW_WAITING;
    return result == DW_OK;
}

/* {label, score, index} */
static JsVar *answer(const dw_net *net, const dw_class *best)
{
    char label[LABEL_BYTES] = "";
    dw_label(net, best->index, label, sizeof label);
    JsVar *object = jsvNewObject();
    if (!object) return NULL;
    jsvObjectSetChildAndUnLock(object, "label", jsvNewFromString(label));
    jsvObjectSetChildAndUnLock(object, "score", jsvNewFromFloat(best->score));
    jsvObjectSetChildAndUnLock(object, "index", jsvNewFromInteger((JsVarInt)best->index));
    return object;
}

/*JSON{
  "type" : "method",
  "class" : "DepthwiseNet",
  "name" : "classify",
  "generate" : "jswrap_depthwise_classify",
  "params" : [["pixels","JsVar","Bytes of the first input"]],
  "return" : ["JsVar","The best class, {label, score, index}"]
}
*/
JsVar *jswrap_depthwise_classify(JsVar *parent, JsVar *pixels)
{
    JsVar *file;
    net_state *state = net_of(parent, &file);
    if (!state) return NULL;
    uint32_t bytes = 0;
    uint8_t *input = dw_input(&state->net, 0, &bytes);
    const bool fits = input && jsvIterateCallbackCount(pixels) == bytes;
    if (fits) jsvIterateCallbackToBytes(pixels, input, bytes);
    else if (input && !jspHasError()) fail("LENGTH", "these are not the bytes of the input");
    if (input && !fits) {
        jsvUnLock(file);
        return NULL;
    }
    dw_class best;
    if (!invoke(state, jsvLockAgainSafe(file))) {
        jsvUnLock(file);
        return NULL;
    }
    JsVar *object = done(state, NULL, dw_top(&state->net, 0, &best, 1)) ? answer(&state->net, &best) : NULL;
    jsvUnLock(file);
    return object;
}

/*JSON{
  "type" : "method",
  "class" : "DepthwiseNet",
  "name" : "top",
  "generate" : "jswrap_depthwise_top",
  "params" : [["count","int","How many"]],
  "return" : ["JsVar","The classes with the highest scores, best first"]
}
*/
JsVar *jswrap_depthwise_top(JsVar *parent, int count)
{
    JsVar *file;
    net_state *state = net_of(parent, &file);
    if (!state) return NULL;
    uint32_t values = 0;
    dw_output(&state->net, 0, &values);
    if (count > (int)values) count = (int)values;
    JsVar *list = jsvNewEmptyArray();
    if (count > 0 && list) {
        dw_class *classes = alloca(sizeof *classes * (size_t)count);
        const int found = dw_top(&state->net, 0, classes, (uint32_t)count);
        for (int i = 0; i < found; i++) jsvArrayPushAndUnLock(list, answer(&state->net, &classes[i]));
        if (found < 0) done(state, NULL, found);
    }
    jsvUnLock(file);
    return list;
}
