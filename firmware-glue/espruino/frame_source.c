#include "frame_source.h"

#include "dw_bytes.h"
#include "dw_format.h"
#include "dw_picture.h"
#include "jsparse.h"
#include "jsvariterator.h"

/* Names of DW_FRAME_*, as depthwise.js has them. */
static const char *const FORMATS[] = {"grey", "rgb565", "rgb565be", "rgb888", "yuyv", "uyvy"};

/* Sides that no frame has become 0, which is refused. */
static uint16_t side(JsVar *shape, const char *name)
{
    const JsVarInt value = jsvGetIntegerAndUnLock(jspGetNamedField(shape, name, false));
    return value < 0 || value > UINT16_MAX ? 0 : (uint16_t)value;
}

static dw_frame frame_of(JsVar *shape)
{
    dw_frame frame = {side(shape, "width"), side(shape, "height"), 0, DW_FIT_CROP};
    JsVar *format = jspGetNamedField(shape, "format", false);
    JsVar *fit = jspGetNamedField(shape, "fit", false);
    while (frame.format < sizeof FORMATS / sizeof *FORMATS && !jsvIsStringEqual(format, FORMATS[frame.format])) frame.format++;
    if (jsvIsStringEqual(fit, "letterbox")) frame.fit = DW_FIT_LETTERBOX;
    jsvUnLock2(format, fit);
    return frame;
}

/* Rows of the input that are ready: to their places, or into the net. */
static int hand_over(net_state *state, dw_picture *picture, uint8_t *row, uint8_t **input)
{
    int result = DW_OK;
    while (result >= 0 && dw_picture_take(picture, *input ? *input : row)) {
        if (*input) *input += picture->width * picture->channels;
        else result = dw_push_rows(&state->net, row, 1);
    }
    return result < 0 ? result : DW_OK;
}

/* Reads the frame once, from its first byte to its last one. */
static int feed(net_state *state, dw_picture *picture, JsVar *frame, uint32_t bytes, uint8_t *row, uint8_t *line)
{
    uint8_t *input = dw_input(&state->net, 0, NULL);
    int result = input ? DW_OK : dw_begin(&state->net);
    JsvIterator it;
    jsvIteratorNew(&it, frame, JSIF_EVERY_ARRAY_ELEMENT);
    for (uint32_t y = 0; !result && y < picture->rows; y++) {
        for (uint32_t i = 0; i < bytes; i++) {
            row[i] = (uint8_t)jsvIteratorGetIntegerValue(&it);
            jsvIteratorNext(&it);
        }
        result = dw_picture_put(picture, row);
        if (!result) result = hand_over(state, picture, line, &input);
    }
    jsvIteratorFree(&it);
    if (result) return result;
    return input ? dw_invoke(&state->net) : DW_OK;
}

/* Memory that is needed while a frame is read, in one piece. */
static int infer(net_state *state, JsVar *frame, const dw_frame *shape)
{
    const dw_net *net = &state->net;
    uint8_t port[DW_PORT_BYTES];
    if (dw_read_blob(net, net->ports_offset, port, sizeof port)) return DW_ERROR_READ;
    const uint32_t width = u32_at(port + DW_P_SHAPE + 8), channels = u32_at(port + DW_P_SHAPE + 12);
    if (width > UINT16_MAX || channels > 3) return DW_ERROR_FRAME;
    const uint32_t scratch_bytes = DW_PICTURE_BYTES(width, channels), row_bytes = dw_frame_row_bytes(shape);
    JsVar *flat = jsvNewFlatStringOfLength(4 + scratch_bytes + row_bytes + width * channels);
    size_t length = 0;
    const size_t start = (size_t)jsvGetDataPointer(flat, &length);
    if (!start) return DW_ERROR_MEMORY;
    uint32_t *scratch = (uint32_t *)((start + 3) & ~(size_t)3);
    uint8_t *row = (uint8_t *)scratch + scratch_bytes;
    dw_picture picture;
    int result = dw_picture_open(&picture, net, shape, scratch, scratch_bytes);
    if (!result) result = feed(state, &picture, frame, row_bytes, row, row + row_bytes);
    jsvUnLock(flat);
    return result;
}

bool frame_source_infer(net_state *state, JsVar *file, JsVar *frame, JsVar *shape)
{
    const dw_frame picture = frame_of(shape);
    const uint32_t bytes = dw_frame_row_bytes(&picture) * picture.height;
    state->running = false;
    if (picture.format > DW_FRAME_UYVY || !picture.width || !picture.height) return net_state_done(state, file, DW_ERROR_FRAME);
    if (jsvIterateCallbackCount(frame) == bytes) return net_state_done(state, file, infer(state, frame, &picture));
    jsvUnLock(file);
    if (!jspHasError()) net_state_throw("LENGTH", "these are not the bytes of the frame");
    return false;
}
