/* Where pictures come from: picture_camera.c, or picture_test.c where no camera is configured. */
#ifndef PICTURE_H
#define PICTURE_H

#include <stdint.h>

/* Whether the answer for this picture is known: `model_expected` of model_facts.h. */
extern const int picture_is_test;

/* 0, or anything else after a message. */
int picture_open(void);
/* The next picture, until the one after it. */
int picture_take(void);
/* Row y of it as the model takes it: MODEL_ROW_BYTES bytes of the model's own input tensor. */
void picture_row(uint32_t y, uint8_t *row);

#endif
