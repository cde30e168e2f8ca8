/** From real values to the bytes of a model's input. */
import type { Tensor } from '../graph/graph.js';
import { quantizeFloat } from '../kernels/reference/float-edges.js';
import type { PixelMap, Quantised } from '../pictures/pixels.js';

/** Facts of a model's input; src/program/program.ts and src/format/read.ts both have them. */
export interface InputPort extends Quantised {
  name?: string;
  /** Batch 1 first, then height, width, channels for pictures. */
  shape: readonly number[];
  /** The pixel mapping of a .dw file. */
  pixels?: PixelMap;
  /** The model's own input is float32 and a QUANTIZE follows it: raw files hold float32 values. */
  float32?: boolean;
}

/** clamp(round(value / scale) + zero point), halves away from zero, as TFLite's QUANTIZE does it. */
export function quantizeValues(values: Float32Array, port: InputPort): Uint8Array {
  const { dtype, scale, zeroPoint } = port;
  const output = dtype === 'int8' ? new Int8Array(values.length) : new Uint8Array(values.length);
  const quantization = { scale: [scale], zeroPoint: [zeroPoint], axis: 0 };
  const to: Tensor = { index: 0, name: 'input', shape: [values.length], dtype, quantization };
  quantizeFloat(values, output, to);
  return new Uint8Array(output.buffer);
}
