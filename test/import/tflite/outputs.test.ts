/** .tflite files cut at tensors, and what the error of a refused one says. */
import test, { type ExecutionContext } from 'ava';
import { compile } from '../../../src/compile.js';
import { importTflite } from '../../../src/import/tflite/import.js';
import { readFixture, withFixtures } from '../../fixtures.js';
import { type RawModel, type RawTensor, rawConvolution, rawTflite } from './raw.js';

const SVDF = 27;
const LSTM = 16;

/** A convolution, and behind it one operator of each of `codes`. */
function behind(codes: number[], tensor: Partial<RawTensor> = {}): RawModel {
  const model = rawConvolution();
  const [last] = model.outputs;
  const first = model.tensors.length;
  codes.forEach((code, i) => {
    model.tensors.push({ ...model.tensors[last], name: `behind${i}`, ...tensor });
    model.operators.push({ code, inputs: [i === 0 ? last : first + i - 1], outputs: [first + i] });
  });
  return { ...model, outputs: [first + codes.length - 1] };
}

const message = (t: ExecutionContext, model: RawModel) =>
  t.throws(() => importTflite(rawTflite(model), 'm'), { code: 'MODEL_UNSUPPORTED' })!.message;

test('what the outputs do not need is left out before it is looked at', (t) => {
  // FLOAT64: no tensor of this compiler has it.
  const file = rawTflite(behind([SVDF], { type: 10 }));
  t.throws(() => importTflite(file), { code: 'MODEL_UNSUPPORTED' });
  const graph = importTflite(file, 'm', ['output']);
  t.deepEqual(graph, { ...importTflite(rawTflite(rawConvolution()), 'm'), tensors: graph.tensors });
  t.deepEqual(graph.tensors.at(-1), { index: 3, name: 'behind0', shape: [], dtype: 'float32' });
  t.notThrows(() => compile(graph));
});

test('an input that is not needed is none', (t) => {
  const model = behind([]);
  model.tensors.push({ ...model.tensors[0], name: 'other' }, { ...model.tensors[0], name: 'sum' });
  model.operators.push({ code: LSTM, inputs: [3, 0], outputs: [4] });
  const file = rawTflite({ ...model, inputs: [3, 0], outputs: [2, 4] });
  t.deepEqual(importTflite(file, 'm', ['output']).inputs, [0]);
});

test('an unknown output lists those that there are', (t) => {
  t.throws(() => importTflite(rawTflite(rawConvolution()), 'm', ['outptu']), {
    code: 'USAGE',
    message: /near it: "output"/,
  });
  t.throws(() => importTflite(rawTflite(rawConvolution()), 'm', ['input']), { code: 'USAGE' }, 'no operator gives it');
});

test('one operator that is refused: what it is, and where to cut', (t) => {
  const text = message(t, behind([SVDF]));
  t.regex(
    text,
    /^operator 1 \(SVDF\), tensor 3: this operator is not supported; supported: .*To have what comes before: --outputs output$/,
  );
});

test('several: all of them in groups, the largest first, and where to cut', (t) => {
  const model = behind([SVDF, SVDF, LSTM, 14, SVDF]);
  const text = message(t, model);
  t.is(
    text.replace(/is not supported; supported: [^(]*/g, 'is not supported '),
    [
      '5 of 6 operators are refused:',
      '  3 x SVDF: this operator is not supported (operator 1, 2, 5)',
      '  1 x LSTM: this operator is not supported (operator 3)',
      '  1 x LOGISTIC: output scale 1, zero point -128; supported: scale 1/256, zero point -128 (operator 4)',
      'To have what comes before: --outputs output',
    ].join('\n'),
  );
});

test('names that a shell or the list would take apart are quoted, or are numbers', (t) => {
  const named = (name: string) => {
    const model = behind([SVDF]);
    model.tensors[2].name = name;
    return message(t, model);
  };
  t.regex(named('a/b;c'), /--outputs 'a\/b;c'$/);
  t.regex(named("it's"), /--outputs 'it'\\''s'$/);
  t.regex(named('a,b'), /--outputs 2$/);
  t.regex(named(''), /--outputs 2$/);
  t.deepEqual(importTflite(rawTflite(behind([SVDF])), 'm', ['2']).outputs, [2]);
});

test('no advice where nothing stands before what is refused', (t) => {
  const model = rawConvolution();
  model.operators[0].code = SVDF;
  t.false(message(t, model).includes('--outputs'));
});

withFixtures(test, 'SSD-MobileNet in front of its last operator, as its error says', (t: ExecutionContext) => {
  const file = readFixture('models', 'ssd_mobilenet_detect.tflite');
  const graph = importTflite(file, 'ssd', ['Squeeze', 'convert_scores']);
  t.deepEqual(
    graph.outputs.map((index) => graph.tensors[index].shape),
    [
      [1, 1917, 4],
      [1, 1917, 2],
    ],
  );
  t.notThrows(() => compile(graph));
});
