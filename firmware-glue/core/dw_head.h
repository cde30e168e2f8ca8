/* The head of a .dw file (docs/heads.md): fields and tables, and what readers of boxes share. Whole numbers only; nothing is
 * allocated: answers go to their caller, all else to the scratch of the kernels, which are done by then. */
#ifndef DW_HEAD_H
#define DW_HEAD_H

#include "dw.h"
#include "dw_format.h"

/* The greatest of the kinds' own fields. */
#define DW_MOST_FIELDS (DW_SSD_BYTES / 4)

/* A head while it is read. A read of the file that fails leaves zeros and an error. */
typedef struct {
    dw_net *net;
    int error;
    /* The fields in front of the tables, by their byte / 4; of YOLO those of the grids are read where they are wanted. */
    int32_t fields[DW_MOST_FIELDS];
    /* In scratch: boxes in order, their scores, and those that are kept. */
    uint16_t *order, *scores;
    int32_t *kept;
} dw_head;

/* The values of an output. */
typedef struct {
    const uint8_t *bytes;
    int is_unsigned;
} dw_values;

/* A list of answers of the caller's. `most` are kept, `room` of these can be seen. */
typedef struct {
    dw_detection *found;
    uint32_t count, most;
} dw_list;

static inline int32_t dw_value(const dw_values *values, uint32_t at)
{
    return values->is_unsigned ? (int32_t)values->bytes[at] : (int32_t)(int8_t)values->bytes[at];
}

static inline int32_t dw_field(const dw_head *head, uint32_t field)
{
    return head->fields[field / 4];
}

/* Reads the fields of the net's head; DW_ERROR_NONE where it is of another kind, DW_ERROR_CLOSED, DW_ERROR_READ. */
int dw_head_read(dw_head *head, dw_net *net, uint32_t kind);

/* Gives a head its scratch: for `boxes` boxes. */
void dw_head_scratch(dw_head *head, uint32_t boxes);

/* The word, or the byte, at a byte of the head. */
int32_t dw_head_word(dw_head *head, uint32_t at);
int32_t dw_head_byte(dw_head *head, uint32_t at);

dw_values dw_head_values(dw_head *head, uint32_t output);

/* Whether every field and table is as docs/heads.md demands: DW_OK, DW_ERROR_READ or DW_ERROR_LAYOUT. The rest of the file has been
 * checked. */
int dw_head_check(dw_net *net, uint32_t scratch_bytes);

/* v / 2^bits, rounded down. */
static inline int64_t dw_floor_shift(int64_t v, uint32_t bits)
{
    return v < 0 ? ~(~v >> bits) : v >> bits;
}

/* The first `count` boxes of `order` become a heap: higher scores first, of equal ones the first box. */
void dw_make_heap(dw_head *head, uint32_t count);
uint32_t dw_take_first(dw_head *head, uint32_t count);

/* The box behind `at` kept ones: its centre in 2^-D_FRACTION pixels; its height (axis 0) and width (axis 1), what an anchor's side of
 * at most 24 bits is times a factor of a table; its class. */
void dw_set_centre(dw_head *head, uint32_t at, int64_t y, int64_t x);
void dw_set_side(dw_head *head, uint32_t at, uint32_t axis, int32_t anchor, int32_t factor);
void dw_set_class(dw_head *head, uint32_t at, int32_t index);

/* Whether the box behind `count` kept ones overlaps one of them, of its own class or, where `any`, of any. */
int dw_is_suppressed(const dw_head *head, uint32_t count, int any);

/* A kept box in sixteenths of a pixel. */
dw_detection dw_found_box(const dw_head *head, uint32_t at, uint32_t index, int32_t score);

/* At the end, or behind those with a score at least as high. */
void dw_push(dw_list *list, const dw_detection *found);
void dw_insert(dw_list *list, const dw_detection *found);

int dw_centroids(dw_head *head, dw_list *list);
int dw_ssd(dw_head *head, dw_list *list);
int dw_yolo(dw_head *head, dw_list *list);

/* A value of a vector of that length, in 1/256, at length 127: to the nearest, halves away from zero. */
int8_t dw_normalized(int32_t value, uint64_t length);

/* The integer part of the square root of n < 2^62. */
uint32_t dw_square_root(uint64_t n);

#endif
