/* The order of the tasks. */
#include <string.h>

#include "dw_check.h"

/* Steps whose rows are counted at a time, on the stack. */
#define BLOCK 32u

/* *rows: how many the first input hands over one by one; they have their places in the arena. */
static int rows_to_feed(const step_check *c, uint32_t *rows)
{
    uint8_t port[DW_PORT_BYTES];
    const uint32_t row_bytes = c->net->row_bytes;
    uint32_t highest = 0;
    int error;
    *rows = 0;
    if (!row_bytes) return DW_OK;
    if (dw_read_blob(c->net, c->net->ports_offset, port, sizeof port)) return DW_ERROR_READ;
    *rows = u32_at(port + DW_P_BYTES) / row_bytes;
    if (*rows > 0xffffu || *rows * row_bytes != u32_at(port + DW_P_BYTES)) return DW_ERROR_LAYOUT;
    error = dw_check_row_table(c, u32_at(port + DW_P_ROWS), *rows, &highest);
    if (error) return error;
    return plus(highest, row_bytes) <= c->arena_end - c->arena ? DW_OK : DW_ERROR_LAYOUT;
}

static int load_task(const step_check *c, uint32_t index, uint8_t *task)
{
    return dw_read_blob(c->net, c->tasks_offset + index * DW_TASK_BYTES, task, DW_TASK_BYTES);
}

/* Tasks take every row of the input that is handed over. */
static int check_feed(const step_check *c)
{
    uint32_t rows, taken = 0;
    int error = rows_to_feed(c, &rows);
    for (uint32_t i = 0; !error && i < c->task_count; i++) {
        uint8_t task[DW_TASK_BYTES];
        error = load_task(c, i, task);
        if (!error && u16_at(task + DW_T_STEP) == DW_FEED)
            taken = plus(taken, (uint32_t)task[DW_T_ROWS] * task[DW_T_REPEAT]);
    }
    return error || taken == rows ? error : DW_ERROR_LAYOUT;
}

/* Adds the rows that a task computes to *done, those before them. It is of the step that is loaded. */
static int check_task(const step_check *c, const uint8_t *task, uint16_t *done)
{
    const uint32_t rows = task[DW_T_ROWS], repeat = task[DW_T_REPEAT], height = field16(c, DW_S_OUT_HEIGHT);
    const uint32_t end = *done + rows * repeat;
    int derived;
    if ((is(c, DW_KIND_DEPTHWISE_ROW) && rows != 1) || *done + rows * (repeat - 1) >= height
        || dw_check_scratch(c, rows, &derived) > c->scratch_bytes)
        return DW_ERROR_LAYOUT;
    *done = (uint16_t)(end < height ? end : height);
    return DW_OK;
}

/* Every row of the steps [first, first + BLOCK) is computed. */
static int check_block(step_check *c, uint32_t first)
{
    uint16_t done[BLOCK];
    int error = DW_OK;
    memset(done, 0, sizeof done);
    for (uint32_t i = 0; !error && i < c->task_count; i++) {
        uint8_t task[DW_TASK_BYTES];
        uint32_t step;
        if (load_task(c, i, task)) return DW_ERROR_READ;
        step = u16_at(task + DW_T_STEP);
        if (step < first || step - first >= BLOCK || step == DW_FEED) continue;
        error = dw_check_load(c, step);
        if (!error) error = check_task(c, task, &done[step - first]);
    }
    for (uint32_t i = 0; !error && i < BLOCK && first + i < c->net->step_count; i++) {
        error = dw_check_load(c, first + i);
        if (!error && done[i] != field16(c, DW_S_OUT_HEIGHT)) error = DW_ERROR_LAYOUT;
    }
    return error;
}

int dw_check_tasks(step_check *c)
{
    int error = check_feed(c);
    for (uint32_t first = 0; !error && first < c->net->step_count; first += BLOCK) error = check_block(c, first);
    return error;
}
