/* Semihosting with picolibc's names, which has none for Xtensa: files of the emulator, by the simulator's calls. */
#ifndef SEMIHOST_H
#define SEMIHOST_H

#include <stdint.h>

/* Flags of the host's open(), which gets them as they are. */
#define SH_OPEN_R_B 0
#define SH_OPEN_W_B 0x241

int sys_semihost_open(const char *path, int flags);
int sys_semihost_close(int file);
/* Bytes that were not read or written. */
uintptr_t sys_semihost_read(int file, void *buffer, uintptr_t bytes);
uintptr_t sys_semihost_write(int file, const void *buffer, uintptr_t bytes);
int sys_semihost_seek(int file, uintptr_t offset);
uintptr_t sys_semihost_flen(int file);

#endif
