/* wasm3's compiler with all its ops, each of them counted. */
#include "sim_count.h"

#include "m3_compile.c"
