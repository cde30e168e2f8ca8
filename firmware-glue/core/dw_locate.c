/* The place that the most probable cells agree on: src/heads/readers/locate.ts. */
#include "dw_head.h"

enum { EARTH_KM = 6371 };

static int32_t cell_field(dw_head *head, uint32_t cell, uint32_t field)
{
    return dw_head_word(head, (uint32_t)dw_field(head, DW_D_CELLS) + DW_CELL_BYTES * cell + field);
}

/* Km between two cells, straight through the globe. */
static uint32_t chord(dw_head *head, uint32_t a, uint32_t b)
{
    uint64_t squares = 0;
    for (uint32_t field = DW_CELL_X; field <= DW_CELL_Z; field += 4) {
        const uint32_t apart = (uint32_t)cell_field(head, a, field) - (uint32_t)cell_field(head, b, field);
        const int64_t difference = (int32_t)((apart & 0x3ffffffu) ^ 0x2000000u) - 0x2000000;
        squares += (uint64_t)(difference * difference);
    }
    return (uint32_t)((uint64_t)dw_square_root(squares) * EARTH_KM >> 24);
}

/* The next of the best cells: the highest score below `last`, as score and place in one rank. -1 where none is above zero. */
static int64_t next_best(dw_head *head, const dw_values *values, int64_t last)
{
    const int32_t zero = dw_field(head, DW_D_SCORE_ZERO);
    const int64_t cells = dw_field(head, DW_D_CLASSES);
    int64_t best = -1;
    for (int64_t i = 0; i < cells; i++) {
        const int64_t score = dw_value(values, (uint32_t)i) - zero;
        const int64_t rank = score * cells + (cells - 1 - i);
        if (score > 0 && rank < last && rank > best) best = rank;
    }
    return best;
}

/* Sum of the cells near one, and the farthest of them. */
typedef struct {
    int32_t score;
    uint32_t km;
} neighbours;

static neighbours around(dw_head *head, const dw_values *values, uint32_t cell)
{
    const int64_t cells = dw_field(head, DW_D_CLASSES);
    int64_t rank = INT64_MAX;
    neighbours n = {0, 0};
    for (int32_t j = dw_field(head, DW_D_MOST); j > 0; j--) {
        uint32_t other, km;
        rank = next_best(head, values, rank);
        if (rank < 0) break;
        other = (uint32_t)(cells - 1 - rank % cells);
        km = chord(head, cell, other);
        if (other != cell && km > (uint32_t)dw_field(head, DW_D_NEAR)) continue;
        n.score += (int32_t)(rank / cells);
        if (km > n.km) n.km = km;
    }
    return n;
}

int dw_locate(dw_net *net, dw_place *place)
{
    dw_head head;
    dw_values values;
    int64_t cells, rank = INT64_MAX;
    int error = dw_head_read(&head, net, DW_HEAD_LOCATE);
    if (error) return error;
    values = dw_head_values(&head, (uint32_t)dw_field(&head, DW_D_OUTPUT));
    if (head.error) return head.error;
    cells = dw_field(&head, DW_D_CLASSES);
    error = DW_ERROR_NONE;
    place->score = 0;
    for (int32_t i = dw_field(&head, DW_D_MOST); i > 0; i--) {
        neighbours n;
        uint32_t cell;
        uint64_t km;
        rank = next_best(&head, &values, rank);
        if (rank < 0) break;
        cell = (uint32_t)(cells - 1 - rank % cells);
        n = around(&head, &values, cell);
        if (n.score <= place->score) continue;
        km = n.km;
        place->index = cell;
        place->score = n.score;
        place->latitude = cell_field(&head, cell, DW_CELL_LATITUDE);
        place->longitude = cell_field(&head, cell, DW_CELL_LONGITUDE);
        place->radius_km = cell_field(&head, cell, DW_CELL_RADIUS);
        km += km * km * km / (24u * EARTH_KM * EARTH_KM);
        if (place->radius_km < (int64_t)km) place->radius_km = (int32_t)km;
        error = DW_OK;
    }
    return head.error ? head.error : error;
}
