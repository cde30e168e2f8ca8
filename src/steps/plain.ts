/** Shared by kinds without weights. */

import type { Step, View } from '../program/program.js';
import { viewSize } from '../program/program.js';
import type { StepCheck } from './check.js';
import type { StepKind } from './kind.js';
import { OVERREAD } from './sizes.js';

/** Cost by the value. */
export const PLAIN: Pick<StepKind, 'ops' | 'jsWork'> = {
  ops: ({ output }, rows) => 100 * Math.ceil(output.height / rows) + 20 * viewSize(output),
  jsWork: ({ inputShape: [height, width, channels] }) => ({ otherByte: height * width * channels }),
};

/** Nothing in scratch, but what loads of eight bytes may touch. */
export const NO_SCRATCH = (): number => OVERREAD;

/** Rows under the windows of output rows; of kinds without windows these are single pixels, or padding alone. */
export function windowRows({ input, window }: Step, first: number, end: number): [first: number, end: number] {
  const { kernelH, strideH, padTop } = window;
  const [from, to] = [first * strideH - padTop, (end - 1) * strideH - padTop + kernelH];
  return [Math.min(input.height, Math.max(0, from)), Math.min(input.height, Math.max(0, to))];
}

/** Kinds that read each value of a row before they write its place, and none of the row after that. */
export const valueByValue = ({ output }: Step, input: View): boolean =>
  input.pixelStride === output.pixelStride && startsRows(input) && startsRows(output);

/** Whether a view's rows begin where its buffer's do. */
const startsRows = ({ offset, rowStride }: View): boolean => offset % rowStride === 0;

/** That the output has the shape of the input, byte for byte. */
export function sameShape(step: StepCheck): void {
  step.shapes(
    (input, output) =>
      input.height === output.height && input.width === output.width && input.channels === output.channels,
  );
}

/** Values read and written: the work of kinds that look at each once. */
export const valuesMoved = ({ record }: StepCheck): number => viewSize(record.input) + viewSize(record.output);
