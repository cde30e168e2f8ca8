/* depthwise: runs a .dw model. Portable C99. There is no heap: everything that a net needs lies in the memory that
 * dw_open is given. `run --engine qemu-rv32` and its like say how much a model takes (heapBytes).
 *
 *   static dw_net net;
 *   static uint64_t memory[64 * 1024 / 8];
 *   const dw_blob blob = { dw_read_memory, (void *)model_dw, sizeof model_dw };
 *   const dw_kernels kernels = { &dw_wasm3, kernels_wasm, sizeof kernels_wasm };
 *   int error = dw_open(&net, &blob, &kernels, memory, sizeof memory);
 *   if (!error) memcpy(dw_input(&net, 0, NULL), pixels, ...);
 *   if (!error) error = dw_invoke(&net);
 *   if (error) puts(dw_error_text(error));
 *   else use(dw_output(&net, 0, NULL));
 */
#ifndef DW_H
#define DW_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Everything that can go wrong. Functions that return int return one of these where they fail. */
enum {
    DW_OK = 0,
    DW_ERROR_READ = -1,      /* the blob's read function failed */
    DW_ERROR_LENGTH = -2,    /* the file is shorter or longer than its header says */
    DW_ERROR_MAGIC = -3,     /* not a .dw file */
    DW_ERROR_VERSION = -4,   /* a .dw file of another format version */
    DW_ERROR_CRC = -5,       /* damaged */
    DW_ERROR_LAYOUT = -6,    /* a section, port or task lies outside the file or outside linear memory */
    DW_ERROR_KERNELS = -7,   /* the kernel module cannot be loaded, or lacks an export or a kernel of the model */
    DW_ERROR_MEMORY = -8,    /* the memory given to dw_open is too small */
    DW_ERROR_TRAP = -9,      /* the kernels were stopped; dw_net.detail says why */
    DW_ERROR_REFUSED = -10,  /* the kernels refused the model; dw_net.kernel_error has their code */
    DW_ERROR_CLOSED = -11,   /* dw_open failed or was not called */
    DW_ERROR_ORDER = -12,    /* a row of the input came when none was wanted, or did not come when it was */
    DW_ERROR_NONE = -13,     /* no such output, label or answer */
    DW_ERROR_KIND = -14,     /* the file has a kind of step that does not exist, or not in this version */
    DW_ERROR_FRAME = -15     /* no such frame, or the model takes none like it */
};

/* Result of dw_tick and dw_push_rows when the next row of the input is wanted. */
enum { DW_WAITING = 0x10000 };

/* Copies `bytes` bytes from `offset` of the file to `to`; returns 0, or anything else if it cannot. */
typedef int (*dw_read_function)(void *context, uint32_t offset, void *to, uint32_t bytes);

/* Where the .dw file is. It stays there, unchanged, as long as the net is open. */
typedef struct {
    dw_read_function read;
    void *context;
    uint32_t bytes;
} dw_blob;

/* For a file in memory or in memory-mapped flash: `context` is its address. */
int dw_read_memory(void *context, uint32_t offset, void *to, uint32_t bytes);

typedef struct dw_net dw_net;

/* How kernels are executed. */
typedef struct {
    /* Further demands of the kernels on the file: DW_OK or an error. */
    int (*check)(dw_net *net);
    /* Gives the net linear memory of header.memory_bytes bytes, zeroed, out of dw_take. */
    int (*open)(dw_net *net, const uint8_t *kernels, uint32_t bytes);
    /* Call the export of that name; the result is what it returned, or an error. */
    int (*begin)(dw_net *net, int32_t *result);
    int (*tick)(dw_net *net, int32_t *result);
    int (*push)(dw_net *net, int32_t *result);
    void (*close)(dw_net *net);
} dw_backend;

/* dw_wasm3 interprets kernels.wasm or kernels-full.wasm; dw_aot has the same kernels linked in as C, kernels.c. */
extern const dw_backend dw_wasm3;
extern const dw_backend dw_aot;

typedef struct {
    const dw_backend *backend;
    /* The module, which stays where it is as long as the net is open; NULL where the backend has it linked in. */
    const uint8_t *module;
    uint32_t bytes;
} dw_kernels;

struct dw_net {
    dw_blob blob;
    const dw_backend *backend;
    uint32_t memory_bytes, input_count, output_count, ports_offset, step_count;
    /* The head, in the file, and scratch, in linear memory. */
    uint32_t head_offset, head_bytes, scratch_address;
    /* Bytes of a row of the first input where rows are pushed one by one; 0 where it is resident. */
    uint32_t row_bytes;
    /* Memory that dw_open was given, the part of it that is used now, and the most that was used at a time. */
    uint8_t *ram;
    uint32_t ram_bytes, ram_used, ram_peak;
    /* Linear memory: the kernels' state, scratch and arena. */
    uint8_t *memory;
    /* Bytes that the kernels copied out of the blob since dw_begin was called. */
    uint64_t streamed_bytes;
    /* Message of the backend when it failed, or NULL. */
    const char *detail;
    /* The kernels' own code after DW_ERROR_REFUSED. */
    int32_t kernel_error;
    /* The backend's own. */
    void *state[4];
};

/* Checks of dw_open for these kernels, without opening the file: for a model that has just arrived. *memory_bytes,
 * where it is not NULL, becomes the linear memory that the model needs. */
int dw_check(const dw_blob *blob, const dw_backend *backend, uint32_t *memory_bytes);

/* Checks the file (magic, version, length, CRC-32, ranges), loads the kernels, and lays out linear memory, all in the
 * `bytes` bytes at `memory`, which are the net's until dw_close; nothing is taken later. After a failure nothing is left
 * open. Nets that are open have nothing in common: they may run in turns, or each in a thread. dw_wasm3 opens one at a time. */
int dw_open(dw_net *net, const dw_blob *blob, const dw_kernels *kernels, void *memory, uint32_t bytes);
void dw_close(dw_net *net);

/* Address of the bytes of input or output `index` in linear memory and their number; NULL if there is no such port, or
 * if it is an input whose rows are pushed.
 * Values of int32 and int64 outputs (ARG_MAX) are little-endian and stand at any address: copy them.
 * Valid until dw_close. Inputs are written before dw_begin and may be overwritten by the inference. */
uint8_t *dw_input(dw_net *net, uint32_t index, uint32_t *bytes);
uint8_t *dw_output(dw_net *net, uint32_t index, uint32_t *bytes);

/* One inference: dw_begin, then dw_tick until it returns 0. A tick executes one row task, so that the caller can feed a
 * watchdog or do other work in between. dw_tick returns 1 + the index of the step it worked on, 0 when the
 * inference is done, DW_WAITING when it can only go on with the next row of the input, or an error. After an error the
 * next inference starts with dw_begin again. */
int dw_begin(dw_net *net);
int dw_tick(dw_net *net);
int dw_invoke(dw_net *net);

/* For models whose first input comes row by row (dw_net.row_bytes is not 0), as a camera delivers it: after dw_begin,
 * hands over the next `count` rows, top row first, and runs until another one is wanted (DW_WAITING) or the inference is
 * done (DW_OK). Nothing of `rows` is needed afterwards. DW_ERROR_ORDER without dw_begin, or after the last row. */
int dw_push_rows(dw_net *net, const uint8_t *rows, uint32_t count);
/* dw_push_rows in two halves: one row, after dw_tick has returned DW_WAITING; it does not run anything. */
int dw_push_row(dw_net *net, const uint8_t *row);

/* A class and its score, dequantised; 1 where the model has chosen the class itself (ARG_MAX) and there are no scores. */
typedef struct {
    uint32_t index;
    float score;
} dw_class;

/* The `count` best classes of output `output`, best first; of equal ones the first stands first. Returns how many there
 * are (fewer where the output has fewer values, none where it is a map of chosen classes), or an error. */
int dw_top(dw_net *net, uint32_t output, dw_class *classes, uint32_t count);

/* Copies the name of class `index` to `text`, UTF-8, at most `bytes` - 1 bytes of it, and ends it with a 0.
 * DW_ERROR_NONE where the file has no such label. */
int dw_label(const dw_net *net, uint32_t index, char *text, uint32_t bytes);

/* Answers of the model's head, in whole numbers (docs/heads.md of the repository). Scores are values of the
 * model's own: dw_per_mille says what one stands for. These work in the kernels' scratch, when an inference is done, and change
 * no output; DW_ERROR_NONE where the model has no head of that kind. */

/* An object: a box in sixteenths of a pixel of the input, from its top left corner; it may reach beyond the border. */
typedef struct {
    uint32_t index;
    int32_t score;
    int32_t x, y, width, height;
} dw_detection;

/* The `count` best objects, best first. Returns how many there are, or an error. */
int dw_detect(dw_net *net, dw_detection *found, uint32_t count);

/* Thousandths of certainty; 0 where the model has no head. */
int32_t dw_per_mille(dw_net *net, int32_t score);

/* The vector of a picture, at length 127: all of its values, of which `vector` holds `count`. Returns how many there are, or
 * DW_ERROR_LENGTH where they are more. */
int dw_embed(dw_net *net, int8_t *vector, uint32_t count);

/* Where a gallery is kept: flash that is 255 where it is erased, or a file. Both return 0, or anything else where they fail. */
typedef struct {
    int (*read)(void *context, uint32_t offset, void *to, uint32_t bytes);
    int (*write)(void *context, uint32_t offset, const void *from, uint32_t bytes);
    void *context;
    uint32_t bytes;
} dw_store;

/* UTF-8, and the cosine of the angle between two vectors in 1/32768. */
typedef struct {
    char label[32];
    int32_t similarity;
} dw_name;

/* Adds the vector of a picture, as dw_embed gives it, to the mean of a name's: appends an entry to the store, of which a power cut
 * loses nothing else. Returns the pictures of the name; DW_ERROR_MEMORY where the store is full, DW_ERROR_LENGTH for a name of no
 * or more than 31 bytes, DW_ERROR_READ where the store fails. */
int dw_enroll(dw_net *net, const dw_store *store, const char *label, const int8_t *vector);

/* The name that is nearest; DW_ERROR_NONE where none is near enough, also of an empty store: *name is the nearest all the same. */
int dw_match(dw_net *net, const dw_store *store, const int8_t *vector, dw_name *name);

/* Copies what is the newest of each name to an erased store. DW_ERROR_MEMORY where it is too small. */
int dw_gallery_copy(dw_net *net, const dw_store *from, const dw_store *to);

/* Latitude and longitude in 1/65536 degrees. */
typedef struct {
    uint32_t index;
    int32_t score;
    int32_t latitude, longitude, radius_km;
} dw_place;

/* Where a picture was taken; DW_ERROR_NONE also where no cell has a score. */
int dw_locate(dw_net *net, dw_place *place);

/* One English sentence, never NULL. */
const char *dw_error_text(int error);

/* For backends: `bytes` bytes of the net's memory, zeroed, on a multiple of 8; NULL where that much is not left. */
void *dw_take(dw_net *net, uint32_t bytes);

/* For backends: copies bytes of the file; 0 or DW_ERROR_READ. The range must exist. */
int dw_read_blob(const dw_net *net, uint32_t offset, void *to, uint32_t bytes);

/* For backends: what the kernels' import dw.read does. Copies blob bytes [src, src + bytes) to linear memory at dst.
 * DW_ERROR_LAYOUT if either range does not exist. */
int dw_stream(dw_net *net, uint32_t dst, uint32_t src, uint32_t bytes);

/* RAM that holds code compiled by wasm3, in bytes: whole pages. */
uint32_t dw_wasm3_code_bytes(const dw_net *net);

#ifdef __cplusplus
}
#endif

#endif
