#ifndef UPDATE_H
#define UPDATE_H

#include "dw_model.h"

/* Fetches CONFIG_EXAMPLE_UPDATE_URL into the slot that is not in use, unless one of them holds that file already.
 * Returns 1 where there is a new model now, which dw_model_open opens next. The open one stays usable meanwhile. */
int update_model(const dw_model *model);

#endif
