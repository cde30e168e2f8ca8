/* Shared by heads with boxes; see dw_head.h and src/heads/readers/boxes.ts. */
#include "dw_head.h"

#include <string.h>

enum { WORDS = DW_KEPT_BYTES / 4, SIDE_BITS = 25, MOST_CENTRE = 1 << 30 };

static int is_before(const dw_head *head, uint32_t a, uint32_t b)
{
    return head->scores[a] != head->scores[b] ? head->scores[a] > head->scores[b] : a < b;
}

/* Puts `box` where entry `at` of a heap of `count` was. */
static void sink(dw_head *head, uint16_t box, uint32_t at, uint32_t count)
{
    uint16_t *const heap = head->order;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= count) break;
        if (child + 1 < count && is_before(head, heap[child + 1], heap[child])) child++;
        if (!is_before(head, heap[child], box)) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = box;
}

void dw_make_heap(dw_head *head, uint32_t count)
{
    for (uint32_t i = count / 2; i-- > 0;) sink(head, head->order[i], i, count);
}

uint32_t dw_take_first(dw_head *head, uint32_t count)
{
    const uint32_t first = head->order[0];
    if (count > 1) sink(head, head->order[count - 1], 0, count - 1);
    return first;
}

static int32_t limited(int64_t value)
{
    return value < -MOST_CENTRE ? -MOST_CENTRE : value > MOST_CENTRE ? MOST_CENTRE : (int32_t)value;
}

void dw_set_centre(dw_head *head, uint32_t at, int64_t y, int64_t x)
{
    head->kept[WORDS * at] = limited(y);
    head->kept[WORDS * at + 1] = limited(x);
}

void dw_set_side(dw_head *head, uint32_t at, uint32_t axis, int32_t anchor, int32_t factor)
{
    int32_t *const side = head->kept + WORDS * at + 2 + 2 * axis;
    uint64_t length = anchor > 0 ? (uint64_t)anchor * ((uint32_t)factor & 0xffffffu) : 0;
    int32_t exponent = (int32_t)(((uint32_t)factor >> 24) ^ 0x80u) - 0x80;
    for (; length >> SIDE_BITS; exponent++) length >>= 1;
    if (exponent < 0) length = exponent < -31 ? 0 : length >> -exponent;
    side[0] = (int32_t)length;
    side[1] = exponent < 0 ? 0 : exponent;
}

void dw_set_class(dw_head *head, uint32_t at, int32_t index)
{
    head->kept[WORDS * at + 6] = index;
}

/* The height (axis 0) or width (axis 1) of a box, in 2^scale times 2^-D_FRACTION pixels. */
static uint32_t side_of(const int32_t *box, uint32_t axis, int32_t scale)
{
    const int32_t shift = scale - box[3 + 2 * axis];
    return shift > 31 ? 0 : (uint32_t)box[2 + 2 * axis] >> shift;
}

static int64_t begin_of(const int32_t *box, uint32_t axis, int32_t scale)
{
    return dw_floor_shift(box[axis], (uint32_t)(scale > 40 ? 40 : scale)) - (int64_t)(side_of(box, axis, scale) >> 1);
}

/* How much of a side two boxes share; 0 where nothing. */
static uint64_t shared_side(const int32_t *a, const int32_t *b, uint32_t axis, int32_t scale)
{
    const int64_t begin_a = begin_of(a, axis, scale), begin_b = begin_of(b, axis, scale);
    const int64_t end_a = begin_a + side_of(a, axis, scale), end_b = begin_b + side_of(b, axis, scale);
    const int64_t begin = begin_a > begin_b ? begin_a : begin_b, end = end_a < end_b ? end_a : end_b;
    return end > begin ? (uint64_t)(end - begin) : 0;
}

static uint64_t area(const int32_t *box, int32_t scale)
{
    return (uint64_t)side_of(box, 0, scale) * side_of(box, 1, scale);
}

static int overlaps(const int32_t *a, const int32_t *b, uint32_t share)
{
    const int32_t scale_a = a[3] > a[5] ? a[3] : a[5], scale_b = b[3] > b[5] ? b[3] : b[5];
    const int32_t scale = scale_a > scale_b ? scale_a : scale_b;
    uint64_t shared = shared_side(a, b, 0, scale) * shared_side(a, b, 1, scale);
    uint64_t all;
    if (!shared) return 0;
    all = area(a, scale) + area(b, scale) - shared;
    while (all >> 28) {
        all >>= 1;
        shared >>= 1;
    }
    return shared << 24 > all * share;
}

int dw_is_suppressed(const dw_head *head, uint32_t count, int any)
{
    const int32_t *const box = head->kept + WORDS * count;
    for (const int32_t *kept = head->kept; kept != box; kept += WORDS) {
        if (!any && kept[6] != box[6]) continue;
        if (overlaps(kept, box, (uint32_t)dw_field(head, DW_D_OVERLAP))) return 1;
    }
    return 0;
}

/* Where a box begins, or ends, to the nearest sixteenth of a pixel. */
static int32_t edge(const dw_head *head, const int32_t *box, uint32_t axis, int end)
{
    const uint32_t shift = (uint32_t)dw_field(head, DW_D_FRACTION) - 4;
    const int32_t exponent = box[3 + 2 * axis];
    const int64_t most = (int64_t)1 << (30 + shift), half = (1 << shift) / 2;
    int64_t side = box[2 + 2 * axis], begin;
    /* Beyond that exponent a side is 0 or more than most. */
    if (exponent > 37) side = side > 0 ? most : 0;
    else side *= (int64_t)1 << exponent;
    if (side > most) side = most;
    begin = box[axis] - (side >> 1);
    return (int32_t)dw_floor_shift((end ? begin + side : begin) + half, shift);
}

dw_detection dw_found_box(const dw_head *head, uint32_t at, uint32_t index, int32_t score)
{
    const int32_t *const box = head->kept + WORDS * at;
    dw_detection found;
    found.index = index;
    found.score = score;
    found.y = edge(head, box, 0, 0);
    found.x = edge(head, box, 1, 0);
    found.height = edge(head, box, 0, 1) - found.y;
    found.width = edge(head, box, 1, 1) - found.x;
    return found;
}

void dw_push(dw_list *list, const dw_detection *found)
{
    if (list->count < list->most) list->found[list->count++] = *found;
}

void dw_insert(dw_list *list, const dw_detection *found)
{
    uint32_t at = list->count;
    while (at > 0 && list->found[at - 1].score < found->score) at--;
    if (at == list->most) return;
    if (list->count < list->most) list->count++;
    memmove(list->found + at + 1, list->found + at, (list->count - 1 - at) * sizeof *list->found);
    list->found[at] = *found;
}
