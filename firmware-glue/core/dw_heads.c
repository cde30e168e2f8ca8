/* Answers with boxes, of whatever head the model has; see dw.h. FOMO's are here: src/heads/readers/centroids.ts. */
#include "dw_head.h"

int dw_detect(dw_net *net, dw_detection *found, uint32_t count)
{
    dw_head head;
    dw_list list = {found, 0, count};
    int error = dw_head_read(&head, net, DW_HEAD_CENTROIDS);
    if (!error) error = dw_centroids(&head, &list);
    else if (error == DW_ERROR_NONE && net->head_bytes) {
        if (dw_field(&head, DW_D_KIND) == DW_HEAD_SSD) error = dw_ssd(&head, &list);
        else if (dw_field(&head, DW_D_KIND) == DW_HEAD_YOLO) error = dw_yolo(&head, &list);
    }
    return error ? error : (int)list.count;
}

int32_t dw_per_mille(dw_net *net, int32_t score)
{
    dw_head head;
    int64_t product;
    if (dw_head_read(&head, net, 0) == DW_ERROR_CLOSED || !net->head_bytes) return 0;
    product = ((int64_t)score - dw_field(&head, DW_D_SCORE_ZERO)) * (int64_t)(uint32_t)dw_field(&head, DW_D_SCORE_STEP) * 1000;
    return (int32_t)dw_floor_shift(product + (1 << 23), 24);
}

static uint32_t first_cell(const uint16_t *links, uint32_t cell)
{
    while (links[cell] != cell) cell = links[cell];
    return cell;
}

static void join(uint16_t *links, uint32_t a, uint32_t b)
{
    const uint32_t i = first_cell(links, a), j = first_cell(links, b);
    if (i < j) links[j] = (uint16_t)i;
    else links[i] = (uint16_t)j;
}

/* A class of a grid. */
typedef struct {
    dw_values values;
    uint32_t rows, columns, classes, index;
    int32_t least;
} class_grid;

static int32_t score_of(const class_grid *g, uint32_t cell)
{
    return dw_value(&g->values, cell * g->classes + g->index);
}

/* Links each cell over the threshold with those over it to the left and above. */
static void link_cells(const class_grid *g, uint16_t *links)
{
    for (uint32_t cell = 0; cell < g->rows * g->columns; cell++) {
        const uint32_t x = cell % g->columns;
        links[cell] = (uint16_t)cell;
        if (score_of(g, cell) < g->least) continue;
        if (x > 0 && score_of(g, cell - 1) >= g->least) join(links, cell, cell - 1);
        if (cell < g->columns) continue;
        for (uint32_t above = cell - g->columns - (x > 0); above <= cell - g->columns + (x + 1 < g->columns); above++)
            if (score_of(g, above) >= g->least) join(links, cell, above);
    }
}

static int32_t edge(const dw_head *head, uint32_t field, uint32_t at, uint32_t count)
{
    return (int32_t)(16 * (uint32_t)dw_field(head, field) * (uint64_t)at / count);
}

static dw_detection object_of(const dw_head *head, const class_grid *g, const uint16_t *links, uint32_t first)
{
    uint32_t left = g->columns, right = 0, bottom = 0;
    dw_detection object;
    object.index = g->index;
    object.score = score_of(g, first);
    for (uint32_t cell = first; cell < g->rows * g->columns; cell++) {
        const uint32_t x = cell % g->columns;
        if (first_cell(links, cell) != first) continue;
        bottom = cell / g->columns;
        if (x < left) left = x;
        if (x > right) right = x;
        if (score_of(g, cell) > object.score) object.score = score_of(g, cell);
    }
    object.y = edge(head, DW_D_INPUT_HEIGHT, first / g->columns, g->rows);
    object.x = edge(head, DW_D_INPUT_WIDTH, left, g->columns);
    object.height = edge(head, DW_D_INPUT_HEIGHT, bottom + 1, g->rows) - object.y;
    object.width = edge(head, DW_D_INPUT_WIDTH, right + 1, g->columns) - object.x;
    return object;
}

int dw_centroids(dw_head *head, dw_list *list)
{
    class_grid g;
    g.values = dw_head_values(head, (uint32_t)dw_field(head, DW_D_OUTPUT));
    g.rows = (uint32_t)dw_field(head, DW_D_ROWS);
    g.columns = (uint32_t)dw_field(head, DW_D_COLUMNS);
    g.classes = (uint32_t)dw_field(head, DW_D_CLASSES);
    g.least = dw_field(head, DW_D_THRESHOLD);
    if (head->error) return head->error;
    if (list->most > (uint32_t)dw_field(head, DW_D_MOST)) list->most = (uint32_t)dw_field(head, DW_D_MOST);
    dw_head_scratch(head, g.rows * g.columns);
    for (g.index = 0; g.index < g.classes; g.index++) {
        if ((int32_t)g.index == dw_field(head, DW_D_BACKGROUND)) continue;
        link_cells(&g, head->order);
        for (uint32_t cell = 0; cell < g.rows * g.columns; cell++) {
            if (head->order[cell] == cell && score_of(&g, cell) >= g.least) {
                const dw_detection object = object_of(head, &g, head->order, cell);
                dw_insert(list, &object);
            }
        }
    }
    return DW_OK;
}
