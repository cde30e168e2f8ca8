/** The input inside a larger tensor of zero points. */

import { viewSize } from '../program/program.js';
import type { StepKind } from './kind.js';
import { NO_SCRATCH, PLAIN, valuesMoved, windowRows } from './plain.js';

export const pad: StepKind = {
  ...PLAIN,
  name: 'pad',
  inputRows: windowRows,
  scratch: NO_SCRATCH,
  check: (step) => {
    const { padTop, padLeft } = step.record.window;
    step.shapes(
      (input, output) =>
        output.channels === input.channels &&
        output.height >= padTop + input.height &&
        output.width >= padLeft + input.width,
    );
    return valuesMoved(step);
  },
  work: ({ output }) => ({ padRow: output.height, pad: viewSize(output) }),
};
