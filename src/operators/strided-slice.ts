/** STRIDED_SLICE: places along each axis from a first to before a last, in steps forwards or backwards, as Python slices lists. */
import type { OperatorOf, StridedSliceMask } from '../graph/graph.js';
import { invalid } from '../graph/refusal.js';
import type { FoldLists } from '../tflite/lists.js';
import { checkSameQuantization, int32Values } from './checks.js';
import type { OperatorDefinition, Placed } from './definition.js';
import { inOrder, taken } from './gathered.js';

type StridedSlice = OperatorOf<'STRIDED_SLICE'>;

/** Bit i of a mask is about entry i of the three lists. */
type Masks = Record<StridedSliceMask, number>;

export const STRIDED_SLICE_OPTIONS = {
  beginMask: 0,
  endMask: 1,
  ellipsisMask: 2,
  newAxisMask: 3,
  shrinkAxisMask: 4,
  offset: 5,
} as const;

const masksFrom = (read: (slot: number) => number): Masks => ({
  beginMask: read(STRIDED_SLICE_OPTIONS.beginMask),
  endMask: read(STRIDED_SLICE_OPTIONS.endMask),
  ellipsisMask: read(STRIDED_SLICE_OPTIONS.ellipsisMask),
  newAxisMask: read(STRIDED_SLICE_OPTIONS.newAxisMask),
  shrinkAxisMask: read(STRIDED_SLICE_OPTIONS.shrinkAxisMask),
});

/** Begin, end and stride of each entry. */
type Lists = readonly (readonly number[])[];

interface Sliced {
  /** Places that are taken along each axis of the input. */
  places: number[][];
  /** Shape of the output. */
  shape: number[];
  /** Whether all of the last axis is taken, however long it is. */
  keepsLast: boolean;
}

/**
 * What lists and masks make of a shape (tensorflow/lite/kernels/strided_slice.cc); undefined where they do not belong to it. An
 * entry stands for an axis, for a new one of length 1, or, one of them, for all axes that no other entry is about.
 */
function sliced(shape: readonly number[], [begin, end, strides]: Lists, masks: Masks): Sliced | undefined {
  const has = (mask: number, entry: number) => ((mask >> entry) & 1) === 1;
  const isNew = (entry: number) => has(masks.newAxisMask, entry) && !has(masks.ellipsisMask, entry);
  const entries = [...begin.keys()];
  const ellipses = entries.filter((entry) => has(masks.ellipsisMask, entry));
  const left = shape.length - entries.filter((entry) => !isNew(entry) && !ellipses.includes(entry)).length;
  // TFLite takes an ellipsis for one axis at least.
  if (ellipses.length > 1 || left < ellipses.length || begin.length > 8) return undefined;
  const found: Sliced = { places: [], shape: [], keepsLast: false };
  const whole = (count: number) => {
    for (let i = 0; i < count; i++) {
      const length = shape[found.places.length];
      found.places.push(inOrder(length));
      found.shape.push(length);
      found.keepsLast = true;
    }
  };
  for (const entry of entries) {
    if (ellipses.includes(entry)) whole(left);
    else if (isNew(entry)) {
      found.shape.push(1);
      found.keepsLast = false;
    } else {
      const shrinks = has(masks.shrinkAxisMask, entry);
      const [isOpen, endsOpen] = [has(masks.beginMask, entry), has(masks.endMask, entry)];
      const [first, last] = [isOpen ? undefined : begin[entry], endsOpen ? undefined : end[entry]];
      const range = { first, last, stride: strides[entry] };
      const places = placesOf(shape[found.places.length], range, shrinks);
      if (shrinks && places.length === 0) return undefined;
      found.places.push(places);
      if (!shrinks) found.shape.push(places.length);
      found.keepsLast = isOpen && endsOpen && range.stride === 1 && !shrinks;
    }
  }
  if (ellipses.length === 0) whole(left);
  return found;
}

/** The places of one axis. Without `first` or `last` it begins, or ends, where the axis does. */
function placesOf(
  length: number,
  { first, last, stride }: { first?: number; last?: number; stride: number },
  shrinks: boolean,
): number[] {
  const [least, most] = stride > 0 ? [0, length] : [-1, length - 1];
  const at = (index: number) => Math.min(most, Math.max(least, index < 0 ? index + length : index));
  const from = first === undefined ? (stride > 0 ? 0 : length - 1) : at(first);
  if (shrinks) return stride === 1 && from < length ? [from] : [];
  const to = last === undefined ? (stride > 0 ? length : -1) : at(last);
  return inOrder(stride === 0 ? 0 : Math.max(0, Math.ceil((to - from) / stride))).map((i) => from + i * stride);
}

/** A list of integers is sliced like a tensor of one axis. */
const fold: FoldLists = {
  inputs: [4, 4],
  evaluate([{ values, rank }, ...lists], options) {
    const masks = masksFrom((slot) => options?.int32(slot) ?? 0);
    const [begin, end, strides] = lists.map((list) => list.values);
    const ofOne = begin.length === 1 && end.length === 1 && strides.length === 1 && strides[0] !== 0;
    if (rank !== 1 || !ofOne || masks.newAxisMask || options?.bool(STRIDED_SLICE_OPTIONS.offset)) return undefined;
    return sliced([values.length], [begin, end, strides], masks)?.places[0].map((place) => values[place]);
  },
};

const slicedOf = ({ operator, input, inputs: [, ...lists] }: Placed<StridedSlice>) =>
  sliced(
    input.shape,
    lists.map(({ data }) => [...data!]),
    operator,
  );

export const stridedSlice: OperatorDefinition<StridedSlice> = {
  ...taken<StridedSlice>(
    (placed) => slicedOf(placed)!.places,
    (placed) => slicedOf(placed)!.keepsLast,
  ),
  tflite: {
    options: 32,
    read(options) {
      if (options.bool(STRIDED_SLICE_OPTIONS.offset)) {
        throw options.unsupported('ends counted from where a slice begins', 'ends counted as places of the input');
      }
      return masksFrom((slot) => options.int32(slot));
    },
    write: ({ operator }) => ({
      [STRIDED_SLICE_OPTIONS.beginMask]: { int32: operator.beginMask },
      [STRIDED_SLICE_OPTIONS.endMask]: { int32: operator.endMask },
      [STRIDED_SLICE_OPTIONS.ellipsisMask]: { int32: operator.ellipsisMask },
      [STRIDED_SLICE_OPTIONS.newAxisMask]: { int32: operator.newAxisMask },
      [STRIDED_SLICE_OPTIONS.shrinkAxisMask]: { int32: operator.shrinkAxisMask },
    }),
    version: ({ operator, input }) =>
      operator.ellipsisMask || operator.newAxisMask ? 6 : input.dtype === 'int8' ? 2 : 1,
    fold,
  },
  inputs: [4, 4],
  check(placed) {
    const { operator, input, inputs, output } = placed;
    const [begin, end, strides] = inputs.slice(1).map((tensor) => int32Values(operator, tensor).subarray(0, 16));
    const isAlike = begin.length === end.length && begin.length === strides.length;
    const found = isAlike ? slicedOf(placed) : undefined;
    if (!found || found.places.some((places) => places.length === 0)) {
      const stated = `a slice from [${begin}] to [${end}] in steps of [${strides}] of [${input.shape}]`;
      throw invalid(operator)(
        stated,
        'one that takes something of each axis, an ellipsis some of them',
        undefined,
        inputs[1],
      );
    }
    checkSameQuantization(operator, input, output);
  },
  shape: (placed) => slicedOf(placed)!.shape,
};
