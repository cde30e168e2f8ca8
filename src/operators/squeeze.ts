/** SQUEEZE: dimensions of 1 go; the bytes stay as they are. */
import type { OperatorOf } from '../graph/graph.js';
import { fromFront } from '../graph/graph.js';
import { invalid } from '../graph/refusal.js';
import { unchanged } from '../tflite/lists.js';
import { int32Vector } from '../tflite/write.js';
import { checkSameQuantization } from './checks.js';
import type { OperatorDefinition } from './definition.js';
import { sameBytes } from './same-bytes.js';

const OPTIONS = { squeezeDims: 0 } as const;

export const squeeze: OperatorDefinition<OperatorOf<'SQUEEZE'>> = {
  ...sameBytes,
  tflite: {
    options: 30,
    read(options) {
      const [input] = options.inputs;
      const rank = input?.shape.length ?? 0;
      const dims = options.int32s(OPTIONS.squeezeDims).map((dim) => fromFront(dim, rank));
      const kept = input?.shape.filter((dim, i) => (dims.length ? !dims.includes(i) : dim !== 1)) ?? [];
      const [output] = options.outputs;
      if (String(kept) === String(output?.shape)) return {};
      throw options.contradiction(`output shape [${output?.shape}]`, `[${kept}] after squeezing`);
    },
    write: ({ input, output }, builder) => ({
      [OPTIONS.squeezeDims]: { offset: int32Vector(builder, squeezedAxes(input.shape, output.shape) ?? []) },
    }),
    version: () => 1,
    fold: unchanged(1, 1),
  },
  inputs: [1, 1],
  check({ operator, input, output }) {
    if (!squeezedAxes(input.shape, output.shape)) {
      const found = `[${input.shape}] becomes [${output.shape}]`;
      throw invalid(operator)(found, 'only dimensions of 1 go', undefined, output);
    }
    checkSameQuantization(operator, input, output);
  },
};

/**
 * Axes of 1 that a squeeze removes: those the output does not account for, read from the front. Undefined if the output
 * does not come about by removing axes of 1.
 */
export function squeezedAxes(input: readonly number[], output: readonly number[]): number[] | undefined {
  let kept = 0;
  const squeezed: number[] = [];
  for (const [axis, dim] of input.entries()) {
    if (dim === output[kept]) kept++;
    else if (dim === 1) squeezed.push(axis);
    else return undefined;
  }
  // Without a list of axes TFLite removes every 1.
  const asListed = squeezed.length > 0 || !input.includes(1);
  return kept === output.length && asListed ? squeezed : undefined;
}
