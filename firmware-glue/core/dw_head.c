/* Reads and checks heads; see dw_head.h. src/heads/readers/check.ts is the same check. */
#include "dw_head.h"

#include "dw_bytes.h"

/* Once a file: small is better than fast. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("Os")
#endif

int32_t dw_head_word(dw_head *head, uint32_t at)
{
    uint8_t bytes[4] = {0, 0, 0, 0};
    if (dw_read_blob(head->net, head->net->head_offset + at, bytes, sizeof bytes)) head->error = DW_ERROR_READ;
    return (int32_t)u32_at(bytes);
}

int32_t dw_head_byte(dw_head *head, uint32_t at)
{
    uint8_t byte = 0;
    if (dw_read_blob(head->net, head->net->head_offset + at, &byte, 1)) head->error = DW_ERROR_READ;
    return (int32_t)byte;
}

static const uint8_t fields_of_kind[] = {
    [DW_HEAD_NONE] = DW_HEAD_BYTES,           [DW_HEAD_CLASSIFY] = DW_HEAD_BYTES, [DW_HEAD_CENTROIDS] = DW_CENTROIDS_BYTES,
    [DW_HEAD_SSD] = DW_SSD_BYTES,             [DW_HEAD_YOLO] = DW_YOLO_BYTES,     [DW_HEAD_EMBED] = DW_HEAD_BYTES,
    [DW_HEAD_LOCATE] = DW_LOCATE_BYTES,
};

static int read_fields(dw_head *head, dw_net *net)
{
    uint32_t kind;
    head->net = net;
    head->error = DW_OK;
    if (net->head_bytes < DW_HEAD_BYTES) return DW_ERROR_LAYOUT;
    kind = (uint32_t)dw_head_word(head, DW_D_KIND);
    if (kind > DW_HEAD_LOCATE || net->head_bytes < fields_of_kind[kind]) return head->error ? head->error : DW_ERROR_LAYOUT;
    for (uint32_t at = 0; at < fields_of_kind[kind]; at += 4) head->fields[at / 4] = dw_head_word(head, at);
    return head->error;
}

int dw_head_read(dw_head *head, dw_net *net, uint32_t kind)
{
    int error;
    if (!net->backend) return DW_ERROR_CLOSED;
    if (!net->head_bytes) return DW_ERROR_NONE;
    error = read_fields(head, net);
    if (error) return error;
    return dw_field(head, DW_D_KIND) == (int32_t)kind ? DW_OK : DW_ERROR_NONE;
}

void dw_head_scratch(dw_head *head, uint32_t boxes)
{
    uint8_t *const scratch = head->net->memory + head->net->scratch_address;
    head->order = (uint16_t *)(void *)scratch;
    head->scores = head->order + boxes;
    head->kept = (int32_t *)(void *)(scratch + 4 * boxes);
}

/* The record of an output: its address in linear memory, its bytes and its type. Zeros where there is none. */
static void read_port(dw_head *head, uint32_t output, uint8_t *port)
{
    const dw_net *const net = head->net;
    for (uint32_t i = 0; i < DW_PORT_BYTES; i++) port[i] = 0;
    if (output >= net->output_count) return;
    if (dw_read_blob(net, net->ports_offset + (net->input_count + output) * DW_PORT_BYTES, port, DW_PORT_BYTES))
        head->error = DW_ERROR_READ;
}

dw_values dw_head_values(dw_head *head, uint32_t output)
{
    uint8_t port[DW_PORT_BYTES];
    dw_values values;
    read_port(head, output, port);
    values.bytes = head->net->memory + u32_at(port + DW_P_ADDRESS);
    values.is_unsigned = u32_at(port + DW_P_DTYPE) == DW_DTYPE_UINT8;
    return values;
}

static uint64_t output_bytes(dw_head *head, int32_t output)
{
    uint8_t port[DW_PORT_BYTES];
    read_port(head, (uint32_t)output, port);
    return u32_at(port + DW_P_BYTES);
}

static int in(int32_t value, int32_t least, int32_t most)
{
    return value >= least && value <= most;
}

static int field_in(const dw_head *head, uint32_t field, int32_t least, int32_t most)
{
    return in(dw_field(head, field), least, most);
}

/* Does a table stand behind the fields and inside the head? */
static int table(const dw_head *head, int32_t at, uint64_t fields, uint64_t bytes)
{
    return at >= 0 && (uint64_t)at >= fields && (at & 3) == 0 && (uint64_t)at + bytes <= head->net->head_bytes;
}

static int scratch_is(const dw_head *head, uint64_t boxes, uint64_t kept)
{
    return dw_field(head, DW_D_SCRATCH_BYTES) == (int64_t)(4 * boxes + DW_KEPT_BYTES * kept);
}

static int check_centroids(dw_head *head)
{
    const int32_t classes = dw_field(head, DW_D_CLASSES);
    const int ok = field_in(head, DW_D_ROWS, 1, DW_MOST_BOXES) && field_in(head, DW_D_COLUMNS, 1, DW_MOST_BOXES)
        && field_in(head, DW_D_BACKGROUND, -1, classes - 1);
    const uint64_t cells = ok ? (uint64_t)dw_field(head, DW_D_ROWS) * (uint64_t)dw_field(head, DW_D_COLUMNS) : 0;
    return ok && cells <= DW_MOST_BOXES && cells * (uint64_t)classes == output_bytes(head, dw_field(head, DW_D_OUTPUT))
        && scratch_is(head, cells, 0);
}

static int check_ssd(dw_head *head)
{
    const int wide = dw_field(head, DW_D_ANCHOR_BYTES) == 4;
    const int32_t factor = wide ? 1 : 65535;
    const uint64_t anchors = (uint32_t)dw_field(head, DW_D_ANCHORS);
    const uint64_t columns = (uint64_t)((int64_t)dw_field(head, DW_D_FIRST_CLASS) + dw_field(head, DW_D_CLASSES));
    const int32_t per_class = dw_field(head, DW_D_PER_CLASS);
    return field_in(head, DW_D_ANCHORS, 1, DW_MOST_BOXES) && field_in(head, DW_D_FIRST_CLASS, 0, 1)
        && field_in(head, DW_D_PER_BOX, 1, dw_field(head, DW_D_CLASSES)) && in(per_class, 0, DW_MOST_ANSWERS)
        && field_in(head, DW_D_BOX_ZERO, -128, 255) && field_in(head, DW_D_STEP_BITS, 0, 48)
        && field_in(head, DW_D_STEP_Y, 0, 0xfffff) && field_in(head, DW_D_STEP_X, 0, 0xfffff)
        && (wide || dw_field(head, DW_D_ANCHOR_BYTES) == 1)
        && field_in(head, DW_D_ANCHOR_ZERO, 0, wide ? 0 : 255) && field_in(head, DW_D_ANCHOR_Y, 1, factor)
        && field_in(head, DW_D_ANCHOR_X, 1, factor)
        && anchors * columns == output_bytes(head, dw_field(head, DW_D_OUTPUT))
        && 4 * anchors == output_bytes(head, dw_field(head, DW_D_BOXES))
        && table(head, dw_field(head, DW_D_ANCHOR_TABLE), DW_SSD_BYTES, (wide ? 16 : 4) * anchors)
        && table(head, dw_field(head, DW_D_SIZE_HEIGHT), DW_SSD_BYTES, 1024)
        && table(head, dw_field(head, DW_D_SIZE_WIDTH), DW_SSD_BYTES, 1024)
        && scratch_is(head, anchors, (uint32_t)(per_class ? per_class : dw_field(head, DW_D_MOST)));
}

/* A grid of YOLO; *boxes grows by its boxes. */
static int check_grid(dw_head *head, uint32_t grid, uint64_t fields, uint64_t *boxes)
{
    static const uint8_t tables[] = {DW_G_TABLE_Y, DW_G_TABLE_X, DW_G_TABLE_SIZE, DW_G_TABLE_CLASS, DW_G_TABLE_OBJECT};
    const int32_t rows = dw_head_word(head, grid + DW_G_ROWS), columns = dw_head_word(head, grid + DW_G_COLUMNS);
    const int32_t anchors = dw_head_word(head, grid + DW_G_ANCHORS);
    const int32_t cell_step = dw_head_word(head, grid + DW_G_CELL_STEP);
    const int32_t anchor_step = dw_head_word(head, grid + DW_G_ANCHOR_STEP);
    const int32_t field_step = dw_head_word(head, grid + DW_G_FIELD_STEP);
    const int32_t stride_y = dw_head_word(head, grid + DW_G_STRIDE_Y), stride_x = dw_head_word(head, grid + DW_G_STRIDE_X);
    const int objectness = dw_head_word(head, grid + DW_G_TABLE_OBJECT) != 0;
    int64_t last;
    if (!in(rows, 1, DW_MOST_BOXES) || !in(columns, 1, DW_MOST_BOXES) || !in(anchors, 1, DW_MOST_BOXES)
        || !in(cell_step, 1, 1 << 24) || !in(anchor_step, 1, 1 << 24) || !in(field_step, 1, 1 << 24)
        || !in(stride_y, 0, 1 << 29) || !in(stride_x, 0, 1 << 29))
        return 0;
    if ((int64_t)rows * columns * anchors > DW_MOST_BOXES || (int64_t)rows * stride_y > 1 << 29
        || (int64_t)columns * stride_x > 1 << 29)
        return 0;
    last = (int64_t)(rows * columns - 1) * cell_step + (int64_t)(anchors - 1) * anchor_step
        + (int64_t)(dw_field(head, DW_D_CLASSES) + (objectness ? 5 : 4) - 1) * field_step;
    if (last >= (int64_t)output_bytes(head, dw_head_word(head, grid + DW_G_OUTPUT))) return 0;
    for (uint32_t i = 0; i < sizeof tables - (objectness ? 0 : 1); i++)
        if (!table(head, dw_head_word(head, grid + tables[i]), fields, 1024)) return 0;
    *boxes += (uint64_t)(rows * columns * anchors);
    return table(head, dw_head_word(head, grid + DW_G_ANCHOR_TABLE), fields, 8 * (uint64_t)anchors);
}

static int check_yolo(dw_head *head)
{
    const int32_t grids = dw_field(head, DW_D_GRIDS);
    uint64_t boxes = 0, fields;
    if (!in(grids, 1, DW_MOST_GRIDS) || !field_in(head, DW_D_SOFTMAX, 0, 1)) return 0;
    fields = DW_YOLO_BYTES + (uint64_t)grids * DW_GRID_BYTES;
    if (fields > head->net->head_bytes) return 0;
    for (int32_t i = 0; i < grids; i++)
        if (!check_grid(head, DW_YOLO_BYTES + (uint32_t)i * DW_GRID_BYTES, fields, &boxes)) return 0;
    return boxes <= DW_MOST_BOXES && scratch_is(head, boxes, (uint32_t)dw_field(head, DW_D_MOST));
}

static int check_vector(dw_head *head)
{
    return output_bytes(head, dw_field(head, DW_D_OUTPUT)) == (uint32_t)dw_field(head, DW_D_CLASSES) && scratch_is(head, 0, 0);
}

static int check_locate(dw_head *head)
{
    const uint64_t cells = (uint64_t)dw_field(head, DW_D_CLASSES);
    return field_in(head, DW_D_NEAR, 0, 65535)
        && table(head, dw_field(head, DW_D_CELLS), DW_LOCATE_BYTES, cells * DW_CELL_BYTES) && check_vector(head);
}

static int check_fields(dw_head *head)
{
    if (!field_in(head, DW_D_INPUT_HEIGHT, 1, DW_MOST_INPUT) || !field_in(head, DW_D_INPUT_WIDTH, 1, DW_MOST_INPUT)
        || !field_in(head, DW_D_CLASSES, 1, DW_MOST_CLASSES) || !field_in(head, DW_D_MOST, 1, DW_MOST_ANSWERS)
        || !field_in(head, DW_D_THRESHOLD, -65536, 65536) || !field_in(head, DW_D_SCORE_ZERO, -128, 255)
        || !field_in(head, DW_D_OVERLAP, 0, 1 << 24) || !field_in(head, DW_D_FRACTION, 5, 16))
        return 0;
    switch (dw_field(head, DW_D_KIND)) {
    case DW_HEAD_NONE: return scratch_is(head, 0, 0);
    case DW_HEAD_CENTROIDS: return check_centroids(head);
    case DW_HEAD_SSD: return check_ssd(head);
    case DW_HEAD_YOLO: return check_yolo(head);
    case DW_HEAD_LOCATE: return check_locate(head);
    default: return check_vector(head);
    }
}

int dw_head_check(dw_net *net, uint32_t scratch_bytes)
{
    dw_head head;
    int error, ok;
    if (!net->head_bytes) return DW_OK;
    error = read_fields(&head, net);
    if (error) return error;
    ok = check_fields(&head) && (uint32_t)dw_field(&head, DW_D_SCRATCH_BYTES) <= scratch_bytes && net->scratch_address % 4 == 0;
    return head.error ? head.error : ok ? DW_OK : DW_ERROR_LAYOUT;
}
