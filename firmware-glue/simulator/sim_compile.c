/* wasm3's compiler with all its ops, each of them counted. */
#include "sim_count.h"

#include "wasm3_compile.c"
