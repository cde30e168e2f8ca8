// Which functions of a kernel module an inference calls. wasm3 compiles functions into RAM, so only those that the steps of a
// file need may be compiled, and all of them before the first inference (firmware-glue/core/dw_wasm3_calls.c).
//
// The module's custom section CALLS_SECTION has a byte for each function, imports first: the number of the condition under
// which its callers call it. 0, or no byte: always. tools/build writes it, and the conditions as a C header.
import * as L from '../program/layout.js';
import { needsFull, STEP_KINDS } from '../steps/index.js';

export const CALLS_SECTION = 'calls';

/** Custom section of a module: the kinds that it has kernels for, 1 << KIND_* each, u32. Without it these are SMALL_KINDS. */
export const KINDS_SECTION = 'kinds';

/** A step fulfils it, if its kind is one of `kinds`, 1 << KIND_* each, and a field has bits of `mask`, or has none of them. */
interface Rule {
  kinds: number;
  field: number;
  mask: number;
  set: boolean;
}

const ALL = 0xffffffff;
const bits = (kinds: number[]): number => kinds.reduce((mask, kind) => mask | (1 << kind), 0);
const kinds = (...kinds: number[]): Rule => ({ kinds: bits(kinds), field: L.S_KIND, mask: 0, set: false });
const where = (kind: number, field: number, mask = ALL): Rule => ({ kinds: bits([kind]), field, mask, set: true });
const unless = (kind: number, field: number, mask = ALL): Rule => ({ ...where(kind, field, mask), set: false });

/** No step is of this kind: the input comes row by row. */
const PUSHED = 0;

/** In front of the others in the module's dispatch. */
const COMMON: number[] = [L.KIND_CONV, L.KIND_DEPTHWISE, L.KIND_SOFTMAX, L.KIND_AVERAGE_POOL];
const ALL_NUMBERS = Object.keys(STEP_KINDS).map(Number);
const OTHERS = ALL_NUMBERS.filter((kind) => !COMMON.includes(kind) && !needsFull(1 << kind));

/**
 * One of the rules has to hold for one of the steps. Numbered from 1 on in this order: boards have firmware of their own age,
 * so a new one comes last. A board takes a condition that it does not know for fulfilled. At most 63.
 */
export const CONDITIONS = {
  conv: [kinds(L.KIND_CONV)],
  convWindow: [where(L.KIND_CONV, L.S_WINDOW)],
  convZeroPoint: [where(L.KIND_CONV, L.S_WEIGHT_ZERO_POINT)],
  convLanes: [unless(L.KIND_CONV, L.S_ACCUMULATORS)],
  convAccumulators: [where(L.KIND_CONV, L.S_ACCUMULATORS)],
  /** K of eight or more; K that is not a multiple of eight. */
  convBlocks: [where(L.KIND_CONV, L.S_K, ~7 >>> 0)],
  convRest: [where(L.KIND_CONV, L.S_K, 7)],
  depthwise: [kinds(L.KIND_DEPTHWISE)],
  depthwiseColumns: [where(L.KIND_DEPTHWISE, L.S_FLAGS, L.STEP_COLUMNS)],
  depthwisePlain: [unless(L.KIND_DEPTHWISE, L.S_FLAGS, L.STEP_COLUMNS)],
  depthwiseRow: [kinds(L.KIND_DEPTHWISE_ROW)],
  pool: [kinds(L.KIND_AVERAGE_POOL, L.KIND_MAX_POOL)],
  averagePool: [kinds(L.KIND_AVERAGE_POOL)],
  maxPool: [kinds(L.KIND_MAX_POOL)],
  mean: [kinds(L.KIND_MEAN)],
  add: [kinds(L.KIND_ADD)],
  lut: [kinds(L.KIND_LUT)],
  pad: [kinds(L.KIND_PAD)],
  softmax: [kinds(L.KIND_SOFTMAX)],
  flip: [kinds(L.KIND_FLIP)],
  fullyConnected: [kinds(L.KIND_FULLY_CONNECTED)],
  fullyConnectedBlocks: [where(L.KIND_FULLY_CONNECTED, L.S_IN_CHANNELS, ~7 >>> 0)],
  fullyConnectedRest: [where(L.KIND_FULLY_CONNECTED, L.S_IN_CHANNELS, 7)],
  otherKinds: [kinds(...OTHERS)],
  rowTables: [
    { ...where(PUSHED, L.S_IN_ROWS), kinds: bits(ALL_NUMBERS) },
    { ...where(PUSHED, L.S_OUT_ROWS), kinds: bits(ALL_NUMBERS) },
    where(L.KIND_ADD, L.S_IN2_ROWS),
    where(L.KIND_BINARY, L.S_IN2_ROWS),
    kinds(PUSHED),
  ],
  rowsPushed: [kinds(PUSHED)],
  reduce: [kinds(L.KIND_REDUCE)],
  reduceSum: [unless(L.KIND_REDUCE, L.S_FLAGS, L.STEP_GREATEST | L.STEP_LEAST)],
  reduceMost: [where(L.KIND_REDUCE, L.S_FLAGS, L.STEP_GREATEST | L.STEP_LEAST)],
  resizeBilinear: [kinds(L.KIND_RESIZE_BILINEAR)],
  l2Normalize: [kinds(L.KIND_L2_NORMALIZE)],
  l2Unsigned: [where(L.KIND_L2_NORMALIZE, L.S_FLAGS, L.STEP_UNSIGNED_ROUNDING)],
  generalConv: [kinds(L.KIND_GENERAL_CONV)],
  generalConvZeroPoint: [where(L.KIND_GENERAL_CONV, L.S_WEIGHT_ZERO_POINT)],
  /** Not of a file without steps. */
  smallKinds: [kinds(...COMMON, ...OTHERS)],
  gather: [kinds(L.KIND_GATHER)],
  permute: [kinds(L.KIND_PERMUTE)],
  binary: [kinds(L.KIND_BINARY)],
  binarySum: [where(L.KIND_BINARY, L.S_FLAGS, L.BINARY_SUM)],
  binaryProduct: [where(L.KIND_BINARY, L.S_FLAGS, L.BINARY_PRODUCT)],
  binaryExtreme: [where(L.KIND_BINARY, L.S_FLAGS, L.BINARY_EXTREME)],
  softmaxRows: [kinds(L.KIND_SOFTMAX_ROWS)],
} satisfies Record<string, Rule[]>;

export type Condition = keyof typeof CONDITIONS;

/** The byte that stands for a condition. */
export const conditionNumber = (condition: Condition): number => 1 + Object.keys(CONDITIONS).indexOf(condition);
