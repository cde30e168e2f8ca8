/* The .dw file: written by tools/build/c-header.ts from src/program: layout.ts, head-layout.ts, and src/format:
 * slot-layout.ts, calls.ts, which explain every field. Do not edit: run npm run build. */
#ifndef DW_FORMAT_H
#define DW_FORMAT_H

#define DW_VERSION 4u
#define DW_FEED 65535u
#define DW_NOTHING 65535u
#define DW_MAGIC 0x1a015744u

#define DW_BINARY_ADD 32u
#define DW_BINARY_SUM 32u
#define DW_BINARY_MULTIPLY 64u
#define DW_BINARY_PRODUCT 64u
#define DW_BINARY_EXTREME 128u
#define DW_BINARY_MAXIMUM 128u
#define DW_BINARY_SECOND 256u
#define DW_BINARY_SUBTRACT 288u
#define DW_BINARY_PRELU 320u
#define DW_BINARY_MINIMUM 384u
#define DW_BINARY_FIRST 512u
#define DW_BINARY_SUBTRACT_FROM 544u
#define DW_BINARY_CONSTANT 1024u

#define DW_CELL_LATITUDE 0u
#define DW_CELL_LONGITUDE 4u
#define DW_CELL_RADIUS 8u
#define DW_CELL_X 12u
#define DW_CELL_Y 16u
#define DW_CELL_Z 20u
#define DW_CELL_BYTES 24u

#define DW_CENTROIDS_BYTES 60u

#define DW_CRC_FROM 16u

#define DW_D_KIND 0u
#define DW_D_SCRATCH_BYTES 4u
#define DW_D_INPUT_HEIGHT 8u
#define DW_D_INPUT_WIDTH 12u
#define DW_D_CLASSES 16u
#define DW_D_MOST 20u
#define DW_D_THRESHOLD 24u
#define DW_D_SCORE_ZERO 28u
#define DW_D_SCORE_STEP 32u
#define DW_D_OUTPUT 36u
#define DW_D_OVERLAP 40u
#define DW_D_FRACTION 44u
#define DW_D_BOXES 48u
#define DW_D_GRIDS 48u
#define DW_D_NEAR 48u
#define DW_D_ROWS 48u
#define DW_D_ANCHORS 52u
#define DW_D_CELLS 52u
#define DW_D_COLUMNS 52u
#define DW_D_SOFTMAX 52u
#define DW_D_BACKGROUND 56u
#define DW_D_FIRST_CLASS 56u
#define DW_D_PER_BOX 60u
#define DW_D_PER_CLASS 64u
#define DW_D_BOX_ZERO 68u
#define DW_D_STEP_BITS 72u
#define DW_D_STEP_Y 76u
#define DW_D_STEP_X 80u
#define DW_D_SIZE_HEIGHT 84u
#define DW_D_SIZE_WIDTH 88u
#define DW_D_ANCHOR_TABLE 92u
#define DW_D_ANCHOR_BYTES 96u
#define DW_D_ANCHOR_ZERO 100u
#define DW_D_ANCHOR_Y 104u
#define DW_D_ANCHOR_X 108u

#define DW_DTYPE_INT8 0u
#define DW_DTYPE_UINT8 1u
#define DW_DTYPE_INT32 2u
#define DW_DTYPE_INT64 3u

#define DW_ENTRY_CRC 0u
#define DW_ENTRY_MAGIC 4u
#define DW_ENTRY_VALUES 8u
#define DW_ENTRY_PICTURES 10u
#define DW_ENTRY_LABEL 12u
#define DW_ENTRY_LABEL_BYTES 32u
#define DW_ENTRY_VECTOR 44u

#define DW_FINISHED_PIXEL 72u

#define DW_FLAG_SINGLE_ROUNDING 1u
#define DW_FLAG_RANDOM_WEIGHTS 2u
#define DW_FLAG_RANDOM_RANGES 4u

#define DW_G_OUTPUT 0u
#define DW_G_ROWS 4u
#define DW_G_COLUMNS 8u
#define DW_G_ANCHORS 12u
#define DW_G_CELL_STEP 16u
#define DW_G_ANCHOR_STEP 20u
#define DW_G_FIELD_STEP 24u
#define DW_G_STRIDE_Y 28u
#define DW_G_STRIDE_X 32u
#define DW_G_TABLE_Y 36u
#define DW_G_TABLE_X 40u
#define DW_G_TABLE_SIZE 44u
#define DW_G_TABLE_OBJECT 48u
#define DW_G_TABLE_CLASS 52u
#define DW_G_ANCHOR_TABLE 56u

#define DW_GALLERY_MAGIC 0x1475744u

#define DW_GRID_BYTES 60u

#define DW_H_MAGIC 0u
#define DW_H_VERSION 4u
#define DW_H_TOTAL_BYTES 8u
#define DW_H_CRC32 12u
#define DW_H_MEMORY_BYTES 16u
#define DW_H_SCRATCH_ADDRESS 20u
#define DW_H_SCRATCH_BYTES 24u
#define DW_H_ARENA_ADDRESS 28u
#define DW_H_ARENA_BYTES 32u
#define DW_H_STEP_COUNT 36u
#define DW_H_STEPS_OFFSET 40u
#define DW_H_TASK_COUNT 44u
#define DW_H_TASKS_OFFSET 48u
#define DW_H_INPUT_COUNT 52u
#define DW_H_OUTPUT_COUNT 56u
#define DW_H_PORTS_OFFSET 60u
#define DW_H_STRINGS_OFFSET 64u
#define DW_H_STRINGS_BYTES 68u
#define DW_H_FLAGS 72u
#define DW_H_MACS 76u
#define DW_H_ROW_SHIFT 80u
#define DW_H_HEAD_OFFSET 84u
#define DW_H_HEAD_BYTES 88u

#define DW_HEAD_NONE 0u
#define DW_HEAD_CLASSIFY 1u
#define DW_HEAD_CENTROIDS 2u
#define DW_HEAD_SSD 3u
#define DW_HEAD_YOLO 4u
#define DW_HEAD_EMBED 5u
#define DW_HEAD_LOCATE 6u
#define DW_HEAD_BYTES 48u

#define DW_HEADER_BYTES 92u

#define DW_KEPT_BYTES 28u

#define DW_KIND_CONV 1u
#define DW_KIND_DEPTHWISE 2u
#define DW_KIND_AVERAGE_POOL 3u
#define DW_KIND_MAX_POOL 4u
#define DW_KIND_MEAN 5u
#define DW_KIND_ADD 6u
#define DW_KIND_LUT 7u
#define DW_KIND_PAD 8u
#define DW_KIND_SOFTMAX 9u
#define DW_KIND_FLIP 10u
#define DW_KIND_FULLY_CONNECTED 11u
#define DW_KIND_DEPTHWISE_ROW 12u
#define DW_KIND_GATHER 13u
#define DW_KIND_PERMUTE 14u
#define DW_KIND_BINARY 15u
#define DW_KIND_SOFTMAX_ROWS 16u
#define DW_KIND_REDUCE 20u
#define DW_KIND_RESIZE_BILINEAR 21u
#define DW_KIND_L2_NORMALIZE 22u
#define DW_KIND_GENERAL_CONV 23u

#define DW_LOCATE_BYTES 56u

#define DW_MOST_LOOPS 6u
#define DW_MOST_GRIDS 8u
#define DW_MOST_PICTURES 15u
#define DW_MOST_K 64u
#define DW_MOST_OUTPUTS 64u
#define DW_MOST_ANSWERS 1024u
#define DW_MOST_INPUT 4096u
#define DW_MOST_VALUES 4096u
#define DW_MOST_BOXES 32768u
#define DW_MOST_CLASSES 32768u

#define DW_P_ADDRESS 0u
#define DW_P_BYTES 4u
#define DW_P_SHAPE 8u
#define DW_P_SCALE 24u
#define DW_P_ZERO_POINT 28u
#define DW_P_DTYPE 32u
#define DW_P_ROW_BYTES 36u
#define DW_P_ROWS 40u
#define DW_P_PIXEL_MULTIPLIER 44u
#define DW_P_PIXEL_OFFSET 48u

#define DW_PORT_BYTES 52u

#define DW_S_IN_HEIGHT 0u
#define DW_S_IN_WIDTH 2u
#define DW_S_IN_CHANNELS 4u
#define DW_S_OUT_HEIGHT 6u
#define DW_S_OUT_WIDTH 8u
#define DW_S_OUT_CHANNELS 10u
#define DW_S_KERNEL_H 12u
#define DW_S_KERNEL_W 14u
#define DW_S_STRIDE_H 16u
#define DW_S_STRIDE_W 18u
#define DW_S_PAD_TOP 20u
#define DW_S_PAD_LEFT 22u
#define DW_S_DEPTH_MULTIPLIER 24u
#define DW_S_GROUPS 24u
#define DW_S_RESULT_BYTES 24u
#define DW_S_OUT_PIXEL_STRIDE 26u
#define DW_S_FLAGS 28u
#define DW_S_LANE_K 30u
#define DW_S_IN_ZERO_POINT 32u
#define DW_S_OUT_ZERO_POINT 34u
#define DW_S_WEIGHT_ZERO_POINT 36u
#define DW_S_CLAMP_LOW 38u
#define DW_S_CLAMP_HIGH 40u
#define DW_S_IN2_ZERO_POINT 42u
#define DW_S_OUT_CHUNK 44u
#define DW_S_K_CHUNK 46u
#define DW_S_KIND 48u
#define DW_S_IN_ADDRESS 52u
#define DW_S_IN_STRIDE 56u
#define DW_S_IN_ROWS 60u
#define DW_S_OUT_ADDRESS 64u
#define DW_S_OUT_STRIDE 68u
#define DW_S_OUT_ROWS 72u
#define DW_S_IN2_ADDRESS 76u
#define DW_S_DILATION_H 80u
#define DW_S_IN2_STRIDE 80u
#define DW_S_DILATION_W 82u
#define DW_S_IN2_ROWS 84u
#define DW_S_SPREAD_H 84u
#define DW_S_SPREAD_W 86u
#define DW_S_WEIGHTS 88u
#define DW_S_TABLE 92u
#define DW_S_K 96u
#define DW_S_RUN 100u
#define DW_S_WINDOW 104u
#define DW_S_WINDOW_ROW 108u
#define DW_S_ACCUMULATORS 112u
#define DW_S_RUN_PIXELS 116u
#define DW_S_BLOCKS 120u

#define DW_SCRATCH_PIXELS 0u
#define DW_SCRATCH_WEIGHTS 48u
#define DW_SCRATCH_COLUMN 512u
#define DW_SCRATCH_SUMS 568u
#define DW_SCRATCH_RECORDS 2616u
#define DW_SCRATCH_WORDS 3640u
#define DW_SCRATCH_FINISHED 3648u

#define DW_SLOT_R_MAGIC 0u
#define DW_SLOT_R_SEQUENCE 4u
#define DW_SLOT_R_BYTES 8u
#define DW_SLOT_R_CRC32 12u
#define DW_SLOT_R_CHECK 16u
#define DW_SLOT_UNIT 16u
#define DW_SLOT_RECORD_BYTES 32u
#define DW_SLOT_TRIED 32u
#define DW_SLOT_CONFIRMED 48u
#define DW_SLOT_REJECTED 64u
#define DW_SLOT_MODEL 4096u
#define DW_SLOT_SECTOR 4096u
#define DW_SLOT_MAGIC 0x1535744u

#define DW_SSD_BYTES 112u

#define DW_STATE_HEADER 124u
#define DW_STATE_SCRATCH 144u
#define DW_STATE_ARENA 152u
#define DW_STATE_TASKS_LEFT 168u
#define DW_STATE_NEXT_TASK 172u
#define DW_STATE_FLAGS 196u
#define DW_STATE_ROW_SHIFT 204u
#define DW_STATE_TASK 208u
#define DW_STATE_LOADED_STEP 212u
#define DW_STATE_FIRST 216u
#define DW_STATE_END 220u
#define DW_STATE_ROW 224u
#define DW_STATE_ROWS_PUSHED 228u
#define DW_STATE_ROWS_TAKEN 232u
#define DW_STATE_ROWS_DONE 236u

#define DW_STEP_GENERAL_REQUANTIZE 1u
#define DW_STEP_SPLIT_LANES 2u
#define DW_STEP_UNSIGNED_ROUNDING 4u
#define DW_STEP_COLUMNS 8u
#define DW_STEP_THREE_BY_THREE 16u
#define DW_STEP_GREATEST 32u
#define DW_STEP_LEAST 64u
#define DW_STEP_BYTES 124u

#define DW_T_STEP 0u
#define DW_T_ROWS 2u
#define DW_T_REPEAT 3u

#define DW_TASK_BYTES 4u

#define DW_TICK_WAITING 0x10000u

#define DW_YOLO_BYTES 56u

#define DW_ALL_KINDS 0xf1fffeu
#define DW_SMALL_KINDS 0x1ffeu
#define DW_KINDS_SECTION "\005kinds"

#define DW_CALLS_SECTION "\005calls"
#define DW_CALL_RULES \
    /* conv */ {1, 0x2u, 48, 0x0u, 0}, \
    /* convWindow */ {2, 0x2u, 104, 0xffffffffu, 1}, \
    /* convZeroPoint */ {3, 0x2u, 36, 0xffffffffu, 1}, \
    /* convLanes */ {4, 0x2u, 112, 0xffffffffu, 0}, \
    /* convAccumulators */ {5, 0x2u, 112, 0xffffffffu, 1}, \
    /* convBlocks */ {6, 0x2u, 96, 0xfffffff8u, 1}, \
    /* convRest */ {7, 0x2u, 96, 0x7u, 1}, \
    /* depthwise */ {8, 0x4u, 48, 0x0u, 0}, \
    /* depthwiseColumns */ {9, 0x4u, 28, 0x8u, 1}, \
    /* depthwisePlain */ {10, 0x4u, 28, 0x8u, 0}, \
    /* depthwiseRow */ {11, 0x1000u, 48, 0x0u, 0}, \
    /* pool */ {12, 0x18u, 48, 0x0u, 0}, \
    /* averagePool */ {13, 0x8u, 48, 0x0u, 0}, \
    /* maxPool */ {14, 0x10u, 48, 0x0u, 0}, \
    /* mean */ {15, 0x20u, 48, 0x0u, 0}, \
    /* add */ {16, 0x40u, 48, 0x0u, 0}, \
    /* lut */ {17, 0x80u, 48, 0x0u, 0}, \
    /* pad */ {18, 0x100u, 48, 0x0u, 0}, \
    /* softmax */ {19, 0x200u, 48, 0x0u, 0}, \
    /* flip */ {20, 0x400u, 48, 0x0u, 0}, \
    /* fullyConnected */ {21, 0x800u, 48, 0x0u, 0}, \
    /* fullyConnectedBlocks */ {22, 0x800u, 4, 0xfffffff8u, 1}, \
    /* fullyConnectedRest */ {23, 0x800u, 4, 0x7u, 1}, \
    /* otherKinds */ {24, 0x1df0u, 48, 0x0u, 0}, \
    /* rowTables */ {25, 0xf1fffeu, 60, 0xffffffffu, 1}, \
    /* rowTables */ {25, 0xf1fffeu, 72, 0xffffffffu, 1}, \
    /* rowTables */ {25, 0x40u, 84, 0xffffffffu, 1}, \
    /* rowTables */ {25, 0x8000u, 84, 0xffffffffu, 1}, \
    /* rowTables */ {25, 0x1u, 48, 0x0u, 0}, \
    /* rowsPushed */ {26, 0x1u, 48, 0x0u, 0}, \
    /* reduce */ {27, 0x100000u, 48, 0x0u, 0}, \
    /* reduceSum */ {28, 0x100000u, 28, 0x60u, 0}, \
    /* reduceMost */ {29, 0x100000u, 28, 0x60u, 1}, \
    /* resizeBilinear */ {30, 0x200000u, 48, 0x0u, 0}, \
    /* l2Normalize */ {31, 0x400000u, 48, 0x0u, 0}, \
    /* l2Unsigned */ {32, 0x400000u, 28, 0x4u, 1}, \
    /* generalConv */ {33, 0x800000u, 48, 0x0u, 0}, \
    /* generalConvZeroPoint */ {34, 0x800000u, 36, 0xffffffffu, 1}, \
    /* smallKinds */ {35, 0x1ffeu, 48, 0x0u, 0}, \
    /* gather */ {36, 0x2000u, 48, 0x0u, 0}, \
    /* permute */ {37, 0x4000u, 48, 0x0u, 0}, \
    /* binary */ {38, 0x8000u, 48, 0x0u, 0}, \
    /* binarySum */ {39, 0x8000u, 28, 0x20u, 1}, \
    /* binaryProduct */ {40, 0x8000u, 28, 0x40u, 1}, \
    /* binaryExtreme */ {41, 0x8000u, 28, 0x80u, 1}, \
    /* softmaxRows */ {42, 0x10000u, 48, 0x0u, 0}

#endif
