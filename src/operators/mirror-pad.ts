/** MIRROR_PAD: around a map the map itself, seen in a mirror at its edges, along any axis. */
import type { OperatorOf } from '../graph/graph.js';
import { invalid } from '../graph/refusal.js';
import type { OperatorDefinition } from './definition.js';
import { inOrder, taken } from './gathered.js';
import { checkPaddings, keepsChannels, paddedPlaces, paddedShape, paddingsOf } from './padded.js';

type MirrorPad = OperatorOf<'MIRROR_PAD'>;

const OPTIONS = { mode: 0 } as const;
/** Modes by their numbers in the schema. */
const MODES = ['reflect', 'symmetric'] as const;

/** The mirror stands in the middle of the outermost place, or, symmetric, behind it, so that the place is seen again. */
const again = (mode: MirrorPad['mode']): number => (mode === 'symmetric' ? 1 : 0);

const mirrored = (mode: MirrorPad['mode']) => (size: number, length: number, before: number) =>
  inOrder(length).map((i) => {
    const at = i - before;
    if (at < 0) return -at - again(mode);
    return at < size ? at : 2 * size - 2 - at + again(mode);
  });

export const mirrorPad: OperatorDefinition<MirrorPad> = {
  ...taken<MirrorPad>((placed) => paddedPlaces(placed, mirrored(placed.operator.mode)), keepsChannels),
  tflite: {
    options: 77,
    read(options) {
      const mode = MODES[options.int8(OPTIONS.mode)];
      if (!mode) throw options.contradiction(`mode ${options.int8(OPTIONS.mode)}`, '0 (REFLECT) or 1 (SYMMETRIC)');
      return { mode };
    },
    write: ({ operator }) => ({ [OPTIONS.mode]: { int8: MODES.indexOf(operator.mode) } }),
  },
  inputs: [2, 2],
  check(placed) {
    checkPaddings(placed);
    const { operator, input, inputs } = placed;
    const most = (axis: number) => input.shape[axis] - 1 + again(operator.mode);
    const paddings = paddingsOf(placed);
    if (paddings.every((each, i) => each <= most(i >> 1))) return;
    const found = `paddings ${paddings.join(', ')} of [${input.shape}]`;
    throw invalid(operator)(found, `no more than there is to mirror (${operator.mode})`, undefined, inputs[1]);
  },
  shape: paddedShape,
};
