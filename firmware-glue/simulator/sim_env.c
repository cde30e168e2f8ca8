/* wasm3's environment, whose calls from the host are counted too. */
#include "sim_count.h"

#include "wasm3_env.c"
