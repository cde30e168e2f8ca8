// The .dw file, described once. Plain numbers only: this file is compiled by tsc (host), by AssemblyScript (wasm
// kernels), by rollup to ES5 (board JavaScript), and tools/build writes it as a C header for firmware-glue/core.
// All values are little-endian; all sections start on a multiple of 4 bytes.
//
//   header | ports | tasks | steps | constants (weights, biases, tables) | head | strings
//
// Linear memory of an instance, addresses from 0:
//
//   state (STATE_ROWS_DONE + 2 per step) | arena | scratch
//
// Scratch stands last, so that a kernel which needs more of it than the plan says leaves the memory and traps.

// "DW" 0x01 0x1a: the last byte stops a terminal from printing the rest.
export const MAGIC = 0x1a015744;
export const VERSION = 4;

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
/** Head (head-layout.ts). No bytes where values of the first output are scores of classes. Kernels read up to here. */
export const H_HEAD_OFFSET = 84;
export const H_HEAD_BYTES = 88;
export const HEADER_BYTES = 92;

// --- flags of the header -----------------------------------------------------------------------------------------
/** Requantisation rounds once (TFLITE_SINGLE_ROUNDING) instead of twice (gemmlowp). */
export const FLAG_SINGLE_ROUNDING = 1;
/** Weights are seeded random numbers; the network was never trained. */
export const FLAG_RANDOM_WEIGHTS = 2;
/** Ranges of the activations come from seeded random inputs; the network was never calibrated. */
export const FLAG_RANDOM_RANGES = 4;

// --- port: one per model input, then one per model output --------------------------------------------------------
/** Address in linear memory. */
export const P_ADDRESS = 0;
export const P_BYTES = 4;
/** Four u32: batch, height, width, channels; or 1, 1, 1, N. Of int32 and int64 their values, of which P_BYTES has 4 or 8 each. */
export const P_SHAPE = 8;
/** Bits of a float32. */
export const P_SCALE = 24;
export const P_ZERO_POINT = 28;
/** DTYPE_* of the values that go in or come out. */
export const P_DTYPE = 32;
/**
 * 0, or, of the first input where rows of it are handed over one by one, the bytes of a row. Then P_ADDRESS is 0: what
 * push() returns is where the next row goes.
 */
export const P_ROW_BYTES = 36;
/** File offset of the row table of such an input, relative to the arena; or 0. */
export const P_ROWS = 40;
/**
 * i32 each, of inputs: the byte for pixel 0..255 of a picture is (multiplier * pixel + offset) >> 16, clamped to the dtype
 * (docs/pictures.md). 255 * |multiplier| + |offset| is below 2^31.
 */
export const P_PIXEL_MULTIPLIER = 44;
export const P_PIXEL_OFFSET = 48;
export const PORT_BYTES = 52;

export const DTYPE_INT8 = 0;
export const DTYPE_UINT8 = 1;
/** Outputs alone: places in an axis, which REDUCE writes, little-endian and at any address. */
export const DTYPE_INT32 = 2;
export const DTYPE_INT64 = 3;

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
/** u16 each. */
export const S_IN_HEIGHT = 0;
export const S_IN_WIDTH = 2;
export const S_IN_CHANNELS = 4;
export const S_OUT_HEIGHT = 6;
export const S_OUT_WIDTH = 8;
export const S_OUT_CHANNELS = 10;
export const S_KERNEL_H = 12;
export const S_KERNEL_W = 14;
export const S_STRIDE_H = 16;
export const S_STRIDE_W = 18;
/** BINARY: height and width of the second operand. */
export const S_PAD_TOP = 20;
export const S_PAD_LEFT = 22;
/** Depthwise: output channels per input channel. BINARY: channels of the second operand. */
export const S_DEPTH_MULTIPLIER = 24;
/** GENERAL_CONV: groups of input channels, each of which meets its own output channels alone. */
export const S_GROUPS = 24;
/** REDUCE: bytes of a result, 1 or, of an index, 4 or 8. */
export const S_RESULT_BYTES = 24;
/** Bytes from one output pixel to the next (more than S_OUT_CHANNELS when writing a slice of a concatenation). */
export const S_OUT_PIXEL_STRIDE = 26;
export const S_FLAGS = 28;
/** CONV: input values after which lanes must be emptied (STEP_SPLIT_LANES), a multiple of S_K_CHUNK. */
export const S_LANE_K = 30;
/** i16 each. */
export const S_IN_ZERO_POINT = 32;
export const S_OUT_ZERO_POINT = 34;
export const S_WEIGHT_ZERO_POINT = 36;
export const S_CLAMP_LOW = 38;
export const S_CLAMP_HIGH = 40;
export const S_IN2_ZERO_POINT = 42;
/**
 * u16 each. CONV: output channels, and input values (a multiple of 8), worked on at a time. GATHER: runs of a pixel. PERMUTE: loops.
 */
export const S_OUT_CHUNK = 44;
export const S_K_CHUNK = 46;
/** u32 each. Of a tensor's three fields, X_ROWS is a file offset or 0. */
export const S_KIND = 48;
export const S_IN_ADDRESS = 52;
export const S_IN_STRIDE = 56;
export const S_IN_ROWS = 60;
export const S_OUT_ADDRESS = 64;
export const S_OUT_STRIDE = 68;
export const S_OUT_ROWS = 72;
/** The second input of a sum, or of BINARY where it is no constant. */
export const S_IN2_ADDRESS = 76;
export const S_IN2_STRIDE = 80;
export const S_IN2_ROWS = 84;
// GENERAL_CONV, u16 each: the distance between the pixels of a window, and output pixels per input pixel (the stride of a
// transposed convolution). One of the two is 1 in either direction.
export const S_DILATION_H = 80;
export const S_DILATION_W = 82;
export const S_SPREAD_H = 84;
export const S_SPREAD_W = 86;
/** File offsets. What stands there depends on the kind. */
export const S_WEIGHTS = 88;
export const S_TABLE = 92;
// u32 each, of CONV: what kernels would have to work out again and again. src/steps/conv.ts has the formulas.
/** Input values of an output: kernel height * kernel width * channels. */
export const S_K = 96;
/** Input values that stand together: kernel width * channels, or all of K where windows are single pixels. */
export const S_RUN = 100;
/**
 * Where windows are copied to, row above row; 0 where they are single pixels, which are read where they are.
 * DEPTHWISE: a row of the input's zero points.
 */
export const S_WINDOW = 104;
/** Bytes of a copied row: the windows of S_OUT_WIDTH pixels, twelve at most. */
export const S_WINDOW_ROW = 108;
/** Where 32-bit sums stand; 0 where lanes are requantised. */
export const S_ACCUMULATORS = 112;
/** Pixels that follow one another at equal distances in input and output: of a row, or of all rows. */
export const S_RUN_PIXELS = 116;
/** DEPTHWISE: where the addresses of a task's rows are listed. */
export const S_BLOCKS = 120;
export const STEP_BYTES = 124;

// --- step flags --------------------------------------------------------------------------------------------------
/**
 * Requantisation takes the general path: no fused lower clamp at the output zero point, a very large shift, or a kernel
 * that sums in 32 bits.
 */
export const STEP_GENERAL_REQUANTIZE = 1;
/** CONV: 21-bit lanes could overflow over all of K, so they are emptied into 32-bit sums every S_LANE_K. */
export const STEP_SPLIT_LANES = 2;
/** DEPTHWISE: the window is 3x3, and strides and padding are as kernels for such windows want them. */
export const STEP_THREE_BY_THREE = 16;
/** Besides, requantisation takes the fast path, and there is more than one column. */
export const STEP_COLUMNS = 8;
/** Average pools, bilinear resizing and L2 normalization of a legacy uint8 model: rounds as unsigned numbers do. */
export const STEP_UNSIGNED_ROUNDING = 4;
/** REDUCE: the greatest value, or the least; neither: the sum, rescaled. */
export const STEP_GREATEST = 32;
export const STEP_LEAST = 64;

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
/** DEPTHWISE with STEP_COLUMNS, all tasks of which are of one row. */
export const KIND_DEPTHWISE_ROW = 12;
/**
 * output[y][x][c] = input[rows[y]][columns[x]][channels[c]]: slices, paddings of any axis, mirrored and nearest neighbours. Table, u16
 * each: the input row of each output row, the input pixel of each output pixel, then S_OUT_CHUNK runs of a pixel's bytes, {first
 * input channel, count}. NOTHING in the place of a row, a pixel or a channel stands for bytes S_CLAMP_LOW.
 */
export const KIND_GATHER = 13;
/**
 * The input's bytes in another order: axes exchanged, blocks to channels and back. Output bytes are counted by S_OUT_CHUNK loops, the
 * last of which runs fastest. Table: {count, input rows, input bytes} of each, u32: where in the input one step of it leads.
 */
export const KIND_PERMUTE = 14;
/**
 * What BINARY_* says of every value and its partner in a second operand, each axis of which is as long as the output's or 1. The
 * operand is a second input, or, with BINARY_CONSTANT, int8 values at S_WEIGHTS; its zero point is S_WEIGHT_ZERO_POINT. Table as
 * of KIND_ADD: multiplier and shift, i32 each, of both operands and the output.
 */
export const KIND_BINARY = 15;
/** Softmax of a map whose rows stay rows, so that they stream. */
export const KIND_SOFTMAX_ROWS = 16;

/** Sums, greatest or least values, or where in an axis these stand, over any of height, width and channels. */
export const KIND_REDUCE = 20;
export const KIND_RESIZE_BILINEAR = 21;
/** Each pixel's channels divided by their Euclidean norm. */
export const KIND_L2_NORMALIZE = 22;
/** Convolution with dilation, groups or a fractional stride: dilated, grouped, dilated depthwise, transposed. */
export const KIND_GENERAL_CONV = 23;

/** GATHER: no row, pixel or channel. */
export const NOTHING = 0xffff;
/** Loops of a PERMUTE, at most. */
export const MOST_LOOPS = 6;

// --- flags of BINARY: one of these, and BINARY_CONSTANT -------------------------------------------------------------
/** A sum as of KIND_ADD, either operand negated. */
export const BINARY_ADD = 32;
export const BINARY_SUBTRACT = 32 + 256;
export const BINARY_SUBTRACT_FROM = 32 + 512;
/** The output's multiplier is that of the product. */
export const BINARY_MULTIPLY = 64;
/** Values below zero are multiplied by the second operand; the first one's multiplier is for the others. */
export const BINARY_PRELU = 64 + 256;
/** Maximum and minimum compare bytes as they are: all have one scale and zero point. */
export const BINARY_MAXIMUM = 128;
export const BINARY_MINIMUM = 128 + 256;
/** Bits of these: what is computed, and two variants of it. */
export const BINARY_SUM = 32;
export const BINARY_PRODUCT = 64;
export const BINARY_EXTREME = 128;
export const BINARY_SECOND = 256;
export const BINARY_FIRST = 512;
export const BINARY_CONSTANT = 1024;

// --- scratch of a convolution: byte offsets from H_SCRATCH_ADDRESS --------------------------------------------------
// Whatever a kernel steps through output by output lies SCRATCH_COLUMN apart, so that one pointer serves all of it.
/** Most outputs, and input values, that are worked on at a time. */
export const MOST_OUTPUTS = 64;
export const MOST_K = 64;
/** 64 eight-byte values, one per output. */
export const SCRATCH_COLUMN = 512;
/** Addresses of a group's twelve pixels, i32. */
export const SCRATCH_PIXELS = 0;
/** Eight weights of each output, and room to read beyond the last one. */
export const SCRATCH_WEIGHTS = 48;
/** Four columns: the sums of a group's four words. */
export const SCRATCH_SUMS = 568;
/** Two columns: requantisation records. */
export const SCRATCH_RECORDS = 2616;
/** Packed words, four i64 per input value; when they have been used, the finished bytes of twelve pixels. */
export const SCRATCH_WORDS = 3640;
/** The first finished pixel: its first bytes are stored with seven bytes of no meaning in front of them. */
export const SCRATCH_FINISHED = 3648;
/** From one finished pixel to the next: 64 outputs, and as much before them. */
export const FINISHED_PIXEL = 72;

// --- state: what an executor keeps between two ticks ---------------------------------------------------------------
// [0, STEP_BYTES) the record of the step that runs, then these words, then one u16 per step: rows done.
/** The file's header. */
export const STATE_HEADER = 124;
export const STATE_SCRATCH = 144;
export const STATE_ARENA = 152;
export const STATE_TASKS_LEFT = 168;
export const STATE_NEXT_TASK = 172;
export const STATE_FLAGS = 196;
export const STATE_ROW_SHIFT = 204;
/** The task that runs; its T_REPEAT counts down. */
export const STATE_TASK = 208;
/** 1 + the step whose record is loaded; 0 where none is. */
export const STATE_LOADED_STEP = 212;
/** The task's first output row, and the one after its last. */
export const STATE_FIRST = 216;
export const STATE_END = 220;
/** Where an entry of a row table, or the place of one, is read to. */
export const STATE_ROW = 224;
/** Rows of the first input that the host has brought, and that tasks have taken. */
export const STATE_ROWS_PUSHED = 228;
export const STATE_ROWS_TAKEN = 232;
export const STATE_ROWS_DONE = 236;

/** Result of tick() when it can only go on with the next row of the input. Steps are fewer than that. */
export const TICK_WAITING = 0x10000;
