/* What heads with boxes share; see dw_head.h and src/heads/readers/boxes.ts. */
#include "dw_head.h"

#include <string.h>

enum { WORDS = DW_KEPT_BYTES / 4, MOST_SIDE = (1 << 25) - 1, MOST_CENTRE = 1 << 30 };

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

static int32_t limited(int64_t value, int32_t least, int32_t most)
{
    return value < least ? least : value > most ? most : (int32_t)value;
}

void dw_set_box(dw_head *head, uint32_t at, int64_t y, int64_t x, int64_t height, int64_t width)
{
    int32_t *const kept = head->kept + WORDS * at;
    const int32_t h = limited(height, 0, MOST_SIDE), w = limited(width, 0, MOST_SIDE);
    kept[0] = limited(y, -MOST_CENTRE, MOST_CENTRE) - (h >> 1);
    kept[1] = limited(x, -MOST_CENTRE, MOST_CENTRE) - (w >> 1);
    kept[2] = kept[0] + h;
    kept[3] = kept[1] + w;
}

void dw_set_class(dw_head *head, uint32_t at, int32_t index)
{
    head->kept[WORDS * at + 4] = index;
}

/* How far two ranges share; 0 where they do not. */
static uint64_t shared_side(int32_t first_a, int32_t end_a, int32_t first_b, int32_t end_b)
{
    const int64_t first = first_a > first_b ? first_a : first_b, end = end_a < end_b ? end_a : end_b;
    return end > first ? (uint64_t)(end - first) : 0;
}

static uint64_t area(const int32_t *box)
{
    return (uint64_t)((int64_t)box[2] - box[0]) * (uint64_t)((int64_t)box[3] - box[1]);
}

static int overlaps(const int32_t *a, const int32_t *b, uint32_t share)
{
    uint64_t shared = shared_side(a[0], a[2], b[0], b[2]) * shared_side(a[1], a[3], b[1], b[3]);
    uint64_t all;
    if (!shared) return 0;
    all = area(a) + area(b) - shared;
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
        if (!any && kept[4] != box[4]) continue;
        if (overlaps(kept, box, (uint32_t)dw_field(head, DW_D_OVERLAP))) return 1;
    }
    return 0;
}

dw_detection dw_found_box(const dw_head *head, uint32_t at, uint32_t index, int32_t score)
{
    const int32_t *const box = head->kept + WORDS * at;
    const uint32_t shift = (uint32_t)dw_field(head, DW_D_FRACTION) - 4;
    const int64_t half = 1 << (shift - 1);
    dw_detection found;
    found.index = index;
    found.score = score;
    found.y = (int32_t)dw_floor_shift(box[0] + half, shift);
    found.x = (int32_t)dw_floor_shift(box[1] + half, shift);
    found.height = (int32_t)dw_floor_shift(box[2] + half, shift) - found.y;
    found.width = (int32_t)dw_floor_shift(box[3] + half, shift) - found.x;
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
