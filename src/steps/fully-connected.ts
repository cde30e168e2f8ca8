/** Convolution of a 1x1 input, with a kernel that packs nothing. */

import { SCRATCH_WORDS } from '../program/layout.js';
import { viewSize } from '../program/program.js';
import { conv } from './conv.js';
import type { StepKind } from './kind.js';
import { PLAIN } from './plain.js';
import { CHANNEL_BYTES, K_BLOCK, OVERREAD } from './sizes.js';

export const fullyConnected: StepKind = {
  name: 'fully connected',
  clamps: () => true,
  scratch: ({ outChunk }) => SCRATCH_WORDS + outChunk * Math.max(K_BLOCK, CHANNEL_BYTES) + OVERREAD,
  ops: PLAIN.ops,
  weightsPerOutput: conv.weightsPerOutput,
  check: (step) => {
    const { kernelH, kernelW } = step.record.window;
    step.shapes((input, output) => input.height * input.width * output.height * output.width === 1);
    const macs = step.weights(kernelH * kernelW * step.record.input.channels);
    if (kernelH * kernelW !== 1) step.refuse('a window', 'none');
    return macs;
  },
  work: ({ input, output }) => ({
    fullyConnectedMac: viewSize(output) * viewSize(input),
    fullyConnectedOutput: viewSize(output),
  }),
  jsWork: conv.jsWork,
};
