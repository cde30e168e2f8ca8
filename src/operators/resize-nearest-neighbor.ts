/** RESIZE_NEAREST_NEIGHBOR: each pixel is the nearest one of the input, as TFLite finds it in float32. */
import type { OperatorOf } from '../graph/graph.js';
import { hwc } from '../graph/graph.js';
import { unsupported } from '../graph/refusal.js';
import { roundHalfAwayFromZero } from '../kernels/reference/fixedpoint.js';
import { checkSameQuantization, int32Values } from './checks.js';
import type { OperatorDefinition } from './definition.js';
import { gatherOf, inOrder } from './gathered.js';
import { type Places, resizeOptions, resizer } from './resize.js';

type Resize = OperatorOf<'RESIZE_NEAREST_NEIGHBOR'>;

export const NEAREST_NEIGHBOR = 'RESIZE_NEAREST_NEIGHBOR';

export const resizeNearestNeighbor: OperatorDefinition<Resize> = {
  ...resizer,
  ...gatherOf<Resize>(({ operator, input, output }) => {
    const [from, to] = [hwc(input.shape), hwc(output.shape)];
    const [rows, columns] = [0, 1].map((axis) => nearest(operator, from[axis], to[axis]));
    return { rows, columns, channels: inOrder(to[2]) };
  }),
  tflite: {
    options: 74,
    ...resizeOptions({ alignCorners: 0, halfPixelCenters: 1 }),
    version: ({ operator, output }) =>
      operator.alignCorners || operator.halfPixelCenters ? 3 : output.dtype === 'int8' ? 2 : 1,
  },
  check({ operator, input, inputs: [, size], output }) {
    const values = int32Values(operator, size);
    if (input.shape.length !== 4 || values.length !== 2 || values.some((length) => length < 1 || length > 0xffff)) {
      const found = `size ${values.join(', ')} of an input [${input.shape}]`;
      throw unsupported(operator)(found, 'height and width of four dimensions', undefined, size);
    }
    checkSameQuantization(operator, input, output);
  },
  shape({ input, inputs: [, size] }) {
    const [height, width] = size.data as Int32Array;
    return [input.shape[0], height, width, input.shape[3]];
  },
};

/** The nearest input of each output (kernels/internal/reference/resize_nearest_neighbor.h). */
export function nearest({ alignCorners, halfPixelCenters }: Places, from: number, to: number): number[] {
  const f = Math.fround;
  const scale = alignCorners && to > 1 ? f((from - 1) / (to - 1)) : f(from / to);
  return inOrder(to).map((i) => {
    const place = f(f(i + (halfPixelCenters ? 0.5 : 0)) * scale);
    const at = alignCorners ? roundHalfAwayFromZero(place) : Math.floor(place);
    return Math.max(0, Math.min(from - 1, at));
  });
}
