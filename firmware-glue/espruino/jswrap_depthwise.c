/* require("depthwise") as a built-in library of Espruino: the API of depthwise.js over firmware-glue/core. The comments
 * that begin with JSON are read by Espruino's build. */
#include "jswrap_depthwise.h"

#include "dw.h"
#include "dw_format.h"
#include "frame_source.h"
#include "jsparse.h"
#include "jsvariterator.h"
#include "net_state.h"

/* Longest label that is shown whole. */
enum { LABEL_BYTES = 64 };

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
JsVar *jswrap_depthwise_open(JsVar *blob) { return net_state_open(blob); }

/*JSON{
  "type" : "class",
  "library" : "depthwise",
  "class" : "DepthwiseNet"
}
An open network.
*/

/* A view of the port's bytes. */
static JsVar *port_view(JsVar *parent, int index, bool output)
{
    JsVar *file;
    net_state *state = net_state_of(parent, &file);
    if (!state) return NULL;
    uint32_t bytes = 0;
    uint8_t *data = index < 0 ? NULL : (output ? dw_output : dw_input)(&state->net, (uint32_t)index, &bytes);
    if (!data) {
        net_state_done(state, file, DW_ERROR_NONE);
        return NULL;
    }
    uint8_t dtype[4];
    const uint32_t port = (uint32_t)index + (output ? state->net.input_count : 0);
    if (!net_state_done(state, file, dw_read_blob(&state->net, state->net.ports_offset + port * DW_PORT_BYTES + DW_P_DTYPE, dtype, 4))) return NULL;
    const JsVarDataArrayBufferViewType type = *dtype == DW_DTYPE_INT8 ? ARRAYBUFFERVIEW_INT8 : ARRAYBUFFERVIEW_UINT8;
    return net_state_view(parent, type, data, bytes);
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
    net_state *state = net_state_of(parent, &file);
    if (state) state->running = net_state_done(state, file, dw_begin(&state->net));
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
    net_state *state = net_state_of(parent, &file);
    if (!state) return false;
    int result = state->running ? DW_OK : dw_begin(&state->net);
    if (!result) result = dw_tick(&state->net);
    if (!net_state_done(state, file, result)) return false;
    state->running = result != DW_OK;
    return result != DW_OK && result != DW_WAITING;
}

static bool invoke(net_state *state, JsVar *file)
{
    state->running = false;
    return net_state_done(state, file, state->net.row_bytes ? DW_ERROR_ORDER : dw_invoke(&state->net));
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
    net_state *state = net_state_of(parent, &file);
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
    net_state *state = net_state_of(parent, &file);
    if (!state) return false;
    const uint32_t bytes = state->net.row_bytes;
    if (!bytes) return net_state_done(state, file, DW_ERROR_ORDER);
    JSV_GET_AS_CHAR_ARRAY(data, length, row);
    if (!data || length != bytes) {
        jsvUnLock(file);
        if (!jspHasError()) net_state_throw("LENGTH", "these are not the bytes of a row");
        return false;
    }
    int result = state->running ? DW_OK : dw_begin(&state->net);
    if (!result) result = dw_push_rows(&state->net, (const uint8_t *)data, 1);
    if (!net_state_done(state, file, result)) return false;
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

/* One inference on the bytes of the first input. Unlocks file; false after an exception. */
static bool infer_bytes(net_state *state, JsVar *file, JsVar *pixels)
{
    uint32_t bytes = 0;
    uint8_t *input = dw_input(&state->net, 0, &bytes);
    if (input && jsvIterateCallbackCount(pixels) != bytes) {
        jsvUnLock(file);
        if (!jspHasError()) net_state_throw("LENGTH", "these are not the bytes of the input");
        return false;
    }
    if (input) jsvIterateCallbackToBytes(pixels, input, bytes);
    return invoke(state, file);
}

/*JSON{
  "type" : "method",
  "class" : "DepthwiseNet",
  "name" : "classify",
  "generate" : "jswrap_depthwise_classify",
  "params" : [
    ["pixels","JsVar","Bytes of the first input, or of a frame"],
    ["shape","JsVar","[optional] Of a frame: {width, height, format, fit}"]
  ],
  "return" : ["JsVar","The best class, {label, score, index}"]
}
*/
JsVar *jswrap_depthwise_classify(JsVar *parent, JsVar *pixels, JsVar *shape)
{
    JsVar *file;
    net_state *state = net_state_of(parent, &file);
    if (!state) return NULL;
    dw_class best;
    JsVar *object = NULL;
    if (jsvIsObject(shape) ? frame_source_infer(state, jsvLockAgainSafe(file), pixels, shape) : infer_bytes(state, jsvLockAgainSafe(file), pixels)) {
        if (net_state_done(state, NULL, dw_top(&state->net, 0, &best, 1))) object = answer(&state->net, &best);
    }
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
    net_state *state = net_state_of(parent, &file);
    if (!state) return NULL;
    uint32_t values = 0;
    dw_output(&state->net, 0, &values);
    if (count > (int)values) count = (int)values;
    JsVar *list = jsvNewEmptyArray();
    if (count > 0 && list) {
        dw_class *classes = alloca(sizeof *classes * (size_t)count);
        const int found = dw_top(&state->net, 0, classes, (uint32_t)count);
        for (int i = 0; i < found; i++) jsvArrayPushAndUnLock(list, answer(&state->net, &classes[i]));
        if (found < 0) net_state_done(state, NULL, found);
    }
    jsvUnLock(file);
    return list;
}
