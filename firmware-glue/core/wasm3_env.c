/* wasm3's environment (m3_env.c), which runs code for the host. */
#include "wasm3_dispatch.h"

#include "m3_env.inc"
