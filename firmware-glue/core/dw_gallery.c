/* Names for vectors, appended to a store in slots of one size: src/heads/readers/gallery.ts. */
#include "dw_head.h"

#include <string.h>

#include "dw_bytes.h"
#include "dw_crc32.h"

enum { CHUNK = 32, SAME = 1 << 15 };

/* A gallery of vectors of so many values. */
typedef struct {
    const dw_store *store;
    uint32_t values, slot_bytes, slots;
} gallery;

/* Facts of a slot: the fields in front of its vector; and, over vector and another one, their sums of products. */
typedef struct {
    uint8_t fields[DW_ENTRY_VECTOR];
    int64_t product, squares;
} entry;

static int open_gallery(gallery *g, dw_net *net, const dw_store *store, dw_head *head)
{
    const int error = dw_head_read(head, net, DW_HEAD_EMBED);
    if (error) return error;
    g->store = store;
    g->values = (uint32_t)dw_field(head, DW_D_CLASSES);
    if (g->values > DW_MOST_VALUES) return DW_ERROR_LENGTH;
    g->slot_bytes = (DW_ENTRY_VECTOR + g->values + 3) & ~3u;
    g->slots = store->bytes / g->slot_bytes;
    return DW_OK;
}

static int read_slot(const gallery *g, uint32_t slot, uint32_t at, void *to, uint32_t bytes)
{
    return g->store->read(g->store->context, slot * g->slot_bytes + at, to, bytes) ? DW_ERROR_READ : DW_OK;
}

static int write_slot(const gallery *g, uint32_t slot, uint32_t at, const void *from, uint32_t bytes)
{
    return g->store->write(g->store->context, slot * g->slot_bytes + at, from, bytes) ? DW_ERROR_READ : DW_OK;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Reads a slot; *valid says whether it holds an entry. Products are with `vector`, where there is one. */
static int read_entry(const gallery *g, uint32_t slot, const int8_t *vector, entry *e, int *valid)
{
    uint32_t crc;
    int error = read_slot(g, slot, 0, e->fields, sizeof e->fields);
    if (error) return error;
    *valid = 0;
    if (u32_at(e->fields + DW_ENTRY_MAGIC) != DW_GALLERY_MAGIC || u16_at(e->fields + DW_ENTRY_VALUES) != g->values
        || e->fields[DW_ENTRY_LABEL + DW_ENTRY_LABEL_BYTES - 1])
        return DW_OK;
    crc = dw_crc32(0, e->fields + DW_ENTRY_MAGIC, DW_ENTRY_VECTOR - DW_ENTRY_MAGIC);
    e->product = e->squares = 0;
    for (uint32_t at = DW_ENTRY_VECTOR; at < g->slot_bytes; at += CHUNK) {
        uint8_t chunk[CHUNK];
        const uint32_t bytes = least(CHUNK, g->slot_bytes - at), first = at - DW_ENTRY_VECTOR;
        error = read_slot(g, slot, at, chunk, bytes);
        if (error) return error;
        crc = dw_crc32(crc, chunk, bytes);
        for (uint32_t i = 0; i < bytes && first + i < g->values; i++) {
            const int32_t value = (int8_t)chunk[i];
            if (vector) e->product += value * vector[first + i];
            e->squares += value * value;
        }
    }
    *valid = crc == u32_at(e->fields + DW_ENTRY_CRC);
    return DW_OK;
}

/* The last valid slot of a name from slot `from` on; g->slots where there is none. */
static int last_of(const gallery *g, const char *label, uint32_t from, const int8_t *vector, uint32_t *last)
{
    *last = g->slots;
    for (uint32_t slot = from; slot < g->slots; slot++) {
        entry e;
        int valid;
        const int error = read_entry(g, slot, vector, &e, &valid);
        if (error) return error;
        if (valid && !strcmp((const char *)e.fields + DW_ENTRY_LABEL, label)) *last = slot;
    }
    return DW_OK;
}

static int32_t cosine(const entry *e, int64_t squares)
{
    const int64_t lengths = (int64_t)dw_square_root((uint64_t)squares * 256) * dw_square_root((uint64_t)e->squares * 256);
    int64_t result, rest;
    if (!lengths) return 0;
    result = e->product * 256 * SAME / lengths;
    rest = e->product * 256 * SAME % lengths;
    if (rest < 0) result--;
    return (int32_t)(result > SAME ? SAME : result < -SAME ? -SAME : result);
}

static int64_t squares_of(const int8_t *vector, uint32_t values)
{
    int64_t squares = 0;
    for (uint32_t i = 0; i < values; i++) squares += vector[i] * vector[i];
    return squares;
}

int dw_match(dw_net *net, const dw_store *store, const int8_t *vector, dw_name *name)
{
    dw_head head;
    gallery g;
    int found = 0, error = open_gallery(&g, net, store, &head);
    if (error) return error;
    name->label[0] = 0;
    name->similarity = 0;
    for (uint32_t slot = 0; slot < g.slots; slot++) {
        entry e;
        uint32_t later;
        int valid;
        int32_t similarity;
        error = read_entry(&g, slot, vector, &e, &valid);
        if (error) return error;
        if (!valid) continue;
        similarity = cosine(&e, squares_of(vector, g.values));
        if (found && similarity <= name->similarity) continue;
        error = last_of(&g, (const char *)e.fields + DW_ENTRY_LABEL, slot + 1, vector, &later);
        if (error) return error;
        if (later < g.slots) continue;
        found = 1;
        memcpy(name->label, e.fields + DW_ENTRY_LABEL, DW_ENTRY_LABEL_BYTES);
        name->similarity = similarity;
    }
    return found && name->similarity >= dw_field(&head, DW_D_THRESHOLD) ? DW_OK : DW_ERROR_NONE;
}

/* The first of the erased slots at the end. */
static int free_slot(const gallery *g, uint32_t *slot)
{
    for (*slot = g->slots; *slot > 0; --*slot) {
        for (uint32_t at = 0; at < g->slot_bytes; at += 4) {
            uint8_t word[4];
            const int error = read_slot(g, *slot - 1, at, word, sizeof word);
            if (error) return error;
            if (u32_at(word) != 0xffffffffu) return DW_OK;
        }
    }
    return DW_OK;
}

/* Values of the mean before this picture, times its pictures, and this one's: `bytes` of them from `first` on. */
static int sums_at(const gallery *g, uint32_t last, uint32_t pictures, const int8_t *vector, uint32_t first, uint32_t bytes, int32_t *sums)
{
    uint8_t chunk[CHUNK];
    int error = DW_OK;
    memset(chunk, 0, sizeof chunk);
    if (last < g->slots) error = read_slot(g, last, DW_ENTRY_VECTOR + first, chunk, bytes);
    for (uint32_t i = 0; i < bytes; i++)
        sums[i] = first + i < g->values ? (int8_t)chunk[i] * (int32_t)pictures + vector[first + i] : 0;
    return error;
}

/* Writes fields, vector and, last, the CRC. */
static int write_entry(const gallery *g, uint32_t slot, uint8_t *fields, uint32_t last, uint32_t pictures, const int8_t *vector)
{
    const uint32_t padded = g->slot_bytes - DW_ENTRY_VECTOR;
    int32_t sums[CHUNK];
    uint64_t squares = 0, length;
    uint32_t crc = dw_crc32(0, fields + DW_ENTRY_MAGIC, DW_ENTRY_VECTOR - DW_ENTRY_MAGIC);
    int error = write_slot(g, slot, DW_ENTRY_MAGIC, fields + DW_ENTRY_MAGIC, DW_ENTRY_VECTOR - DW_ENTRY_MAGIC);
    for (uint32_t first = 0; first < padded && !error; first += CHUNK) {
        const uint32_t bytes = least(CHUNK, padded - first);
        error = sums_at(g, last, pictures, vector, first, bytes, sums);
        for (uint32_t i = 0; i < bytes; i++) squares += (uint64_t)((int64_t)sums[i] * sums[i]);
    }
    length = dw_square_root(squares << 16);
    if (!length) length = 1;
    for (uint32_t first = 0; first < padded && !error; first += CHUNK) {
        uint8_t chunk[CHUNK];
        const uint32_t bytes = least(CHUNK, padded - first);
        error = sums_at(g, last, pictures, vector, first, bytes, sums);
        for (uint32_t i = 0; i < bytes; i++) chunk[i] = (uint8_t)dw_normalized(sums[i], length);
        crc = dw_crc32(crc, chunk, bytes);
        if (!error) error = write_slot(g, slot, DW_ENTRY_VECTOR + first, chunk, bytes);
    }
    for (uint32_t i = 0; i < 4; i++) fields[i] = (uint8_t)(crc >> 8 * i);
    return error ? error : write_slot(g, slot, DW_ENTRY_CRC, fields, 4);
}

int dw_enroll(dw_net *net, const dw_store *store, const char *label, const int8_t *vector)
{
    dw_head head;
    gallery g;
    uint8_t fields[DW_ENTRY_VECTOR];
    uint32_t slot, last, before = 0, pictures;
    const size_t length = strlen(label);
    int error = open_gallery(&g, net, store, &head);
    if (error) return error;
    if (length == 0 || length >= DW_ENTRY_LABEL_BYTES) return DW_ERROR_LENGTH;
    error = free_slot(&g, &slot);
    if (!error && slot == g.slots) error = DW_ERROR_MEMORY;
    if (!error) error = last_of(&g, label, 0, vector, &last);
    if (error) return error;
    memset(fields, 0, sizeof fields);
    if (last < g.slots) {
        error = read_slot(&g, last, 0, fields, sizeof fields);
        if (error) return error;
        before = u16_at(fields + DW_ENTRY_PICTURES);
        memset(fields, 0, sizeof fields);
    }
    pictures = before < DW_MOST_PICTURES ? before + 1 : before;
    for (uint32_t i = 0; i < 4; i++) fields[DW_ENTRY_MAGIC + i] = (uint8_t)(DW_GALLERY_MAGIC >> 8 * i);
    fields[DW_ENTRY_VALUES] = (uint8_t)g.values;
    fields[DW_ENTRY_VALUES + 1] = (uint8_t)(g.values >> 8);
    fields[DW_ENTRY_PICTURES] = (uint8_t)pictures;
    memcpy(fields + DW_ENTRY_LABEL, label, length);
    error = write_entry(&g, slot, fields, last, before, vector);
    return error ? error : (int)pictures;
}

int dw_gallery_copy(dw_net *net, const dw_store *from, const dw_store *to)
{
    dw_head head;
    gallery g, copy;
    uint32_t free = 0;
    int error = open_gallery(&g, net, from, &head);
    if (!error) error = open_gallery(&copy, net, to, &head);
    for (uint32_t slot = 0; slot < g.slots && !error; slot++) {
        entry e;
        uint32_t later;
        int valid;
        error = read_entry(&g, slot, NULL, &e, &valid);
        if (error || !valid) continue;
        error = last_of(&g, (const char *)e.fields + DW_ENTRY_LABEL, slot + 1, NULL, &later);
        if (error || later < g.slots) continue;
        if (free == copy.slots) return DW_ERROR_MEMORY;
        for (uint32_t at = 0; at < g.slot_bytes && !error; at += CHUNK) {
            uint8_t chunk[CHUNK];
            const uint32_t bytes = least(CHUNK, g.slot_bytes - at);
            error = read_slot(&g, slot, at, chunk, bytes);
            if (!error) error = write_slot(&copy, free, at, chunk, bytes);
        }
        free++;
    }
    return error;
}
