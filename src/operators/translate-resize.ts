/** ONNX Resize and Upsample of a map, in mode linear. */
import type { OperatorKind } from '../graph/graph.js';
import type { NodeTranslation } from '../onnx/translate.js';

const MODES: Readonly<Record<string, { alignCorners: boolean; halfPixelCenters: boolean }>> = {
  asymmetric: { alignCorners: false, halfPixelCenters: false },
  align_corners: { alignCorners: true, halfPixelCenters: false },
  half_pixel: { alignCorners: false, halfPixelCenters: true },
  // The same but for an output of one pixel.
  pytorch_half_pixel: { alignCorners: false, halfPixelCenters: true },
};

/** Inputs of Resize: map, region of interest, scales, sizes; of Upsample: map, scales. */
export function translateResize(node: NodeTranslation, kind: Pick<OperatorKind, 'op'>): void {
  const input = node.anyActivation(0, 4);
  const mode = node.text('mode', 'nearest');
  if (mode !== 'linear' && mode !== 'bilinear') throw node.unsupported(`mode ${mode}`, 'linear');
  const old = node.node.op === 'Upsample' || node.node.inputs.length === 2;
  const places = old ? 'asymmetric' : node.text('coordinate_transformation_mode', 'half_pixel');
  const options = Object.hasOwn(MODES, places) ? MODES[places] : undefined;
  if (!options) throw node.unsupported(`coordinate_transformation_mode ${places}`, Object.keys(MODES).join(', '));
  if (node.int('antialias', 0)) throw node.unsupported('antialias 1', '0');
  const last = node.isChannelsLast();
  const [, height, width, channels] = input.shape;
  const [atHeight, atWidth] = last ? [1, 2] : [2, 3];
  const sizes = old ? undefined : node.constant(3)?.values;
  const scales = sizes?.length
    ? undefined
    : (node.constant(old ? 1 : 2)?.values ?? node.node.attributes.get('scales')?.floats);
  const stated = sizes?.length ? sizes : scales;
  if (stated?.length !== 4) throw node.unsupported('sizes or scales of other than four dimensions', 'those of a map');
  const others = [...stated.keys()].filter((axis) => axis !== atHeight && axis !== atWidth);
  if (others.some((axis) => Number(stated[axis]) !== (sizes?.length ? node.onnxShape(0)[axis] : 1))) {
    throw node.unsupported('another batch or number of channels', 'other height and width alone');
  }
  const size = [height, width].map((length, i) => {
    const value = Number(stated[i === 0 ? atHeight : atWidth]);
    return sizes?.length ? value : Math.floor(length * value);
  });
  if (size.some((value) => !(value >= 1 && value <= 65535)))
    throw node.unsupported(`to ${size.join('x')}`, '1 to 65535 each');
  const written = node.weights('size', [2], Int32Array.from(size));
  const shape = [1, ...size, channels];
  node.finish(node.write({ ...kind, ...options } as OperatorKind, [input.index, written], shape), last);
}
