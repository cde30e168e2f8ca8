#include "blob_source.h"

#include <string.h>

#include "jsparse.h"
#include "jsvariterator.h"

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

dw_blob blob_source(JsVar *blob)
{
    const dw_blob file = {read_blob, blob, blob_bytes(blob)};
    return file;
}
