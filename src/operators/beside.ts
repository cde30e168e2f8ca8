/** Operators whose inputs stand beside one another along an axis of the output, which inputs may have or not. */
import type { Operator } from '../graph/graph.js';
import { elements } from '../graph/graph.js';
import { concatenation } from '../kernels/reference/concatenation.js';
import { concatenationTable } from '../kernels/reference/tables.js';
import type { Lowering } from '../lower/lowering.js';
import { int8Table } from '../lower/tables.js';
import { KIND_LUT } from '../program/layout.js';
import { asMap, viewSize } from '../program/program.js';
import { type ExactRun, type FloatRun, type Placed, place } from './definition.js';

/** Arithmetic, and a step for each input. `axisOf` counts from the front. */
export const besideOf = <O extends Operator>(axisOf: (placed: Placed<O>) => number) => {
  /** For each input, how many of its values stand together. */
  const runsOf = (placed: Placed<O>) => placed.inputs.map(({ shape }) => elements(shape.slice(axisOf(placed))));
  return {
    inputs: [1, 1024] as const,
    activations: Infinity,
    anyShape: true,
    run(run: ExactRun<O>) {
      const tables = run.inputs.map((tensor) => concatenationTable(tensor, run.output, run.rounding));
      const bytes = run.inputs.map((_, i) => run.bytes(i));
      concatenation(bytes, tables, runsOf(run), run.out);
    },
    runFloat(run: FloatRun<O>) {
      const runs = runsOf(run);
      for (let at = 0, i = 0; at < run.out.length; i++) {
        for (const [k, values] of run.values.entries()) {
          run.out.set(values.subarray(i * runs[k], (i + 1) * runs[k]), at);
          at += runs[k];
        }
      }
    },
    lower(lowering: Lowering, operator: O) {
      const placed = place(lowering.graph, operator);
      lowerBeside(lowering, placed, axisOf(placed));
    },
  };
};

/** Each input is copied into its part of the output, through a table where scales differ. */
function lowerBeside(lowering: Lowering, { operator, inputs, output }: Placed, axis: number): void {
  const outer = elements(output.shape.slice(0, axis));
  const behind = output.shape.length - axis;
  // Kernels see all axes before the last two as rows: parts in the middle of these would have gaps between them.
  const isInside = behind > 2 && outer > 1;
  const view = lowering.view(output.index);
  const pixels = viewSize(view) / view.channels;
  const whole = isInside ? asMap(view, outer, pixels / outer, view.channels) : view;
  const { height, width, channels, rowStride, pixelStride } = whole;
  const grown = isInside ? 1 : Math.max(0, 3 - behind);
  const others = viewSize(whole) / [height, width, channels][grown];
  let offset = whole.offset;
  for (const [i, tensor] of inputs.entries()) {
    const length = elements(tensor.shape) / others;
    const [partHeight, partWidth, partChannels] = [height, width, channels].with(grown, length);
    const part = { height: partHeight, width: partWidth, channels: partChannels };
    lowering.push({
      kind: KIND_LUT,
      name: output.name,
      operators: i === inputs.length - 1 ? [operator.index] : [],
      input: asMap(lowering.view(tensor.index), partHeight, partWidth, partChannels),
      output: { ...whole, ...part, offset },
      table: int8Table(concatenationTable(tensor, output, lowering.options.rounding), tensor, output),
    });
    offset += length * [rowStride, pixelStride, 1][grown];
  }
}
