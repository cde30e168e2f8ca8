/* Frames that a program hands over, row by row. */
#ifndef DEPTHWISE_FRAME_SOURCE_H
#define DEPTHWISE_FRAME_SOURCE_H

#include "jsvar.h"
#include "net_state.h"

/* One inference on a frame: an array of bytes, and {width, height, format, fit} of it. False after an exception. Unlocks file. A
 * row at a time is copied; the memory for that is given back. */
bool frame_source_infer(net_state *state, JsVar *file, JsVar *frame, JsVar *shape);

#endif
