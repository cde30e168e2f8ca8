/**
 * The program: what lowering makes of a graph. A list of steps over buffers; all activations int8, all tables made.
 * Planning gives the buffers addresses, src/format writes the result down.
 */

type Layout = typeof import('./layout.js');

/** KIND_* of layout.ts, each by its number. */
export type Kind = { [Name in keyof Layout]: Name extends `KIND_${string}` ? Layout[Name] : never }[keyof Layout];

/** Bytes of linear memory for one activation. */
export interface Buffer {
  index: number;
  /** Name of the tensor it holds. */
  name: string;
  bytes: number;
}

/** A tensor as a step sees it: a buffer with a shape, or a part of it. */
export interface View {
  buffer: number;
  height: number;
  width: number;
  channels: number;
  /** Byte of the buffer where the first value stands: not 0 for slices of a concatenation. */
  offset: number;
  /** Bytes from one pixel, and from one row, to the next. */
  pixelStride: number;
  rowStride: number;
  zeroPoint: number;
}

/** The window of a convolution or a pool, in pixels. */
export interface Window {
  kernelH: number;
  kernelW: number;
  strideH: number;
  strideW: number;
  padTop: number;
  padLeft: number;
}

/** GENERAL_CONV: distances in pixels, 1 where there is none. */
export interface Gaps {
  /** Between the input pixels of a window. */
  dilationH: number;
  dilationW: number;
  /** Between the output pixels that the same window position of neighbouring input pixels reaches. */
  spreadH: number;
  spreadW: number;
}

export const POINT: Window = { kernelH: 1, kernelW: 1, strideH: 1, strideW: 1, padTop: 0, padLeft: 0 };

export interface Step {
  kind: Kind;
  /** Name of the output tensor. */
  name: string;
  /** Indices of the graph's operators that are done when this step is done, in order. */
  operators: number[];
  input: View;
  /** The second addend of a sum; absent in all other steps. */
  input2?: View;
  output: View;
  window: Window;
  /** GENERAL_CONV only. */
  gaps?: Gaps;
  /** Depthwise: output channels per input channel. GENERAL_CONV: groups. REDUCE: bytes of a result. */
  depthMultiplier: number;
  weightZeroPoint: number;
  clampLow: number;
  clampHigh: number;
  /** STEP_* of layout.ts. */
  flags: number;
  /** Output channels and K values worked on at a time (see src/steps/sizes.ts). */
  outChunk: number;
  kChunk: number;
  /** K values that lanes hold before they must be emptied. */
  laneK: number;
  /** int8 values in the order in which the kernels read them. */
  weights?: Int8Array;
  /** Biases, multipliers and shifts, or whatever else the kind reads from its table. */
  table?: Uint8Array;
  /** Multiply-accumulates that really run. */
  macs: number;
}

/** Values of fields that a step's kind does not use. */
export const PLAIN: Omit<Step, 'kind' | 'name' | 'operators' | 'input' | 'output'> = {
  window: POINT,
  depthMultiplier: 1,
  weightZeroPoint: 0,
  clampLow: -128,
  clampHigh: 127,
  flags: 0,
  outChunk: 0,
  kChunk: 0,
  laneK: 0,
  macs: 0,
};

/** Types of inputs and outputs, and the bytes of a value; in the order of DTYPE_* of layout.ts. int32 and int64 are outputs only. */
export const PORT_TYPES = { int8: 1, uint8: 1, int32: 4, int64: 8 } as const;
export type PortType = keyof typeof PORT_TYPES;
export type InputType = 'int8' | 'uint8';

/** An input or output of the model. */
export interface Port<T extends PortType = PortType> {
  view: View;
  /** Index of the graph's tensor. */
  tensor: number;
  name: string;
  shape: readonly number[];
  scale: number;
  /** Zero point of the bytes that go in or come out: in 0..255 for uint8 models. */
  zeroPoint: number;
  dtype: T;
  /** Inputs only: how pixels of a picture become its bytes, P_PIXEL_* of layout.ts. */
  pixels?: { multiplier: number; offset: number };
  /** The model's own tensor is float32 and QUANTIZE or DEQUANTIZE stands at this edge; the host converts. */
  float32: boolean;
}

export interface Program {
  name: string;
  buffers: Buffer[];
  steps: Step[];
  inputs: Port<InputType>[];
  outputs: Port[];
  /** Where each tensor of the graph stands; absent for constants and for tensors that a fused step skips. */
  views: Map<number, View>;
  rounding: 'double' | 'single';
  labels?: readonly string[];
  /** Head as it stands in the file (head-layout.ts); absent where the outputs are scores of classes. */
  head?: Uint8Array;
  randomWeights?: boolean;
  randomRanges?: boolean;
}

/** Number of values of a view. */
export const viewSize = (view: Pick<View, 'height' | 'width' | 'channels'>): number =>
  view.height * view.width * view.channels;

/** The bytes of a view that has no gaps, as a map of another shape. */
export const asMap = (view: View, height: number, width: number, channels: number): View => ({
  ...view,
  height,
  width,
  channels,
  pixelStride: channels,
  rowStride: width * channels,
});

/** The bytes of a view that has no gaps, as one row of `count` vectors. */
export const rowsOf = (view: View, count: number, channels: number): View => asMap(view, 1, count, channels);

/** Multiply-accumulates of all steps. */
export const executedMacs = (program: Program): number => program.steps.reduce((sum, step) => sum + step.macs, 0);

/** Bytes of all steps' weights. */
export const weightBytes = (program: Program): number =>
  program.steps.reduce((sum, step) => sum + (step.weights?.length ?? 0), 0);
