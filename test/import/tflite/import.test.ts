import test from 'ava';
import { DepthwiseError, type ErrorCode } from '../../../src/errors.js';
import { writeTflite } from '../../../src/export/tflite/write.js';
import { importTflite } from '../../../src/import/tflite/import.js';
import { CONV_OPTIONS } from '../../../src/operators/conv-2d.js';
import { FULLY_CONNECTED_OPTIONS } from '../../../src/operators/fully-connected.js';
import { REDUCER_OPTIONS } from '../../../src/operators/reduce.js';
import { GraphBuilder, seededRandom } from '../../graph/builder.js';
import { type RawModel, rawConvolution, rawTflite } from './raw.js';

test('a hand-written convolution', (t) => {
  const graph = importTflite(rawTflite(rawConvolution()), 'one');
  t.deepEqual(graph, {
    name: 'one',
    tensors: [
      {
        index: 0,
        name: 'input',
        shape: [1, 1, 1, 2],
        dtype: 'int8',
        quantization: { scale: [0.5], zeroPoint: [3], axis: 0 },
      },
      {
        index: 1,
        name: 'filter',
        shape: [2, 1, 1, 2],
        dtype: 'int8',
        quantization: { scale: [0.25, 0.5], zeroPoint: [0, 0], axis: 0 },
        data: Int8Array.of(1, 2, 3, -1),
      },
      {
        index: 2,
        name: 'output',
        shape: [1, 1, 1, 2],
        dtype: 'int8',
        quantization: { scale: [1], zeroPoint: [-128], axis: 0 },
      },
    ],
    operators: [
      {
        op: 'CONV_2D',
        index: 0,
        inputs: [0, 1],
        outputs: [2],
        activation: 'none',
        padding: 'same',
        strideH: 1,
        strideW: 1,
      },
    ],
    inputs: [0],
    outputs: [2],
  });
});

test('the operator code is the greater of the two fields', (t) => {
  const older = rawConvolution();
  older.operators[0].deprecatedCode = 3;
  older.operators[0].code = 0;
  t.is(importTflite(rawTflite(older)).operators[0].op, 'CONV_2D');
  const newer = rawConvolution();
  newer.operators[0].deprecatedCode = 0;
  t.is(importTflite(rawTflite(newer)).operators[0].op, 'CONV_2D');
});

test('constants may stand behind the FlatBuffer', (t) => {
  const model = { ...rawConvolution(), external: true };
  t.deepEqual(importTflite(rawTflite(model)).tensors[1].data, Int8Array.of(1, 2, 3, -1));
  const error = t.throws(() => importTflite(rawTflite(model).subarray(0, -1)), { instanceOf: DepthwiseError });
  t.like(error, { code: 'MODEL_INVALID' });
  t.regex(error!.message, /buffer 1: its 4 bytes .* outside the file/);
});

test('int32 constants that stand unaligned are read all the same', (t) => {
  const b = new GraphBuilder(seededRandom(3));
  const graph = b.graph([b.fullyConnected(b.input([1, 4]), 3)]);
  const bytes = writeTflite(graph);
  for (let shift = 1; shift < 4; shift++) {
    const moved = new Uint8Array(bytes.length + shift).subarray(shift);
    moved.set(bytes);
    t.deepEqual(importTflite(moved), graph);
  }
});

test('a batch size left open counts as 1', (t) => {
  const model = rawConvolution();
  model.tensors[0].signature = [-1, 1, 1, 2];
  t.notThrows(() => importTflite(rawTflite(model)));
});

test('a missing zero point is 0', (t) => {
  const model = rawConvolution();
  model.tensors[0].zeroPoint = undefined;
  t.deepEqual(importTflite(rawTflite(model)).tensors[0].quantization?.zeroPoint, [0]);
});

/** What is wrong, how the convolution is spoiled, the code, and what the message has to say. */
type Case = [title: string, spoil: (model: RawModel) => void, code: ErrorCode, message: RegExp];

const conv = (model: RawModel) => model.operators[0];

const cases: Case[] = [
  [
    'schema version 2',
    (m) => {
      m.version = 2;
    },
    'MODEL_UNSUPPORTED',
    /schema version 2; supported: version 3/,
  ],
  [
    'control flow',
    (m) => {
      m.subgraphs = 2;
    },
    'MODEL_UNSUPPORTED',
    /2 subgraphs; supported: 1\..*without control flow/,
  ],
  [
    'an operator that is not supported',
    (m) => {
      conv(m).code = 16;
    },
    'MODEL_UNSUPPORTED',
    /operator 0 \(LSTM\), tensor 2: .*supported: .*ADD, .*AVERAGE_POOL_2D, .*SQUEEZE.*\. Replace it/,
  ],
  [
    'an operator code above 127',
    (m) => {
      conv(m).code = 150;
    },
    'MODEL_UNSUPPORTED',
    /operator 0 \(GELU\)/,
  ],
  [
    'an operator code that no schema has',
    (m) => {
      conv(m).code = 4711;
    },
    'MODEL_UNSUPPORTED',
    /unknown builtin 4711/,
  ],
  [
    'a shape that is computed, but not of integers',
    (m) => {
      conv(m).code = 77;
    },
    'MODEL_UNSUPPORTED',
    /operator 0 \(SHAPE\).*this operator is not supported/,
  ],
  [
    'a custom operator',
    (m) => {
      Object.assign(conv(m), { code: 32, customCode: 'PosenetDecoderOp' });
    },
    'MODEL_UNSUPPORTED',
    /operator 0 \(custom operator "PosenetDecoderOp"\)/,
  ],
  [
    'several operators that are not supported',
    (m) => {
      conv(m).code = 27;
      m.operators.push({ code: 16, inputs: [0, 0], outputs: [2] }, { code: 27, inputs: [0], outputs: [2] });
    },
    'MODEL_UNSUPPORTED',
    /^3 of 3 operators are refused:\n {2}2 x SVDF: .*\(operator 0, 2\)\n {2}1 x LSTM: .*\(operator 1\)\n/,
  ],
  [
    'int16 activations',
    (m) => {
      m.tensors[0].type = 7;
    },
    'MODEL_UNSUPPORTED',
    /operator 0 \(CONV_2D\), tensor 0 "input": type INT16; supported: INT8, UINT8/,
  ],
  [
    'int4 weights',
    (m) => {
      m.tensors[1].type = 17;
    },
    'MODEL_UNSUPPORTED',
    /tensor 1 "filter": type INT4/,
  ],
  [
    'a float model',
    (m) => {
      for (const i of [0, 2]) m.tensors[i].type = 0;
    },
    'MODEL_UNSUPPORTED',
    /operator 0 \(CONV_2D\), tensor 0 "input": a float32 activation; supported: int8 and uint8\..*quantised/,
  ],
  [
    'float weights',
    (m) =>
      void Object.assign(m.tensors[1], { type: 0, data: new Uint8Array(16), scale: undefined, zeroPoint: undefined }),
    'MODEL_UNSUPPORTED',
    /tensor 1 "filter": float32 weights; supported: int8/,
  ],
  [
    'a variable tensor',
    (m) => {
      m.tensors[0].isVariable = true;
    },
    'MODEL_UNSUPPORTED',
    /tensor 0 "input": a variable/,
  ],
  [
    'a sparse tensor',
    (m) => {
      m.tensors[1].isSparse = true;
    },
    'MODEL_UNSUPPORTED',
    /tensor 1 "filter": a sparse/,
  ],
  [
    'an open width',
    (m) => {
      m.tensors[0].signature = [1, 1, -1, 2];
    },
    'MODEL_UNSUPPORTED',
    /tensor 0 "input": dynamic shape \[1,1,-1,2\]; supported: fixed shapes/,
  ],
  [
    'a batch of 2',
    (m) => {
      for (const i of [0, 2]) m.tensors[i].shape = [2, 1, 1, 2];
    },
    'MODEL_UNSUPPORTED',
    /operator 0 \(CONV_2D\), tensor 0 "input": batch 2 in shape \[2,1,1,2\]; supported: batch 1/,
  ],
  [
    'no dilation',
    (m) => {
      Object.assign(conv(m).options!, { [CONV_OPTIONS.dilationH]: { int32: 0, whenAbsent: 1 } });
    },
    'MODEL_INVALID',
    /operator 0 \(CONV_2D\): strides and window 1, 1, 0, 1; expected: 1 to 65535 each/,
  ],
  [
    'activation TANH',
    (m) => {
      Object.assign(conv(m).options!, { [CONV_OPTIONS.activation]: { int8: 4 } });
    },
    'MODEL_UNSUPPORTED',
    /operator 0 \(CONV_2D\): activation TANH; supported: NONE, RELU, RELU_N1_TO_1, RELU6/,
  ],
  [
    'a padding that does not exist',
    (m) => {
      Object.assign(conv(m).options!, { [CONV_OPTIONS.padding]: { int8: 2 } });
    },
    'MODEL_INVALID',
    /padding 2; expected: 0 \(SAME\) or 1 \(VALID\)/,
  ],
  [
    'options of another operator',
    (m) => {
      conv(m).optionsType = 5;
    },
    'MODEL_INVALID',
    /operator 0 \(CONV_2D\): options of type 5; expected: type 1/,
  ],
  [
    'no options',
    (m) => {
      conv(m).optionsType = 0;
    },
    'MODEL_INVALID',
    /strides and window 0, 0, 1, 1; expected: 1 to 65535/,
  ],
  [
    'shuffled weights',
    (m) => {
      m.tensors[1].shape = [2, 2];
      Object.assign(conv(m), {
        code: 9,
        optionsType: 8,
        options: { [FULLY_CONNECTED_OPTIONS.weightsFormat]: { int8: 1 } },
      });
    },
    'MODEL_UNSUPPORTED',
    /operator 0 \(FULLY_CONNECTED\): shuffled weights/,
  ],
  [
    'constants of the wrong length',
    (m) => {
      m.tensors[1].data = new Uint8Array(5);
    },
    'MODEL_INVALID',
    /tensor 1 "filter": 5 constant bytes; expected: 4 for int8 \[2,1,1,2\]/,
  ],
  [
    'weights that the file does not hold',
    (m) => {
      m.tensors[1].data = undefined;
      m.inputs.push(1);
      m.tensors[1].scale = [1];
      m.tensors[1].zeroPoint = [0];
    },
    'MODEL_UNSUPPORTED',
    /tensor 1 "filter": it is computed while the model runs; supported: constants/,
  ],
  [
    'a tensor number out of range',
    (m) => {
      conv(m).inputs[0] = 9;
    },
    'MODEL_INVALID',
    /tensor 9; expected: a tensor from 0 to 2/,
  ],
  [
    'a negative tensor number',
    (m) => {
      conv(m).outputs[0] = -7;
    },
    'MODEL_INVALID',
    /tensor -7; expected/,
  ],
  [
    'a dimension of 0',
    (m) => {
      m.tensors[0].shape = [1, 1, 0, 2];
    },
    'MODEL_INVALID',
    /shape \[1,1,0,2\]; expected: dim/,
  ],
  [
    'too many values',
    (m) => {
      m.tensors[0].shape = [1, 60000, 60000, 2];
    },
    'MODEL_TOO_LARGE',
    /tensor 0 "input": shape \[1,60000,60000,2\] has 7200000000 values; 67108864 at most/,
  ],
  [
    'too wide',
    (m) => {
      for (const i of [0, 2]) m.tensors[i].shape = [1, 1, 65536, 2];
    },
    'MODEL_TOO_LARGE',
    /tensor 0 "input": shape \[1,1,65536,2\]; .* 65535 at most/,
  ],
  [
    'scale 0',
    (m) => {
      m.tensors[0].scale = [0];
    },
    'MODEL_INVALID',
    /tensor 0 "input": scale 0; expected: above 0/,
  ],
  [
    'scale NaN',
    (m) => {
      m.tensors[1].scale = [1, Number.NaN];
    },
    'MODEL_INVALID',
    /"filter": scale NaN/,
  ],
  [
    'no scale',
    (m) => {
      m.tensors[0].scale = undefined;
    },
    'MODEL_INVALID',
    /int8 without scale and zero point/,
  ],
  [
    'a zero point out of range',
    (m) => {
      m.tensors[0].zeroPoint = [128];
    },
    'MODEL_INVALID',
    /zero point 128; .*-128 to 127/,
  ],
  [
    'fewer zero points than scales',
    (m) => {
      m.tensors[1].zeroPoint = [0];
    },
    'MODEL_INVALID',
    /2 scales and 1 zero points/,
  ],
  [
    'int8 weights with a zero point',
    (m) => {
      m.tensors[1].zeroPoint = [0, 1];
    },
    'MODEL_UNSUPPORTED',
    /tensor 1 "filter": int8 weights with a zero point; supported: zero point 0/,
  ],
  [
    'an output shape that does not follow',
    (m) => {
      m.tensors[2].shape = [1, 2, 1, 2];
    },
    'MODEL_INVALID',
    /tensor 2 "output": the output shape is \[1,2,1,2\], but \[1,1,1,2\] follows/,
  ],
  [
    'an average over an axis that is none',
    (m) => {
      m.tensors[1] = { name: 'axes', type: 2, shape: [1], data: new Uint8Array([4, 0, 0, 0]) };
      Object.assign(conv(m), { code: 40, optionsType: 27, options: { [REDUCER_OPTIONS.keepDims]: { int8: 1 } } });
    },
    'MODEL_INVALID',
    /operator 0 \(MEAN\), tensor 1 "axes": axes \[4\] of \[1,1,1,2\]; expected: axes of 4 dimensions/,
  ],
];

for (const [title, spoil, code, message] of cases) {
  test(title, (t) => {
    const model = rawConvolution();
    spoil(model);
    const error = t.throws(() => importTflite(rawTflite(model)), { instanceOf: DepthwiseError });
    t.is(error!.code, code, error!.message);
    t.regex(error!.message, message);
  });
}

const bytes = (text: string) => new TextEncoder().encode(text);
const kinds: [title: string, file: Uint8Array, message: RegExp][] = [
  ['an empty file', new Uint8Array(0), /an empty file \(0 bytes\)/],
  [
    'a Git LFS pointer',
    bytes('version https://git-lfs.github.com/spec/v1\noid sha256:0\n'),
    /Git LFS pointer.*git lfs pull/,
  ],
  ['an HTML page', bytes('\n<!DOCTYPE html><html>'), /an HTML page.*raw file/],
  ['an ONNX model', Uint8Array.of(8, 7, 0x12, 7, ...bytes('pytorch')), /an ONNX model.*depthwise quantize/],
  ['an older TFLite file', bytes('....TFL2....'), /TFLite schema "TFL2"/],
  ['a zip archive', bytes('PK\x03\x04........'), /a zip archive/],
  ['an HDF5 file', Uint8Array.of(0x89, ...bytes('HDF\r\n\x1a\n')), /Keras \.h5/],
  ['a compiled file', bytes('DW\x01\x1a........'), /a compiled \.dw file/],
  ['noise', Uint8Array.of(1, 2, 3), /not a \.tflite file but something else \(3 bytes\); expected: "TFL3" at byte 4/],
];

for (const [title, file, message] of kinds) {
  test(`${title} is told from a model`, (t) => {
    const error = t.throws(() => importTflite(file), { instanceOf: DepthwiseError });
    t.is(error!.code, 'MODEL_INVALID');
    t.regex(error!.message, message);
  });
}
