/* YOLO in integers: src/heads/readers/yolo.ts. */
#include "dw_head.h"

#include "dw_bytes.h"

enum { CERTAIN = 1 << 15 };

/* A grid's fields, and its output. */
typedef struct {
    uint32_t fields[DW_GRID_BYTES / 4];
    uint32_t boxes;
    dw_values values;
} grid;

/* A box of a grid: its cell and anchor, and where its fields begin. */
typedef struct {
    uint32_t cell, anchor, at;
} place;

static uint32_t of(const grid *g, uint32_t field)
{
    return g->fields[field / 4];
}

static void read_grid(dw_head *head, uint32_t index, grid *g)
{
    const uint32_t at = DW_YOLO_BYTES + index * DW_GRID_BYTES;
    for (uint32_t field = 0; field < DW_GRID_BYTES; field += 4) g->fields[field / 4] = (uint32_t)dw_head_word(head, at + field);
    g->boxes = of(g, DW_G_ROWS) * of(g, DW_G_COLUMNS) * of(g, DW_G_ANCHORS);
    g->values = dw_head_values(head, of(g, DW_G_OUTPUT));
}

static place place_of(const grid *g, uint32_t box)
{
    const uint32_t anchors = of(g, DW_G_ANCHORS);
    place p;
    p.cell = box / anchors;
    p.anchor = box % anchors;
    p.at = p.cell * of(g, DW_G_CELL_STEP) + p.anchor * of(g, DW_G_ANCHOR_STEP);
    return p;
}

static uint32_t at_field(const grid *g, const place *p, uint32_t i)
{
    return p->at + i * of(g, DW_G_FIELD_STEP);
}

/* The word of a table for the byte of field i. */
static int32_t entry(dw_head *head, const grid *g, const place *p, uint32_t table, uint32_t i)
{
    return dw_head_word(head, of(g, table) + 4u * g->values.bytes[at_field(g, p, i)]);
}

static uint32_t first_class(const grid *g)
{
    return of(g, DW_G_TABLE_OBJECT) ? 5 : 4;
}

static uint32_t probability(int32_t value)
{
    return value < 0 || value > CERTAIN ? CERTAIN : (uint32_t)value;
}

static uint32_t class_of(const dw_head *head, const grid *g, const place *p)
{
    const uint32_t first = first_class(g);
    uint32_t best = 0;
    for (uint32_t i = 1; i < (uint32_t)dw_field(head, DW_D_CLASSES); i++)
        if (dw_value(&g->values, at_field(g, p, first + i)) > dw_value(&g->values, at_field(g, p, first + best))) best = i;
    return best;
}

/* Score in 2^-15. */
static uint32_t score_of(dw_head *head, const grid *g, const place *p)
{
    const uint32_t first = first_class(g), best = class_of(head, g, p);
    const uint32_t object = first == 5 ? probability(entry(head, g, p, DW_G_TABLE_OBJECT, 4)) : CERTAIN;
    uint32_t sum = 0;
    int32_t highest;
    if (!dw_field(head, DW_D_SOFTMAX)) return object * probability(entry(head, g, p, DW_G_TABLE_CLASS, first + best)) >> 15;
    highest = dw_value(&g->values, at_field(g, p, first + best));
    for (uint32_t i = 0; i < (uint32_t)dw_field(head, DW_D_CLASSES); i++) {
        const int32_t behind = highest - dw_value(&g->values, at_field(g, p, first + i));
        sum += probability(dw_head_word(head, of(g, DW_G_TABLE_CLASS) + 4u * (uint32_t)behind));
    }
    return object * probability(dw_head_word(head, of(g, DW_G_TABLE_CLASS))) / (sum ? sum : 1);
}

/* A value of 29 bits with its sign. */
static int32_t signed_29(int32_t value)
{
    return (int32_t)(((uint32_t)value & 0x1fffffffu) ^ 0x10000000u) - 0x10000000;
}

static void decode_box(dw_head *head, const grid *g, const place *p, uint32_t at)
{
    const uint32_t row = p->cell / of(g, DW_G_COLUMNS), column = p->cell % of(g, DW_G_COLUMNS);
    const uint32_t anchor = of(g, DW_G_ANCHOR_TABLE) + 8 * p->anchor;
    dw_set_centre(head, at, (int64_t)(row * of(g, DW_G_STRIDE_Y)) + signed_29(entry(head, g, p, DW_G_TABLE_Y, 1)),
                  (int64_t)(column * of(g, DW_G_STRIDE_X)) + signed_29(entry(head, g, p, DW_G_TABLE_X, 0)));
    for (uint32_t axis = 0; axis < 2; axis++)
        dw_set_side(head, at, axis, dw_head_word(head, anchor + 4 * axis) & 0xffffff,
                    entry(head, g, p, DW_G_TABLE_SIZE, 3 - axis));
}

/* The grid that a box of all grids is in; *box becomes its number there. */
static void grid_of(dw_head *head, uint32_t *box, grid *g)
{
    uint32_t index = 0;
    for (read_grid(head, index, g); *box >= g->boxes && ++index < (uint32_t)dw_field(head, DW_D_GRIDS);) {
        *box -= g->boxes;
        read_grid(head, index, g);
    }
}

/* Puts the boxes over the threshold into head->order; how many there are. */
static uint32_t candidates(dw_head *head, uint32_t boxes)
{
    uint32_t count = 0, first = 0;
    for (uint32_t i = 0; i < (uint32_t)dw_field(head, DW_D_GRIDS); i++) {
        grid g;
        read_grid(head, i, &g);
        for (uint32_t box = 0; box < g.boxes && first + box < boxes; box++) {
            const place p = place_of(&g, box);
            const uint32_t score = score_of(head, &g, &p);
            if ((int32_t)score < dw_field(head, DW_D_THRESHOLD)) continue;
            head->scores[first + box] = (uint16_t)score;
            head->order[count++] = (uint16_t)(first + box);
        }
        first += g.boxes;
    }
    return count;
}

int dw_yolo(dw_head *head, dw_list *list)
{
    const uint32_t most = (uint32_t)dw_field(head, DW_D_MOST);
    const uint32_t boxes = ((uint32_t)dw_field(head, DW_D_SCRATCH_BYTES) - DW_KEPT_BYTES * most) / 4;
    uint32_t count;
    dw_head_scratch(head, boxes);
    count = candidates(head, boxes);
    if (head->error) return head->error;
    dw_make_heap(head, count);
    for (uint32_t kept = 0; count > 0 && kept < most; count--) {
        const uint32_t first = dw_take_first(head, count);
        uint32_t box = first, index;
        dw_detection found;
        grid g;
        place p;
        grid_of(head, &box, &g);
        if (head->error) return head->error;
        p = place_of(&g, box);
        index = class_of(head, &g, &p);
        decode_box(head, &g, &p, kept);
        dw_set_class(head, kept, (int32_t)index);
        if (dw_is_suppressed(head, kept, 0)) continue;
        found = dw_found_box(head, kept, index, head->scores[first]);
        dw_push(list, &found);
        kept++;
    }
    return head->error;
}
