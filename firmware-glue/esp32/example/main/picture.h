/* Where pictures come from: picture_camera.c, or picture_test.c where no camera is configured. */
#ifndef PICTURE_H
#define PICTURE_H

#include "dw.h"

/* Whether the answer for this picture is known: `model_expected` of model_facts.h. */
extern const int picture_is_test;

/* 0, or anything else after a message. */
int picture_open(void);
/* The next picture, until the one after it. */
int picture_take(void);
/* Before its first row: DW_OK, or an error where the model takes no such picture. */
int picture_begin(const dw_net *net);
/* Its next row, top row first, as the model takes it: MODEL_ROW_BYTES bytes of the model's own input tensor. */
void picture_row(uint8_t *row);

#endif
