/** Operators that put values around a map, along any axis. */
import type { Operator } from '../graph/graph.js';
import { hwc, perTensor } from '../graph/graph.js';
import { invalid, MAX_DIMENSION, unsupported } from '../graph/refusal.js';
import { type PadParameters, pad as padded } from '../kernels/reference/pad.js';
import type { Lowering } from '../lower/lowering.js';
import { offsetOf } from '../lower/tables.js';
import { KIND_PAD } from '../program/layout.js';
import { POINT } from '../program/program.js';
import { sameChannels } from './channels.js';
import { checkSameQuantization, int32Values } from './checks.js';
import { type ExactRun, type FloatRun, type Placed, place } from './definition.js';
import { alongAxes, gatherOf, shifted } from './gathered.js';

/** Its last input: before and behind each axis. */
export const paddingsOf = ({ inputs }: Placed): Int32Array => inputs.at(-1)!.data as Int32Array;

export const paddedShape = (placed: Placed): number[] =>
  placed.input.shape.map((length, axis) => {
    const [before, behind] = paddingsOf(placed).subarray(2 * axis);
    return before + length + behind;
  });

/** Paddings [rank, 2] of the last input, none of them of a batch; the scale stays. @throws DepthwiseError. */
export function checkPaddings(placed: Placed): void {
  const { operator, input, inputs, output } = placed;
  const paddings = inputs.at(-1)!;
  const values = int32Values(operator, paddings);
  const rank = input.shape.length;
  if (values.length !== 2 * rank || String(paddings.shape) !== `${rank},2`) {
    const found = `paddings [${paddings.shape}] of an input [${input.shape}]`;
    throw invalid(operator)(found, `paddings [${rank},2]`, undefined, paddings);
  }
  if (values.some((value) => value < 0 || value > MAX_DIMENSION)) {
    throw invalid(operator)(`paddings ${values.join(', ')}`, `0 to ${MAX_DIMENSION} each`, undefined, paddings);
  }
  if (rank % 2 === 0 && rank > 2 && (values[0] || values[1])) {
    throw unsupported(operator)(`paddings ${values.join(', ')}`, 'none of the batch', undefined, paddings);
  }
  checkSameQuantization(operator, input, output);
}

/** The places along each axis, as many as its paddings make of it: `placesOf` says them of one axis. */
export const paddedPlaces = (
  placed: Placed,
  placesOf: (size: number, length: number, before: number) => number[],
): number[][] =>
  placed.input.shape.map((size, axis) => {
    const [before, behind] = paddingsOf(placed).subarray(2 * axis);
    return placesOf(size, size + before + behind, before);
  });

/** Whether channels stay what they are. */
export const keepsChannels = (placed: Placed): boolean =>
  paddingsOf(placed)
    .subarray(-2)
    .every((each) => each === 0);

/** Whether height and width grow alone, for which every build has a kernel. */
const isSpatial = (placed: Placed): boolean =>
  placed.input.shape.length === 4 && placed.input.shape[0] === 1 && keepsChannels(placed);

/**
 * All of a definition that pads with one value, but for its files. `fillOf` gives it, as the input's dtype has it; without it, or
 * where it gives none, the value is 0.
 */
export function padder<O extends Operator>(fillOf: (placed: Placed<O>) => number | undefined = () => undefined) {
  const byteOf = (placed: Placed<O>) => fillOf(placed) ?? perTensor(placed.output).zeroPoint;
  const anyAxes = gatherOf<O>((placed) => ({
    ...alongAxes(placed.input, paddedPlaces(placed, shifted)),
    fill: fillOf(placed),
  }));
  return {
    anyShape: true,
    shape: paddedShape,
    run(run: ExactRun<O>) {
      if (isSpatial(run)) padded(run.bytes(0), run.out, spatial(run, byteOf(run)));
      else anyAxes.run(run);
    },
    runFloat(run: FloatRun<O>) {
      if (isSpatial(run)) padded(run.values[0], run.out, spatial(run, fillOf(run) ?? 0));
      else anyAxes.runFloat(run);
    },
    lower(lowering: Lowering, operator: O) {
      const placed = place(lowering.graph, operator);
      if (!isSpatial(placed)) {
        anyAxes.lower(lowering, operator);
        return;
      }
      const p = spatial(placed, byteOf(placed));
      if (p.value === perTensor(placed.input).zeroPoint && lowering.leavePadding(operator, p)) return;
      const base = lowering.base(operator);
      // The kernel fills with the zero point of its record.
      const output = { ...base.output, zeroPoint: p.value - offsetOf(placed.output) };
      const window = { ...POINT, padTop: p.top, padLeft: p.left };
      lowering.push({ ...base, output, kind: KIND_PAD, window });
    },
    zeroPadding(placed: Placed<O>) {
      if (!isSpatial(placed) || byteOf(placed) !== perTensor(placed.output).zeroPoint) return undefined;
      const [, , top, bottom, left, right] = paddingsOf(placed);
      return { top, bottom, left, right };
    },
    sameMap: true,
    links: (placed: Placed<O>) => (keepsChannels(placed) ? sameChannels(placed) : undefined),
    constants(placed: Placed<O>) {
      const grows = paddingsOf(placed).some((each) => each > 0);
      return ([{ value }]: readonly { value: number }[]) => (grows && value !== byteOf(placed) ? undefined : value);
    },
  };
}

function spatial(placed: Placed, value: number): PadParameters {
  const [inputHeight, inputWidth, channels] = hwc(placed.input.shape);
  const [, , top, , left] = paddingsOf(placed);
  return { inputHeight, inputWidth, channels, outputWidth: placed.output.shape[2], top, left, value };
}
