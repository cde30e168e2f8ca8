/** Operators that are a table from byte to byte: every byte, in every engine, beside LiteRT, and beside the function itself. */
import test from 'ava';
import fc from 'fast-check';
import { asset } from '../../src/assets.js';
import { compile } from '../../src/compile.js';
import { openJs } from '../../src/engines/js.js';
import { openNode } from '../../src/engines/node.js';
import { runReference } from '../../src/engines/reference.js';
import { openWasm3 } from '../../src/engines/wasm3.js';
import { writeTflite } from '../../src/export/tflite/write.js';
import type { Graph, Operator, OperatorKind } from '../../src/graph/graph.js';
import { perTensor } from '../../src/graph/graph.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { fromLiteRt } from './single.js';

type Byte = 'int8' | 'uint8';

interface Tested {
  kind: OperatorKind;
  real(x: number): number;
  /** Steps of the output that rounding inside of the kernel may cost; 1 unless it is said. */
  within?: number;
  /** Types that LiteRT has a kernel for, and how far its own may be off. */
  litert: readonly Byte[];
  litertWithin?: number;
  /** How far bytes of TFLite's own int8 kernel may be off, where TFLite Micro has another. */
  tfliteWithin?: number;
  /** The only output scale and int8 zero point. */
  output?: readonly [scale: number, zeroPoint: number];
  /** It is not defined below 0. */
  positive?: boolean;
  /** The output follows the input's scale. */
  near?: boolean;
}

const BOTH = ['int8', 'uint8'] as const;
const clamp = (low: number, high: number) => (x: number) => Math.min(high, Math.max(low, x));

/** For int8 TFLite has a table of what float32 gives, TFLite Micro gemmlowp's arithmetic. */
const FLOAT_IN_TFLITE = { litert: BOTH, litertWithin: 1, tfliteWithin: 1 };

const TESTED: readonly Tested[] = [
  { kind: { op: 'ABS' }, real: Math.abs, litert: ['int8'], near: true },
  // XNNPACK makes its table of expm1, not of exp less 1.
  { kind: { op: 'ELU' }, real: (x) => (x < 0 ? Math.expm1(x) : x), litert: ['int8'], litertWithin: 1 },
  { kind: { op: 'EXP' }, real: Math.exp, litert: ['int8'] },
  // 16 bits inside of it, and a slope of up to 1.5.
  { kind: { op: 'HARD_SWISH' }, real: (x) => (x * clamp(0, 6)(x + 3)) / 6, within: 2, litert: BOTH, near: true },
  // XNNPACK has a kernel of its own for it.
  ...[0.25, 1.5, -0.5, 0].map((alpha) => ({
    kind: { op: 'LEAKY_RELU', alpha } as const,
    real: (x: number) => (x >= 0 ? x : alpha * x),
    litert: BOTH,
    litertWithin: 1,
    near: true,
  })),
  { kind: { op: 'LOG' }, real: Math.log, litert: ['int8'], positive: true },
  { kind: { op: 'LOGISTIC' }, real: (x) => 1 / (1 + Math.exp(-x)), ...FLOAT_IN_TFLITE, output: [1 / 256, -128] },
  { kind: { op: 'NEG' }, real: (x) => -x, litert: [], near: true },
  { kind: { op: 'RELU' }, real: clamp(0, Infinity), litert: BOTH, near: true },
  { kind: { op: 'RELU6' }, real: clamp(0, 6), litert: BOTH, near: true },
  { kind: { op: 'RELU_0_TO_1' }, real: clamp(0, 1), litert: BOTH, near: true },
  { kind: { op: 'RELU_N1_TO_1' }, real: clamp(-1, 1), litert: BOTH, near: true },
  { kind: { op: 'RSQRT' }, real: (x) => 1 / Math.sqrt(x), litert: ['int8'], positive: true },
  { kind: { op: 'SQRT' }, real: Math.sqrt, litert: ['int8'], positive: true },
  { kind: { op: 'TANH' }, real: Math.tanh, ...FLOAT_IN_TFLITE, output: [1 / 128, 0] },
];

/** A model of one operator over all bytes. Zero points are those of int8. */
function modelOf(tested: Tested, dtype: Byte, [inScale, inZero, outScale, outZero]: readonly number[]): Graph {
  const tensor = (index: number, name: string, scale: number, zeroPoint: number) => ({
    index,
    name,
    shape: [1, 8, 8, 4],
    dtype,
    quantization: { scale: [Math.fround(scale)], zeroPoint: [zeroPoint + (dtype === 'uint8' ? 128 : 0)], axis: 0 },
  });
  const [scale, zeroPoint] = tested.output ?? [tested.near ? inScale * outScale : outScale, outZero];
  const operator = { ...tested.kind, index: 0, inputs: [0], outputs: [1] } as Operator;
  return {
    name: 'one',
    tensors: [tensor(0, 'x', inScale, tested.positive ? -128 : inZero), tensor(1, 'y', scale, zeroPoint)],
    operators: [operator],
    inputs: [0],
    outputs: [1],
  };
}

const ALL = Uint8Array.from({ length: 256 }, (_, i) => i);
const signed = (byte: number, dtype: Byte) => (dtype === 'int8' ? (byte << 24) >> 24 : byte);

const zeroPoint = fc.integer({ min: -128, max: 127 });
/** Scale and zero point of input and output. */
const maps = fc.tuple(
  fc.double({ min: 2 ** -9, max: 2 ** -2, noNaN: true }),
  zeroPoint,
  fc.double({ min: 0.3, max: 2, noNaN: true }),
  zeroPoint,
);
const models = (tested: Tested, dtypes: readonly Byte[]) =>
  fc.tuple(fc.constantFrom(...dtypes), maps).map(([dtype, map]) => modelOf(tested, dtype, map));

for (const tested of TESTED) {
  const { kind, real, within = 1, litert, litertWithin = 0, tfliteWithin = 0 } = tested;
  const name = 'alpha' in kind ? `${kind.op}, alpha ${kind.alpha}` : kind.op;

  test(`${name}: every engine gives the bytes of the reference`, (t) => {
    const kernels = asset('kernels.wasm');
    const rounding = fc.constantFrom('double' as const, 'single' as const);
    const holds = fc.property(models(tested, BOTH), rounding, (graph, rounding) => {
      const file = importTflite(writeTflite(graph));
      const expected = runReference(file, [ALL], { rounding });
      const { blob } = compile(file, { rounding });
      const sessions = [openNode(blob, kernels), openWasm3(blob, kernels), openJs(blob)];
      return sessions.every((session) => Buffer.compare(session.run([ALL])[0], expected[0]) === 0);
    });
    t.notThrows(() => fc.assert(holds, { numRuns: 12, seed: 21 }));
  });

  test(`${name}: bytes are those of the function`, (t) => {
    const holds = fc.property(models(tested, BOTH), (graph) => {
      const [from, to] = graph.tensors.map(perTensor);
      const dtype = graph.tensors[0].dtype as Byte;
      const [lowest, highest] = dtype === 'int8' ? [-128, 127] : [0, 255];
      const [bytes] = runReference(graph, [ALL]);
      return ALL.every((byte) => {
        const x = from.scale * (signed(byte, dtype) - from.zeroPoint);
        const exact = clamp(lowest, highest)(real(x) / to.scale + to.zeroPoint);
        return Math.abs(signed(bytes[byte], dtype) - exact) <= within;
      });
    });
    t.notThrows(() => fc.assert(holds, { numRuns: 40, seed: 22 }));
  });

  if (litert.length === 0) continue;
  for (const [kernels, rounding, most] of [
    ['xnnpack', 'single', litertWithin],
    ['builtin', 'double', tfliteWithin],
  ] as const) {
    const whose = kernels === 'xnnpack' ? 'LiteRT' : "TFLite's own kernel";
    test(`${name}: the bytes of ${whose}${most ? `, ${most} apart at most` : ''}`, async (t) => {
      for (const graph of fc.sample(models(tested, litert), { numRuns: 20, seed: 23 })) {
        const off = await fromLiteRt(graph, [ALL], kernels, rounding);
        t.true(off.most <= most, `${off.most} apart: ${JSON.stringify(graph.tensors)}`);
      }
    });
  }
}

const refusals: [what: string, kind: OperatorKind, map: readonly number[], message: RegExp][] = [
  ['TANH of another scale', { op: 'TANH' }, [0.1, 0, 0.1, 0], /operator 0 \(TANH\).*scale 1\/128, zero point 0/],
  ['HARD_SWISH to a scale far below', { op: 'HARD_SWISH' }, [1, 0, 0.001, 0], /HARD_SWISH.*below 128 times/],
  ['LEAKY_RELU without a slope', { op: 'LEAKY_RELU', alpha: Infinity }, [1, 0, 1, 0], /LEAKY_RELU.*alpha Infinity/],
  ['ABS to no scale at all', { op: 'ABS' }, [1e12, 0, 1e-12, 0], /ABS.*a factor above 0 and below 2\^30/],
];
for (const [what, kind, map, message] of refusals) {
  test(`${what} is refused`, (t) => {
    t.throws(() => writeTflite(modelOf({ kind, real: Math.abs, litert: [] }, 'int8', map)), { message });
  });
}
