/* TFLite_Detection_PostProcess in integers: src/heads/readers/ssd.ts. */
#include "dw_head.h"

typedef struct {
    dw_head *head;
    dw_values boxes, scores;
    uint32_t classes, columns, first_class;
    int32_t least;
} detector;

/* Value i of an anchor, in 2^-D_FRACTION pixels. */
static int32_t anchor_value(dw_head *head, uint32_t box, uint32_t i)
{
    const uint32_t at = 4 * box + i, table = (uint32_t)dw_field(head, DW_D_ANCHOR_TABLE);
    const int32_t factor = dw_field(head, i & 1 ? DW_D_ANCHOR_X : DW_D_ANCHOR_Y);
    const int32_t value = dw_field(head, DW_D_ANCHOR_BYTES) == 1 ? dw_head_byte(head, table + at)
                                                                : dw_head_word(head, table + 4 * at);
    /* 25 bits of it. */
    const int32_t signed_value = (int32_t)(((uint32_t)value & 0x1ffffffu) ^ 0x1000000u) - 0x1000000;
    return (signed_value - dw_field(head, DW_D_ANCHOR_ZERO)) * factor;
}

static int64_t centre(const detector *d, uint32_t box, uint32_t axis, int32_t side)
{
    const int64_t value = dw_value(&d->boxes, 4 * box + axis) - dw_field(d->head, DW_D_BOX_ZERO);
    const int64_t moved = value * dw_field(d->head, axis ? DW_D_STEP_X : DW_D_STEP_Y) * side;
    return anchor_value(d->head, box, axis) + dw_floor_shift(moved, (uint32_t)dw_field(d->head, DW_D_STEP_BITS));
}

static int32_t factor(const detector *d, uint32_t table, uint32_t at)
{
    return dw_head_word(d->head, (uint32_t)dw_field(d->head, table) + 4u * d->boxes.bytes[at]);
}

static void decode_box(const detector *d, uint32_t box, uint32_t at)
{
    const int32_t height = anchor_value(d->head, box, 2), width = anchor_value(d->head, box, 3);
    dw_set_centre(d->head, at, centre(d, box, 0, height), centre(d, box, 1, width));
    dw_set_side(d->head, at, 0, height, factor(d, DW_D_SIZE_HEIGHT, 4 * box + 2));
    dw_set_side(d->head, at, 1, width, factor(d, DW_D_SIZE_WIDTH, 4 * box + 3));
}

/* The best classes of a box, best first; of equal ones the first. */
static void push_classes(const detector *d, uint32_t box, uint32_t kept, dw_list *list)
{
    const uint32_t first = box * d->columns + d->first_class;
    /* Orders by value, then by index: no two ranks are equal. */
    int32_t last = 512 * (int32_t)d->classes;
    for (int32_t n = dw_field(d->head, DW_D_PER_BOX); n > 0; n--) {
        int32_t highest = -512 * (int32_t)d->classes;
        uint32_t best = d->classes;
        dw_detection found;
        for (uint32_t i = 0; i < d->classes; i++) {
            const int32_t rank = dw_value(&d->scores, first + i) * (int32_t)d->classes - (int32_t)i;
            if (rank < last && rank > highest) {
                highest = rank;
                best = i;
            }
        }
        if (best == d->classes || dw_value(&d->scores, first + best) < d->least) return;
        last = highest;
        found = dw_found_box(d->head, kept, best, dw_value(&d->scores, first + best));
        dw_push(list, &found);
    }
}

/* Score of class `index`, or, where it is d->classes, of the best class. */
static int32_t score_of(const detector *d, uint32_t box, uint32_t index)
{
    const uint32_t first = box * d->columns + d->first_class;
    int32_t best = dw_value(&d->scores, first + (index < d->classes ? index : 0));
    for (uint32_t i = 1; index == d->classes && i < d->classes; i++) {
        const int32_t score = dw_value(&d->scores, first + i);
        if (score > best) best = score;
    }
    return best;
}

static void suppress(const detector *d, uint32_t index, uint32_t most, dw_list *list)
{
    dw_head *const head = d->head;
    const uint32_t boxes = (uint32_t)dw_field(head, DW_D_ANCHORS);
    uint32_t count = 0;
    for (uint32_t box = 0; box < boxes; box++) {
        const int32_t score = score_of(d, box, index);
        if (score < d->least) continue;
        head->scores[box] = (uint16_t)(score + 128);
        head->order[count++] = (uint16_t)box;
    }
    dw_make_heap(head, count);
    for (uint32_t kept = 0; count > 0 && kept < most; count--) {
        const uint32_t box = dw_take_first(head, count);
        decode_box(d, box, kept);
        if (dw_is_suppressed(head, kept, 1)) continue;
        if (index < d->classes) {
            const dw_detection found = dw_found_box(head, kept, index, head->scores[box] - 128);
            dw_insert(list, &found);
        } else {
            push_classes(d, box, kept, list);
        }
        kept++;
    }
}

int dw_ssd(dw_head *head, dw_list *list)
{
    const uint32_t most = (uint32_t)dw_field(head, DW_D_MOST), per_class = (uint32_t)dw_field(head, DW_D_PER_CLASS);
    detector d;
    d.head = head;
    d.boxes = dw_head_values(head, (uint32_t)dw_field(head, DW_D_BOXES));
    d.scores = dw_head_values(head, (uint32_t)dw_field(head, DW_D_OUTPUT));
    d.classes = (uint32_t)dw_field(head, DW_D_CLASSES);
    d.first_class = (uint32_t)dw_field(head, DW_D_FIRST_CLASS);
    d.columns = d.first_class + d.classes;
    d.least = dw_field(head, DW_D_THRESHOLD);
    if (head->error) return head->error;
    dw_head_scratch(head, (uint32_t)dw_field(head, DW_D_ANCHORS));
    if (per_class == 0) {
        suppress(&d, d.classes, most, list);
        return head->error;
    }
    if (list->most > most) list->most = most;
    for (uint32_t index = 0; index < d.classes; index++) suppress(&d, index, per_class, list);
    return head->error;
}
