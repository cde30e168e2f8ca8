/* A partition as the flash of dw_slots.h. */
#ifndef DW_PARTITION_H
#define DW_PARTITION_H

#include "dw_slots.h"

/* The partition of that label; depthwise bundle gives it the application-defined type 0x40. Not 0: there is none. */
int dw_partition_open(dw_flash *flash, const char *label);

#endif
