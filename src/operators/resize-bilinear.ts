/** RESIZE_BILINEAR: a map [1,H,W,C] at another size, each pixel from the four around its place. */
import type { OperatorOf } from '../graph/graph.js';
import { hwc } from '../graph/graph.js';
import { invalid, MAX_DIMENSION, unsupported } from '../graph/refusal.js';
import {
  bilinearPlaces,
  type ResizeParameters,
  resizeBilinear as resized,
} from '../kernels/reference/resize-bilinear.js';
import { words } from '../lower/tables.js';
import type { OnnxTranslation } from '../onnx/translate.js';
import { KIND_RESIZE_BILINEAR, STEP_UNSIGNED_ROUNDING } from '../program/layout.js';
import { checkSameQuantization, int32Values } from './checks.js';
import { type OperatorDefinition, type Placed, place } from './definition.js';
import { resizeOptions, resizer } from './resize.js';
import { translateResize } from './translate-resize.js';

type Resize = OperatorOf<'RESIZE_BILINEAR'>;

/** The nearest pixels, or those around a place. */
const resize: OnnxTranslation = { translate: (node) => translateResize(node, 'RESIZE_BILINEAR') };

export const resizeBilinear: OperatorDefinition<Resize> = {
  ...resizer,
  tflite: {
    options: 15,
    ...resizeOptions({ alignCorners: 2, halfPixelCenters: 3 }),
    version: ({ operator, input }) => (operator.halfPixelCenters ? 3 : input.dtype === 'int8' ? 2 : 1),
  },
  onnx: { Resize: resize, Upsample: resize },
  check({ operator, input, inputs: [, size], output }) {
    const values = [...int32Values(operator, size).subarray(0, 8)];
    if (input.shape.length !== 4 || values.length !== 2) {
      throw unsupported(operator)(`size [${values}] of [${input.shape}]`, 'height and width of a map', undefined, size);
    }
    if (values.some((value) => value < 1 || value > MAX_DIMENSION)) {
      throw invalid(operator)(`size ${values.join('x')}`, `1 to ${MAX_DIMENSION} each`, undefined, size);
    }
    if (operator.alignCorners && operator.halfPixelCenters) {
      throw invalid(operator)('align_corners and half_pixel_centers', 'one of the two at most');
    }
    checkSameQuantization(operator, input, output);
  },
  shape: ({ input, inputs: [, size] }) => [1, ...(size.data as Int32Array), input.shape[3]],
  run: (run) => resized(run.bytes(0), run.out, parametersOf(run), run.rounding),
  runFloat({ operator, input, output, values: [from], out }) {
    const [height, width, channels] = hwc(input.shape);
    const [outputHeight, outputWidth] = hwc(output.shape);
    const rows = places(height, outputHeight, operator);
    const columns = places(width, outputWidth, operator);
    for (const [y, row] of rows.entries()) {
      for (const [x, column] of columns.entries()) {
        for (let c = 0; c < channels; c++) {
          const at = (inY: number, inX: number) => from[(inY * width + inX) * channels + c];
          const between = (inY: number) =>
            at(inY, column.before) * (1 - column.part) + at(inY, column.behind) * column.part;
          out[(y * outputWidth + x) * channels + c] =
            between(row.before) * (1 - row.part) + between(row.behind) * row.part;
        }
      }
    }
  },
  lower(lowering, operator) {
    const placed = place(lowering.graph, operator);
    const { rows, columns } = parametersOf(placed);
    lowering.push({
      ...lowering.base(operator),
      kind: KIND_RESIZE_BILINEAR,
      table: words(rows.distance, rows.start, columns.distance, columns.start),
      flags: placed.output.dtype === 'uint8' ? STEP_UNSIGNED_ROUNDING : 0,
    });
  },
};

function parametersOf({ operator, input, output }: Placed<Resize>): ResizeParameters {
  const [inputHeight, inputWidth, channels] = hwc(input.shape);
  const [outputHeight, outputWidth] = hwc(output.shape);
  const rows = bilinearPlaces(inputHeight, outputHeight, operator);
  const columns = bilinearPlaces(inputWidth, outputWidth, operator);
  return { inputHeight, inputWidth, outputHeight, outputWidth, channels, rows, columns };
}

/** For every output pixel of an axis: the input pixels before and behind its place, and the part of the latter. */
function places(input: number, output: number, { alignCorners, halfPixelCenters }: Resize) {
  const distance = alignCorners && output > 1 ? (input - 1) / (output - 1) : input / output;
  return Array.from({ length: output }, (_, i) => {
    const place = halfPixelCenters ? Math.max(0, (i + 0.5) * distance - 0.5) : i * distance;
    const before = Math.min(input - 1, Math.floor(place));
    return { before, behind: Math.min(input - 1, before + 1), part: Math.max(0, place - before) };
  });
}
