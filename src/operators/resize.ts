/** Shared by operators that give a map another size. */
import type { OptionsReader } from '../tflite/options.js';
import { sameChannels } from './channels.js';
import type { Placed } from './definition.js';

/** How places of the output are found in the input; at most one of the two holds where pixels are mixed. */
export interface Places {
  /** The first and the last pixels of both lie on one another. */
  alignCorners: boolean;
  /** The place of a pixel is its centre, not its corner. */
  halfPixelCenters: boolean;
}

/** The options in a .tflite, each schema table with slots of its own. */
export const resizeOptions = (slots: Record<keyof Places, number>) => ({
  read: (options: OptionsReader): Places => ({
    alignCorners: options.bool(slots.alignCorners),
    halfPixelCenters: options.bool(slots.halfPixelCenters),
  }),
  write: ({ operator }: { operator: Places }) => ({
    [slots.alignCorners]: { int8: Number(operator.alignCorners) },
    [slots.halfPixelCenters]: { int8: Number(operator.halfPixelCenters) },
  }),
});

/** Pixels of a map move or are mixed; channels stay, and so does the scale. */
export const resizer = {
  inputs: [2, 2] as const,
  sameMap: true,
  nonNegative: 'from inputs' as const,
  links: (placed: Placed) => sameChannels(placed),
  // The parts of pixels of one value make that value.
  constants:
    () =>
    ([{ value }]: readonly { value: number }[]) =>
      value,
  keepsZeros: true,
};
