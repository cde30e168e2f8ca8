/* wasm3's environment, whose calls from the host are counted too. */
#include "sim_count.h"

#include "m3_env.c"
