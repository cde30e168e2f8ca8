// The .dw file, described once. Plain numbers only: this file is compiled by tsc (host), by AssemblyScript (wasm
// kernels), by rollup to ES5 (board JavaScript), and tools/build writes it as a C header for firmware-glue/core.
// All values are little-endian; all sections start on a multiple of 4 bytes.
//
//   header | ports | tasks | steps | constants (weights, biases, tables) | strings
//
// Linear memory of an instance, addresses from 0:
//
//   state (STATE_ROWS_DONE + 2 per step) | arena | scratch
//
// Scratch stands last, so that a kernel which needs more of it than the plan says leaves the memory and traps.

// "DW" 0x01 0x1a: the last byte stops a terminal from printing the rest.
export const MAGIC = 0x1a015744;
export const VERSION = 1;

// --- header: u32 each, byte offset in the file -------------------------------------------------------------------
export const H_MAGIC = 0;
export const H_VERSION = 4;
export const H_TOTAL_BYTES = 8;
/** CRC-32 (IEEE 802.3, as zlib) of every byte from CRC_FROM to the end of the file. */
export const H_CRC32 = 12;
export const CRC_FROM = 16;
/** Bytes of linear memory: state, scratch and arena. */
export const H_MEMORY_BYTES = 16;
export const H_SCRATCH_ADDRESS = 20;
export const H_SCRATCH_BYTES = 24;
export const H_ARENA_ADDRESS = 28;
export const H_ARENA_BYTES = 32;
export const H_STEP_COUNT = 36;
export const H_STEPS_OFFSET = 40;
export const H_TASK_COUNT = 44;
export const H_TASKS_OFFSET = 48;
export const H_INPUT_COUNT = 52;
export const H_OUTPUT_COUNT = 56;
export const H_PORTS_OFFSET = 60;
export const H_STRINGS_OFFSET = 64;
export const H_STRINGS_BYTES = 68;
export const H_FLAGS = 72;
/** Multiply-accumulates of the model, as the paper counts them. */
export const H_MACS = 76;
/** Entries of row tables are counted in units of 2^this bytes. */
export const H_ROW_SHIFT = 80;
export const HEADER_BYTES = 84;

// --- flags of the header -----------------------------------------------------------------------------------------
/** Requantisation rounds once (TFLITE_SINGLE_ROUNDING) instead of twice (gemmlowp). */
export const FLAG_SINGLE_ROUNDING = 1;
/** Weights are seeded random numbers; the network was never trained. */
export const FLAG_RANDOM_WEIGHTS = 2;

// --- port: one per model input, then one per model output --------------------------------------------------------
/** Address in linear memory. */
export const P_ADDRESS = 0;
export const P_BYTES = 4;
/** Four u32: batch, height, width, channels; or 1, 1, 1, N. */
export const P_SHAPE = 8;
/** Bits of a float32. */
export const P_SCALE = 24;
export const P_ZERO_POINT = 28;
/** DTYPE_* of the bytes that go in or come out. */
export const P_DTYPE = 32;
/**
 * 0, or, of the first input where rows of it are handed over one by one, the bytes of a row. Then P_ADDRESS is 0: what
 * push() returns is where the next row goes.
 */
export const P_ROW_BYTES = 36;
/** File offset of the row table of such an input, relative to the arena; or 0. */
export const P_ROWS = 40;
export const PORT_BYTES = 44;

export const DTYPE_INT8 = 0;
export const DTYPE_UINT8 = 1;

// --- strings: UTF-8, each ended by a 0 byte: model name, one name per port, then the labels ----------------------

// --- task: what one tick() does: `rows` output rows of a step, `repeat` such tasks in a row -----------------------
/** u16: a step, or FEED. */
export const T_STEP = 0;
/** u8 */
export const T_ROWS = 2;
/** u8, at least 1 */
export const T_REPEAT = 3;
export const TASK_BYTES = 4;
/** The step of a task that takes T_ROWS rows of the first input, and waits for them where they have not been pushed. */
export const FEED = 0xffff;

// --- step --------------------------------------------------------------------------------------------------------
// A tensor in linear memory is rows. Row y of tensor X stands at X_ADDRESS + y * X_STRIDE, or, where X_ROWS is not 0, at
// X_ADDRESS + (entry y of the table of u16 at file offset X_ROWS) * 2^H_ROW_SHIFT.
/** u32 each. */
export const S_KIND = 0;
export const S_IN_ADDRESS = 4;
export const S_IN_STRIDE = 8;
export const S_OUT_ADDRESS = 12;
export const S_OUT_STRIDE = 16;
/** File offsets. What stands there depends on the kind. */
export const S_WEIGHTS = 20;
export const S_TABLE = 24;
/** ADD: second input. */
export const S_IN2_ADDRESS = 28;
export const S_IN2_STRIDE = 32;
/** File offsets of row tables, or 0. */
export const S_IN_ROWS = 36;
export const S_OUT_ROWS = 40;
export const S_IN2_ROWS = 44;
/** u16 each. */
export const S_IN_HEIGHT = 48;
export const S_IN_WIDTH = 50;
export const S_IN_CHANNELS = 52;
export const S_OUT_HEIGHT = 54;
export const S_OUT_WIDTH = 56;
export const S_OUT_CHANNELS = 58;
export const S_KERNEL_H = 60;
export const S_KERNEL_W = 62;
export const S_STRIDE_H = 64;
export const S_STRIDE_W = 66;
export const S_PAD_TOP = 68;
export const S_PAD_LEFT = 70;
/** Depthwise: output channels per input channel. */
export const S_DEPTH_MULTIPLIER = 72;
/** Bytes from one output pixel to the next (more than S_OUT_CHANNELS when writing a slice of a concatenation). */
export const S_OUT_PIXEL_STRIDE = 74;
export const S_FLAGS = 76;
/** CONV: input values after which lanes must be emptied (STEP_SPLIT_LANES), a multiple of S_K_CHUNK. */
export const S_LANE_K = 78;
/** i16 each. */
export const S_IN_ZERO_POINT = 80;
export const S_OUT_ZERO_POINT = 82;
export const S_WEIGHT_ZERO_POINT = 84;
export const S_CLAMP_LOW = 86;
export const S_CLAMP_HIGH = 88;
export const S_IN2_ZERO_POINT = 90;
/** u16 each. CONV: output channels, and input values (a multiple of 8), worked on at a time. */
export const S_OUT_CHUNK = 92;
export const S_K_CHUNK = 94;
export const STEP_BYTES = 96;

// --- step flags --------------------------------------------------------------------------------------------------
/** Requantisation takes the general path: no fused lower clamp at the output zero point, or a very large shift. */
export const STEP_GENERAL_REQUANTIZE = 1;
/** CONV: 21-bit lanes could overflow over all of K, so they are emptied into 32-bit sums every S_LANE_K. */
export const STEP_SPLIT_LANES = 2;
/** AVERAGE_POOL of a legacy uint8 model: rounds as unsigned numbers do. */
export const STEP_UNSIGNED_ROUNDING = 4;

// --- step kinds --------------------------------------------------------------------------------------------------
export const KIND_CONV = 1;
export const KIND_DEPTHWISE = 2;
export const KIND_AVERAGE_POOL = 3;
export const KIND_MAX_POOL = 4;
export const KIND_MEAN = 5;
export const KIND_ADD = 6;
/** Each byte through a table of 256: logistic, relu, requantisation between two int8 tensors, concatenation. */
export const KIND_LUT = 7;
export const KIND_PAD = 8;
export const KIND_SOFTMAX = 9;
/** Each byte with its top bit flipped: uint8 to int8 and back. */
export const KIND_FLIP = 10;
/** CONV of a 1x1 input: one output pixel, same weights and table. */
export const KIND_FULLY_CONNECTED = 11;

// --- state: what an executor keeps between two ticks ---------------------------------------------------------------
// [0, STEP_BYTES) the record of the step that runs, then these words, then one u16 per step: rows done.
export const STATE_TASK_INDEX = 96;
export const STATE_TASK_REPEAT = 100;
export const STATE_LOADED_STEP = 104;
export const STATE_TASKS_OFFSET = 108;
export const STATE_TASK_COUNT = 112;
export const STATE_STEPS_OFFSET = 116;
export const STATE_SCRATCH = 120;
export const STATE_FLAGS = 124;
export const STATE_TASK = 128;
/** Where an entry of a row table is read to. */
export const STATE_ROW = 132;
export const STATE_ROW_SHIFT = 136;
export const STATE_ARENA = 140;
/** P_ROWS of the first input. */
export const STATE_INPUT_ROWS = 144;
/** Rows of the first input that the host has brought, and that tasks have taken. */
export const STATE_ROWS_PUSHED = 148;
export const STATE_ROWS_TAKEN = 152;
export const STATE_ROWS_DONE = 156;

/** What tick() returns when it can only go on with the next row of the input. Steps are fewer than that. */
export const TICK_WAITING = 0x10000;
