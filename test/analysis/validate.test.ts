import test from 'ava';
import fc from 'fast-check';
import { validateGraph } from '../../src/analysis/validate.js';
import { DepthwiseError, type ErrorCode } from '../../src/errors.js';
import type { Graph, Tensor } from '../../src/graph/graph.js';
import { GraphBuilder, randomGraph, seededRandom } from '../graph/builder.js';

test('random graphs are valid', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1 }), (seed) => {
      const graph = randomGraph(seededRandom(seed));
      return validateGraph(graph) === graph;
    }),
  );
  t.pass();
});

/** What is wrong, a graph in which it is, the code, and what the message has to say. */
type Case = [title: string, build: (b: GraphBuilder) => Graph, code: ErrorCode, message: RegExp];

const INPUT = [1, 6, 6, 4];
const one = (run: (b: GraphBuilder, x: number) => number) => (b: GraphBuilder) => b.graph([run(b, b.input(INPUT))]);
/** The tensor after `change`. */
const spoil = (b: GraphBuilder, index: number, change: Partial<Tensor>): number => {
  b.tensors[index] = { ...b.tensors[index], ...change };
  return index;
};
const input = (b: GraphBuilder, position: number) => b.operators.at(-1)!.inputs[position];
const otherScale = { scale: [0.5], zeroPoint: [0], axis: 0 };

const cases: Case[] = [
  // The model as a whole.
  [
    'no outputs',
    (b) => b.graph([], { inputs: [b.input(INPUT)] }),
    'MODEL_INVALID',
    /no output; expected: at least one/,
  ],
  [
    'an output listed twice',
    (b) => {
      const y = b.conv(b.input(INPUT), 2);
      return b.graph([y, y]);
    },
    'MODEL_INVALID',
    /an output is listed twice: 3, 3/,
  ],
  [
    'an input as output',
    (b) => b.graph([b.input(INPUT)]),
    'MODEL_UNSUPPORTED',
    /tensor 0 "t0": an output .* also its input/,
  ],
  [
    'an output that nothing writes',
    one((b, x) => (b.conv(x, 2) ? b.activation(INPUT) : x)),
    'MODEL_INVALID',
    /tensor 4 "t4": an output of the model that no operator writes/,
  ],
  [
    'an end that does not exist',
    one((b, x) => b.conv(x, 2) + 74),
    'MODEL_INVALID',
    /output tensor 77; expected: a tensor from 0 to 3/,
  ],
  [
    'an input with constant data',
    (b) => {
      const y = b.conv(b.input([1, 1, 1, 2]), 2);
      spoil(b, 0, { data: new Int8Array(2) });
      return b.graph([y]);
    },
    'MODEL_INVALID',
    /tensor 0 "t0": an input of the model with constant data/,
  ],
  [
    'more inputs than ports',
    (b) => {
      const y = b.conv(b.input(INPUT), 2);
      for (let i = 0; i < 256; i++) b.input(INPUT);
      return b.graph([y]);
    },
    'MODEL_TOO_LARGE',
    /257 inputs; 256 at most/,
  ],
  // The order of operators.
  [
    'a tensor that nothing writes',
    (b) => b.graph([b.conv(b.activation(INPUT), 2)], { inputs: [b.input(INPUT)] }),
    'MODEL_INVALID',
    /operator 0 \(CONV_2D\), tensor 0 "t0": read, but nothing writes it/,
  ],
  [
    'a cycle',
    one((b, x) => {
      const sum = b.add({ op: 'ADD', activation: 'none' }, [x, x]);
      const y = b.add({ op: 'RELU' }, [sum]);
      b.operators[0] = { ...b.operators[0], inputs: [x, y] };
      return y;
    }),
    'MODEL_INVALID',
    /operator 0 \(ADD\), tensor 2 "t2": read before operator 1 writes it/,
  ],
  [
    'a tensor written twice',
    one((b, x) => {
      const y = b.add({ op: 'RELU' }, [x]);
      b.operators.push({ ...b.operators[0], index: 1 });
      return y;
    }),
    'MODEL_INVALID',
    /operator 1 \(RELU\), tensor 1 "t1": written a second time/,
  ],
  [
    'an operator that writes its input',
    one((b, x) => {
      const y = b.add({ op: 'RELU' }, [x]);
      b.operators[0] = { ...b.operators[0], outputs: [x] };
      return y;
    }),
    'MODEL_INVALID',
    /operator 0 \(RELU\), tensor 0 "t0": written a second time/,
  ],
  // The number of inputs.
  [
    'an operator without inputs',
    one((b, x) => {
      const y = b.add({ op: 'RELU' }, [x]);
      b.operators[0] = { ...b.operators[0], inputs: [] };
      return y;
    }),
    'MODEL_INVALID',
    /operator 0 \(RELU\): 0 inputs; expected: 1/,
  ],
  [
    'an absent filter',
    one((b, x) => {
      const y = b.conv(x, 2);
      b.operators[0] = { ...b.operators[0], inputs: [x, -1] };
      return y;
    }),
    'MODEL_INVALID',
    /operator 0 \(CONV_2D\): input 1 is absent/,
  ],
  [
    'two outputs',
    one((b, x) => {
      const y = b.add({ op: 'RELU' }, [x]);
      b.operators[0] = { ...b.operators[0], outputs: [y, b.activation(INPUT)] };
      return y;
    }),
    'MODEL_INVALID',
    /operator 0 \(RELU\): 2 outputs; expected: 1/,
  ],
  // Types.
  [
    'uint8 into an int8 operator',
    one((b, x) => {
      const y = b.add({ op: 'RELU' }, [x]);
      return spoil(b, y, { dtype: 'uint8', quantization: otherScale });
    }),
    'MODEL_UNSUPPORTED',
    /operator 0 \(RELU\), tensor 1 "t1": uint8 beside int8; supported: one type/,
  ],
  [
    'float32 after the first operator',
    one((b, x) => {
      const y = b.dequantize(b.conv(x, 2));
      return b.add({ op: 'QUANTIZE' }, [y]);
    }),
    'MODEL_UNSUPPORTED',
    /operator 1 \(DEQUANTIZE\), tensor 4 "t4": float32 inside the model; supported: float32 only where the model begins/,
  ],
  [
    'a float32 input without QUANTIZE',
    (b) => {
      b.floatInput(INPUT);
      b.operators.length = 0;
      return b.graph([b.add({ op: 'RELU' }, [0])]);
    },
    'MODEL_UNSUPPORTED',
    /operator 0 \(RELU\), tensor 0 "t0": a float32 activation; supported: int8 and uint8/,
  ],
  [
    'an activation with several scales',
    one((b, x) => spoil(b, b.conv(x, 2), { quantization: { scale: [1, 2], zeroPoint: [0, 0], axis: 3 } })),
    'MODEL_UNSUPPORTED',
    /an activation with 2 scales; supported: one scale/,
  ],
  // Weights.
  [
    'uint8 weights on int8',
    one((b, x) => {
      const y = b.conv(x, 2, { kernel: [1, 1] });
      spoil(b, input(b, 1), { dtype: 'uint8', quantization: otherScale, data: new Uint8Array(8) });
      return y;
    }),
    'MODEL_UNSUPPORTED',
    /tensor 1 "t1": uint8 weights; supported: int8/,
  ],
  [
    'groups that do not divide the outputs',
    one((b, x) => {
      const y = b.conv(x, 3, { kernel: [1, 1] });
      spoil(b, input(b, 1), { shape: [3, 1, 1, 2], data: new Int8Array(6) });
      return y;
    }),
    'MODEL_INVALID',
    /filter \[3,1,1,2\] on input \[1,6,6,4\]; expected: outputs in 2 groups/,
  ],
  [
    'a filter of other channels',
    one((b, x) => {
      const y = b.conv(x, 2, { kernel: [1, 1] });
      spoil(b, input(b, 1), { shape: [2, 1, 1, 3], data: new Int8Array(6) });
      return y;
    }),
    'MODEL_INVALID',
    /filter \[2,1,1,3\] on input \[1,6,6,4\]; expected: 4 input channels/,
  ],
  [
    'a fractional depth multiplier',
    one((b, x) => {
      const y = b.depthwise(x, 1, { kernel: [1, 1], perChannel: false, bias: false });
      spoil(b, input(b, 1), { shape: [1, 1, 1, 6], data: new Int8Array(6) });
      b.operators[0] = { ...b.operators[0], depthMultiplier: 1.5 } as never;
      return spoil(b, y, { shape: [1, 6, 6, 6] });
    }),
    'MODEL_INVALID',
    /filter \[1,1,1,6\] on input \[1,6,6,4\]; expected: \[1, height, width, 4 \* depth multiplier 1.5\]/,
  ],
  [
    'a fully connected layer over rows that cut through pixels',
    one((b, x) => {
      const y = b.fullyConnected(x, 3);
      spoil(b, input(b, 1), { shape: [3, 72], data: new Int8Array(216) });
      return y;
    }),
    'MODEL_UNSUPPORTED',
    /operator 0 \(FULLY_CONNECTED\), tensor 1 "t1": filter \[3,72\] on input \[1,6,6,4\]; supported: filters over all 144 inputs or over the last dimension/,
  ],
  [
    'scales along the wrong axis',
    one((b, x) => {
      const y = b.conv(x, 4, { kernel: [1, 1] });
      const { quantization } = b.tensors[input(b, 1)];
      spoil(b, input(b, 1), { quantization: { ...quantization!, axis: 3 } });
      return y;
    }),
    'MODEL_UNSUPPORTED',
    /4 scales along axis 3; supported: scales along axis 0/,
  ],
  [
    'fewer scales than channels',
    one((b, x) => {
      const y = b.conv(x, 4);
      spoil(b, input(b, 1), { quantization: { scale: [1, 1], zeroPoint: [0, 0], axis: 0 } });
      return y;
    }),
    'MODEL_INVALID',
    /2 scales along axis 0 of \[4,3,3,4\]; expected: one per channel/,
  ],
  [
    'a bias of the wrong length',
    one((b, x) => {
      const y = b.conv(x, 4);
      spoil(b, input(b, 2), { shape: [3], data: new Int32Array(3), quantization: undefined });
      return y;
    }),
    'MODEL_INVALID',
    /tensor 2 "t2": int32 bias of 3 values; expected: an int32 bias of 4/,
  ],
  [
    'a bias scale that is not the product of the scales',
    one((b, x) => {
      const y = b.fullyConnected(x, 4);
      spoil(b, input(b, 2), { quantization: { scale: [1], zeroPoint: [0], axis: 0 } });
      return y;
    }),
    'MODEL_INVALID',
    /tensor 2 "t2": bias scale 1; expected: input scale \* filter scale = 0\.0/,
  ],
  [
    'scales that no multiplier can hold',
    one((b, x) => {
      const y = b.conv(x, 4, { perChannel: false });
      return spoil(b, y, { quantization: { scale: [2 ** -60], zeroPoint: [0], axis: 0 } });
    }),
    'MODEL_INVALID',
    /scales that need a factor of .*; expected: a factor above 0 and below 2\^30/,
  ],
  // Single operators.
  [
    'a convolution of three dimensions',
    (b) => {
      const y = b.conv(b.input([1, 6, 6, 4]), 2);
      spoil(b, 0, { shape: [6, 6, 4] });
      return b.graph([y]);
    },
    'MODEL_UNSUPPORTED',
    /tensor 0 "t0": shape \[6,6,4\]; supported: batch, height, width, channels/,
  ],
  [
    'a pooling that rescales',
    one((b, x) => spoil(b, b.pool('MAX_POOL_2D', x), { quantization: otherScale })),
    'MODEL_UNSUPPORTED',
    /operator 0 \(MAX_POOL_2D\), tensor 1 "t1": scale .* become 0.5, 0; supported: one scale.*QUANTIZE behind it/,
  ],
  [
    'a sum of two shapes',
    one((b, x) => b.add({ op: 'ADD', activation: 'none' }, [x, b.pool('MAX_POOL_2D', x, { padding: 'valid' })])),
    'MODEL_INVALID',
    /operator 1 \(ADD\), tensor 1 "t1": shapes \[1,6,6,4\] and \[1,5,5,4\]; expected: axes that are equal or 1/,
  ],
  [
    'padding of the batch',
    one((b, x) => {
      b.pad(x, [0, 0, 0, 0]);
      spoil(b, input(b, 1), { data: Int32Array.of(0, 1, 0, 0, 0, 0, 0, 0) });
      return spoil(b, 2, { shape: [1, 6, 6, 4] });
    }),
    'MODEL_UNSUPPORTED',
    /operator 0 \(PAD\), tensor 1 "t1": paddings 0, 1, 0, 0, 0, 0, 0, 0; supported: none of the batch/,
  ],
  [
    'negative padding',
    one((b, x) => {
      b.pad(x, [0, 0, 0, 0]);
      spoil(b, input(b, 1), { data: Int32Array.of(0, 0, -1, 0, 0, 0, 0, 0) });
      return spoil(b, 2, { shape: [1, 5, 6, 4] });
    }),
    'MODEL_INVALID',
    /paddings 0, 0, -1, 0/,
  ],
  [
    'a concatenation of int8 that rescales',
    one((b, x) => b.add({ op: 'CONCATENATION', axis: 3, activation: 'none' }, [x, x], otherScale)),
    'MODEL_UNSUPPORTED',
    /operator 0 \(CONCATENATION\), tensor 1 "t1": scale/,
  ],
  [
    'a concatenation with an activation',
    one((b, x) => b.add({ op: 'CONCATENATION', axis: 3, activation: 'relu' }, [x, x], b.tensors[x].quantization)),
    'MODEL_UNSUPPORTED',
    /activation relu; supported: no activation/,
  ],
  [
    'a concatenation along no axis',
    one((b, x) => {
      const y = b.add({ op: 'CONCATENATION', axis: 3, activation: 'none' }, [x, x], b.tensors[x].quantization);
      b.operators[0] = { ...b.operators[0], axis: 4 } as never;
      return y;
    }),
    'MODEL_INVALID',
    /axis 4; expected: an axis of \[1,6,6,4\]/,
  ],
  [
    'a reshape that loses values',
    one((b, x) => b.reshape(x, [1, 140])),
    'MODEL_INVALID',
    /tensor 2 "t2": the output shape is \[1,140\], but 144 values as in the input \[1,6,6,4\] follows/,
  ],
  [
    'a reshape that says another shape',
    one((b, x) => spoil(b, b.reshape(x, [1, 72, 2]), { shape: [1, 144] })),
    'MODEL_INVALID',
    /new shape \[1,72,2\]; expected: the output's \[1,144\]/,
  ],
  [
    'a squeeze that moves dimensions',
    (b) => b.graph([spoil(b, b.squeeze(b.input([1, 1, 5, 1])), { shape: [5, 1, 1] })]),
    'MODEL_INVALID',
    /\[1,1,5,1\] becomes \[5,1,1\]; expected: only dimensions of 1 go/,
  ],
  [
    'a softmax of another output scale',
    one((b, x) => b.add({ op: 'SOFTMAX', beta: 1 }, [x], otherScale)),
    'MODEL_UNSUPPORTED',
    /operator 0 \(SOFTMAX\), tensor 1 "t1": output scale 0.5, zero point 0; supported: scale 1\/256, zero point -128/,
  ],
  [
    'a softmax without beta',
    one((b, x) => b.probabilities({ op: 'SOFTMAX', beta: 0 }, x)),
    'MODEL_UNSUPPORTED',
    /operator 0 \(SOFTMAX\): beta 0; supported: beta above 0/,
  ],
];

for (const [title, build, code, message] of cases) {
  test(title, (t) => {
    const graph = build(new GraphBuilder(seededRandom(11)));
    const error = t.throws(() => validateGraph(graph), { instanceOf: DepthwiseError });
    t.is(error!.code, code, error!.message);
    t.regex(error!.message, message);
  });
}
