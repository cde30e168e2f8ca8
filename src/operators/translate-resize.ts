/** ONNX Resize and Upsample of a map, in the modes nearest and linear. */
import type { Operator, OperatorKind } from '../graph/graph.js';
import type { NodeTranslation } from '../onnx/translate.js';
import type { Places } from './resize.js';
import { NEAREST_NEIGHBOR, nearest } from './resize-nearest-neighbor.js';

/** Every way that TFLite finds places. */
const WAYS: readonly Places[] = [false, true].flatMap((alignCorners) =>
  [false, true].map((halfPixelCenters) => ({ alignCorners, halfPixelCenters })),
);

const MODES: Readonly<Record<string, Places>> = {
  asymmetric: { alignCorners: false, halfPixelCenters: false },
  align_corners: { alignCorners: true, halfPixelCenters: false },
  half_pixel: { alignCorners: false, halfPixelCenters: true },
  // Equal to half_pixel but for an output of one pixel.
  pytorch_half_pixel: { alignCorners: false, halfPixelCenters: true },
};

/** Sides of the map, and how many pixels of it are one of the output: not always the ratio of the sides. */
interface Axis {
  from: number;
  to: number;
  scale: number;
}

/** Inputs of Resize: map, region of interest, scales, sizes; of Upsample: map, scales. */
export function translateResize(node: NodeTranslation, linear: Extract<Operator, Places>['op']): void {
  const input = node.anyActivation(0, 4);
  const mode = node.text('mode', 'nearest');
  const isLinear = mode === 'linear' || mode === 'bilinear';
  if (!isLinear && mode !== 'nearest') throw node.unsupported(`mode ${mode}`, 'nearest, linear');
  const isOld = node.node.op === 'Upsample' || node.node.inputs.length === 2;
  const places = isOld ? 'asymmetric' : node.text('coordinate_transformation_mode', 'half_pixel');
  if (node.int('antialias', 0)) throw node.unsupported('antialias 1', '0');
  const axes = axesOf(node, isOld);
  const rounding = isOld ? 'floor' : node.text('nearest_mode', 'round_prefer_floor');
  const options = isLinear ? linearPlaces(node, axes, places) : nearestPlaces(node, axes, places, rounding);
  const written = node.weights(
    'size',
    [2],
    Int32Array.from(axes, ({ to }) => to),
  );
  const shape = [1, axes[0].to, axes[1].to, input.shape[3]];
  const kind = { op: isLinear ? linear : NEAREST_NEIGHBOR, ...options } as OperatorKind;
  node.finish(node.write(kind, [input.index, written], shape), node.isChannelsLast());
}

/** Height and width, by sizes or by scales. */
function axesOf(node: NodeTranslation, isOld: boolean): Axis[] {
  const stated = isOld ? undefined : node.constant(3)?.values;
  const sizes = stated?.length ? stated : undefined;
  const scales = node.constant(isOld ? 1 : 2)?.values ?? node.node.attributes.get('scales')?.floats;
  const whole = node.onnxShape(0);
  const listed = node.node.attributes.get('axes')?.ints ?? [...whole.keys()];
  const given = Array.from(sizes ?? scales ?? []);
  if (given.length !== listed.length) throw node.unsupported('other sizes or scales than one for each axis', 'those');
  const policy = node.text('keep_aspect_ratio_policy', 'stretch');
  if (policy !== 'stretch') throw node.unsupported(`keep_aspect_ratio_policy ${policy}`, 'stretch');
  const all = whole.map((from, axis): Axis => {
    const at = listed.findIndex((each) => node.axis(each, whole.length) === axis);
    if (at < 0) return { from, to: from, scale: 1 };
    const to = sizes ? given[at] : Math.floor(from * given[at]);
    return { from, to, scale: sizes ? from / to : 1 / given[at] };
  });
  const isSide = (axis: number) => (node.isChannelsLast() ? axis === 1 || axis === 2 : axis >= 2);
  if (all.some(({ from, to, scale }, axis) => !isSide(axis) && (from !== to || scale !== 1))) {
    throw node.unsupported('another batch or number of channels', 'other height and width alone');
  }
  const sides = all.filter((_, axis) => isSide(axis));
  if (sides.every(({ to }) => to >= 1 && to <= 65535)) return sides;
  throw node.unsupported(`to ${sides.map(({ to }) => to).join('x')}`, '1 to 65535 each');
}

function linearPlaces(node: NodeTranslation, axes: readonly Axis[], places: string): Places {
  const options = Object.hasOwn(MODES, places) ? MODES[places] : undefined;
  if (!options) throw node.unsupported(`coordinate_transformation_mode ${places}`, Object.keys(MODES).join(', '));
  const ofOne = places === 'pytorch_half_pixel' && axes.some(({ from, to }) => to === 1 && from > 1);
  if (ofOne) throw node.unsupported(`one pixel in mode ${places}`, 'half_pixel');
  if (options.alignCorners || axes.every(({ from, to, scale }) => Math.abs(scale * to - from) < 1e-4)) return options;
  const found = `scales ${axes.map(({ scale }) => 1 / scale).join(', ')} of ${axes.map(({ from }) => from).join('x')}`;
  throw node.unsupported(found, 'scales that give whole numbers of pixels, or sizes');
}

/** The way of TFLite's that gives the same pixels. */
function nearestPlaces(node: NodeTranslation, axes: readonly Axis[], places: string, rounding: string): Places {
  const place = NEAREST[places];
  const round = ROUNDINGS[rounding];
  if (!place || !round) {
    const supported = `${Object.keys(NEAREST).join(', ')}; ${Object.keys(ROUNDINGS).join(', ')}`;
    throw node.unsupported(`coordinate_transformation_mode ${places}, nearest_mode ${rounding}`, supported);
  }
  const wanted = axes.map((axis) =>
    Array.from({ length: axis.to }, (_, i) => Math.max(0, Math.min(axis.from - 1, round(place(i, axis))))),
  );
  const isSo = (way: Places) => axes.every(({ from, to }, i) => String(nearest(way, from, to)) === String(wanted[i]));
  const way = WAYS.find(isSo);
  if (way) return way;
  const found = `${places}, ${rounding} of ${axes.map(({ from, to }) => `${from} to ${to}`).join(', ')} pixels`;
  throw node.unsupported(found, 'what picks the same pixels as asymmetric with floor, or half_pixel');
}

/** Where output pixel i is in the input (ONNX, Resize). */
const NEAREST: Readonly<Record<string, (i: number, axis: Axis) => number>> = {
  asymmetric: (i, { scale }) => i * scale,
  align_corners: (i, { from, to }) => (to === 1 ? 0 : (i * (from - 1)) / (to - 1)),
  half_pixel: (i, { scale }) => (i + 0.5) * scale - 0.5,
  pytorch_half_pixel: (i, { to, scale }) => (to === 1 ? 0 : (i + 0.5) * scale - 0.5),
  tf_half_pixel_for_nn: (i, { scale }) => (i + 0.5) * scale,
};

const ROUNDINGS: Readonly<Record<string, (place: number) => number>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  round_prefer_floor: (place) => Math.ceil(place - 0.5),
  round_prefer_ceil: (place) => Math.floor(place + 0.5),
};
