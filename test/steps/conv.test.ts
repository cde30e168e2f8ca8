import test from 'ava';
import * as L from '../../src/program/layout.js';
import { conv } from '../../src/steps/conv.js';
import type { ScratchNeeds } from '../../src/steps/kind.js';

const pointwise: ScratchNeeds = {
  flags: 0,
  outChunk: 64,
  kChunk: 64,
  window: { kernelH: 1, kernelW: 1, strideH: 1, strideW: 1, padLeft: 0 },
  input: { height: 8, width: 8, channels: 64 },
  output: { height: 8, width: 8, channels: 64 },
  depthMultiplier: 1,
};

test('scratch: a window of any size, or one that is padded, is copied; a pointwise one is not', (t) => {
  const bytes = conv.scratch(pointwise, 8);
  t.true(bytes > 64 * 32 + 64 * 32, 'packed words and sums');
  const window = { kernelH: 3, kernelW: 3, strideH: 1, strideW: 1, padLeft: 0 };
  // Three rows of the columns that eight pixels see.
  t.true(conv.scratch({ ...pointwise, window }, 8) >= bytes + 3 * 10 * 64);
  const padded = { ...pointwise, output: { height: 9, width: 8, channels: 64 } };
  t.true(conv.scratch(padded, 8) >= bytes + 8 * 64);
});

test('scratch with accumulators: twelve more sums of 32 bits for each output', (t) => {
  for (const flags of [L.STEP_GENERAL_REQUANTIZE, L.STEP_SPLIT_LANES]) {
    t.true(conv.scratch({ ...pointwise, flags }, 8) >= conv.scratch(pointwise, 8) + 64 * 12 * 4);
  }
});
