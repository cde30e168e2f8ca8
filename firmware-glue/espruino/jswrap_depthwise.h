/* require("depthwise") as a built-in library of Espruino: the API of depthwise.js over firmware-glue/core. */
#ifndef JSWRAP_DEPTHWISE_H
#define JSWRAP_DEPTHWISE_H

#include "jsvar.h"

JsVar *jswrap_depthwise_open(JsVar *blob);

JsVar *jswrap_depthwise_input(JsVar *parent, int index);
JsVar *jswrap_depthwise_output(JsVar *parent, int index);
void jswrap_depthwise_begin(JsVar *parent);
bool jswrap_depthwise_tick(JsVar *parent);
void jswrap_depthwise_invoke(JsVar *parent);
bool jswrap_depthwise_push(JsVar *parent, JsVar *row);
JsVar *jswrap_depthwise_classify(JsVar *parent, JsVar *pixels, JsVar *shape);
JsVar *jswrap_depthwise_top(JsVar *parent, int count);

#endif
