/* A network in a flat string of the heap, what its object in JavaScript has of it, and errors as exceptions. */
#ifndef DEPTHWISE_NET_STATE_H
#define DEPTHWISE_NET_STATE_H

#include "dw.h"
#include "jsvar.h"

/* Contents of a net object's flat string. */
typedef struct {
    /* Where it was opened. Only E.defrag() moves flat strings, and the net is full of addresses. */
    void *self;
    dw_net net;
    /* Whether an inference is under way. */
    bool running;
    uint64_t memory[];
} net_state;

/* A new object of an open network; NULL after an exception. */
JsVar *net_state_open(JsVar *blob);

/* The net of an object, ready for a call; NULL after an exception. *file is to be unlocked behind the call. */
net_state *net_state_of(JsVar *parent, JsVar **file);

/* The result of a call: true where it is not an error, else it throws. Unlocks file. */
bool net_state_done(net_state *state, JsVar *file, int result);

/* A new view of some bytes of its memory. */
JsVar *net_state_view(JsVar *parent, JsVarDataArrayBufferViewType type, uint8_t *data, uint32_t bytes);

/* Throws an Error with a code, as depthwise.js does. */
void net_state_throw(const char *code, const char *text);

#endif
