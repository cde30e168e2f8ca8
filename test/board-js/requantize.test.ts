/** Requantisation in doubles, alone and inside the kernels, against the exact integers of the reference. */
import test from 'ava';
import fc from 'fast-check';
import { rescale } from '../../src/board-js/kernels/requantize.js';
import type { Machine } from '../../src/board-js/machine.js';
import { compile } from '../../src/compile.js';
import type { Graph, Quantization } from '../../src/graph/graph.js';
import { multiplyByQuantizedMultiplier, type Rounding } from '../../src/kernels/reference/fixedpoint.js';
import * as L from '../../src/program/layout.js';
import { edited } from '../format/damaged.js';
import { asModule } from './engine.js';

const MIN = -(2 ** 31);
const MAX = 2 ** 31 - 1;

/** Every size of number, extremes, and numbers around multiples of powers of two: there are the ties. */
const int32 = fc.oneof(
  fc.integer({ min: MIN, max: MAX }),
  fc.integer({ min: -70000, max: 70000 }),
  fc.constantFrom(MIN, MIN + 1, -1, 0, 1, MAX - 1, MAX),
  fc
    .tuple(fc.integer({ min: -3, max: 3 }), fc.nat(30), fc.integer({ min: -1, max: 1 }))
    .map(([k, e, d]) => (k * 2 ** e + d) | 0),
);
const multiplier = fc.oneof(
  fc.integer({ min: 2 ** 30, max: MAX }),
  fc.constantFrom(2 ** 30, 2 ** 30 + 1, 2 ** 30 + 2 ** 15, 3 * 2 ** 29, MAX - 1, MAX, 0),
);
const ROUNDINGS: readonly Rounding[] = ['double', 'single'];

test('rescale is exact for every accumulator, multiplier and shift; those to the left wrap as in C', (t) => {
  for (const rounding of ROUNDINGS) {
    const machine = { _single: rounding === 'single' ? 1 : 0 } as Machine;
    fc.assert(
      fc.property(int32, multiplier, fc.integer({ min: -31, max: 30 }), (value, m, shift) => {
        return rescale(machine, value, m, shift) === multiplyByQuantizedMultiplier(value, m, shift, rounding);
      }),
      { numRuns: 40_000, seed: 1 },
    );
  }
  t.pass();
});

/** Channels of the layers below: a whole chunk of 64 and a part of one. */
const CHANNELS = 70;

/** A layer whose weights are all 0: its accumulators are its biases. */
function layer(op: 'CONV_2D' | 'DEPTHWISE_CONV_2D', activation: 'none' | 'relu', zeroPoint: number): Graph {
  const quantization = (scale: number, zero: number): Quantization => ({ scale: [scale], zeroPoint: [zero], axis: 0 });
  const inputChannels = op === 'CONV_2D' ? 5 : CHANNELS;
  const filter = op === 'CONV_2D' ? [CHANNELS, 1, 1, 5] : [1, 3, 3, CHANNELS];
  const values = new Int8Array(filter.reduce((a, b) => a * b));
  return {
    name: op,
    tensors: [
      { index: 0, name: 'in', shape: [1, 3, 3, inputChannels], dtype: 'int8', quantization: quantization(1, 7) },
      { index: 1, name: 'w', shape: filter, dtype: 'int8', quantization: quantization(1, 0), data: values },
      { index: 2, name: 'out', shape: [1, 3, 3, CHANNELS], dtype: 'int8', quantization: quantization(64, zeroPoint) },
    ],
    operators: [
      {
        ...(op === 'CONV_2D' ? { op } : { op, depthMultiplier: 1 }),
        index: 0,
        inputs: [0, 1],
        outputs: [2],
        activation,
        padding: 'same',
        strideH: 1,
        strideW: 1,
      },
    ],
    inputs: [0],
    outputs: [2],
  };
}

const entry = fc.record({ bias: int32, multiplier, shift: fc.integer({ min: -31, max: 30 }) });
const usual = fc.record({ bias: int32, multiplier, shift: fc.integer({ min: -14, max: 0 }) });
/** Accumulators that end inside the int8 range, where rounding shows. */
const inside = usual.map(({ bias, multiplier, shift }) => ({ bias: bias >> (22 + shift), multiplier, shift }));

/** Products one unit of 2^-(31 - shift) below where the result changes: there a double of 53 bits can be one bit short. */
const edge = fc.constantFrom(
  { bias: 11611, multiplier: 1325647149, shift: -11 },
  { bias: 31919, multiplier: 1791206833, shift: -12 },
  { bias: 5103, multiplier: 1723499761, shift: -13 },
  { bias: 28355, multiplier: 1551027733, shift: -13 },
  { bias: 105243, multiplier: 1838725357, shift: -14 },
  { bias: 483983, multiplier: 1853784977, shift: -14 },
);

for (const op of ['CONV_2D', 'DEPTHWISE_CONV_2D'] as const) {
  for (const rounding of ROUNDINGS) {
    for (const [activation, zeroPoint] of [
      ['none', 10],
      ['relu', -128],
      ['relu', 3],
    ] as const) {
      test(`${op}, ${rounding} rounding, ${activation} at ${zeroPoint}: exact for every entry of the table`, (t) => {
        const { blob } = compile(layer(op, activation, zeroPoint), { rounding });
        const { open } = asModule('depthwise.js');
        fc.assert(
          fc.property(
            fc.array(fc.oneof(entry, usual, inside, inside, edge), { minLength: CHANNELS, maxLength: CHANNELS }),
            (entries) => {
              const net = open(
                edited(blob, (view) => {
                  const table = view.getUint32(view.getUint32(L.H_STEPS_OFFSET, true) + L.S_TABLE, true);
                  for (const [i, { bias, multiplier, shift }] of entries.entries()) {
                    view.setInt32(table + 4 * i, bias, true);
                    view.setInt32(table + 4 * (CHANNELS + i), multiplier, true);
                    view.setInt8(table + 8 * CHANNELS + i, shift);
                  }
                }),
              );
              net.invoke();
              const output = net.output();
              const low = activation === 'relu' ? zeroPoint : -128;
              for (const [i, { bias, multiplier, shift }] of entries.entries()) {
                const value = multiplyByQuantizedMultiplier(bias, multiplier, shift, rounding) + zeroPoint;
                const expected = Math.min(127, Math.max(low, value));
                for (let pixel = 0; pixel < 9; pixel++) {
                  const actual = output[pixel * CHANNELS + i];
                  if (actual !== expected) throw new Error(`pixel ${pixel}: ${actual}, expected ${expected}`);
                }
              }
            },
          ),
          { numRuns: 150, seed: 3 },
        );
        t.pass();
      });
    }
  }
}
