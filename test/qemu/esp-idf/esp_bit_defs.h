#ifndef ESP_BIT_DEFS_H
#define ESP_BIT_DEFS_H

#define BIT0 0x00000001

#endif
