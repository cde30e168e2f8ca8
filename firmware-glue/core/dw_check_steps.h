#ifndef DW_CHECK_STEPS_H
#define DW_CHECK_STEPS_H

#include "dw.h"

/* Whether every step and task of the file keeps to its place, and all kinds of steps are among `kinds` (1 << KIND_* each).
 * The header and sections have been checked; linear memory need not be there.
 * DW_OK, DW_ERROR_READ, DW_ERROR_LAYOUT, DW_ERROR_KIND or DW_ERROR_KERNELS. */
int dw_check_steps(dw_net *net, uint32_t kinds);

#endif
