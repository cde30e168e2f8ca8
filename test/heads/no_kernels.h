/* A backend of files without steps, whose outputs a test writes itself. */
#include "dw.h"
#include "dw_bytes.h"

/* Linear memory is all there is to such files. */
static int accept(dw_net *opened)
{
    (void)opened;
    return DW_OK;
}

static int take_memory(dw_net *opened, const uint8_t *kernels, uint32_t bytes)
{
    (void)kernels;
    (void)bytes;
    opened->memory = (uint8_t *)dw_take(opened, opened->memory_bytes);
    return opened->memory ? DW_OK : DW_ERROR_MEMORY;
}

static int nothing(dw_net *opened, int32_t *result)
{
    (void)opened;
    *result = 0;
    return DW_OK;
}

static void leave(dw_net *opened)
{
    (void)opened;
}

static const dw_backend no_kernels = {accept, take_memory, nothing, nothing, nothing, leave};
