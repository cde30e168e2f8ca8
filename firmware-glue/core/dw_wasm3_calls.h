#ifndef DW_WASM3_CALLS_H
#define DW_WASM3_CALLS_H

#include "dw.h"
#include "m3_env.h"

/* State of a net of this backend: the runtime, and its functions. */
enum { DW_WASM3_RUNTIME, DW_WASM3_BEGIN, DW_WASM3_TICK, DW_WASM3_PUSH };

/* Compiles begin, tick and, where rows are pushed, push, and whatever they call for the steps of the net's file
 * (src/format/calls.ts), and sets them in its state. Linear memory is there and all zeros, before and afterwards.
 * DW_OK, DW_ERROR_READ, DW_ERROR_KIND, or DW_ERROR_KERNELS with net->detail. */
int dw_wasm3_compile(dw_net *net, IM3Module module);

/* For wasm3_compile.c: `function` is called by the function that is being compiled. Returns it. */
IM3Function dw_wasm3_called(IM3Runtime runtime, IM3Function function);

#endif
