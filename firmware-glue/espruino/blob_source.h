/* The bytes of a .dw file, of whatever JavaScript hands over. */
#ifndef DEPTHWISE_BLOB_SOURCE_H
#define DEPTHWISE_BLOB_SOURCE_H

#include "dw.h"
#include "jsvar.h"

/* A view of flash, an array, a string, or an object {length, read(offset, bytes)}. What read() throws stays thrown. */
dw_blob blob_source(JsVar *blob);

#endif
