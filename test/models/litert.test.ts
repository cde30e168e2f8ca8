/**
 * Public models of five kinds beside LiteRT. Every layer, given the same input, has the bytes of TFLite's own kernels. XNNPACK, which
 * LiteRT runs where nobody says otherwise, scales in float32: one value of some 100,000 is a step off, and the layers behind it
 * make more of that. docs/models.md has the figures.
 */
import test, { type ExecutionContext } from 'ava';
import { type CompileOptions, compile } from '../../src/compile.js';
import type { EngineName } from '../../src/engines/engine.js';
import { openRunner } from '../../src/engines/run.js';
import { writeTflite } from '../../src/export/tflite/write.js';
import type { Graph, Operator } from '../../src/graph/graph.js';
import { elements, perTensor } from '../../src/graph/graph.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { readInputs } from '../../src/input/read.js';
import type { Rounding } from '../../src/kernels/reference/fixedpoint.js';
import { realValues } from '../../src/quantize/pixels.js';
import { difference } from '../difference.js';
import { type Kernels, type LiteRt, openLiteRt } from '../export/tflite/litert.js';
import { fixture, readFixture, withFixtures } from '../fixtures.js';
import { seededRandom } from '../graph/builder.js';

interface Tested {
  name: string;
  /** Steps between a score of ours and of XNNPACK's, over all inputs, and the part of the scores of one input that differ. */
  most: number;
  part: number;
  /** Too slow for the simulator under more than one plan. */
  isLarge?: boolean;
}

const TESTED: readonly Tested[] = [
  { name: 'fomo_face_detection', most: 13, part: 0.021 },
  { name: 'blazeface_front_128', most: 2, part: 0.011 },
  { name: 'person_boxes_mcunet', most: 3, part: 0.158 },
  { name: 'mobilenet_v2_1.0_224_quant', most: 3, part: 0.017, isLarge: true },
  { name: 'ssd_mobilenet_detect', most: 0, part: 0, isLarge: true },
];
const PICTURES = ['bird', 'cat', 'grace_hopper'];
const RANDOM_INPUTS = 5;
/** Values of a layer that XNNPACK's float32 may bring to the next step. */
const XNNPACK_PART = 1e-4;

const load = (name: string): Graph => importTflite(readFixture('models', `${name}.tflite`), name);

/** Raw bytes of the model's input: three pictures, then noise. */
async function inputsOf(graph: Graph): Promise<Uint8Array[]> {
  const input = graph.tensors[graph.inputs[0]];
  const first = graph.operators.find(({ inputs }) => inputs[0] === input.index)!;
  const float32 = input.dtype === 'float32';
  // QUANTIZE behind a float32 input says what its bytes are.
  const quantised = float32 ? graph.tensors[first.outputs[0]] : input;
  const port = { ...quantised, ...perTensor(quantised), dtype: quantised.dtype as 'int8' | 'uint8', float32 };
  const pictures = await Promise.all(PICTURES.map((name) => readInputs(fixture('pictures', `${name}.bmp`), port)));
  const noise = Array.from({ length: RANDOM_INPUTS }, (_, i) => {
    const random = seededRandom(i + 1);
    return Uint8Array.from({ length: elements(input.shape) }, () => Math.floor(random() * 256));
  });
  const all = [...pictures.flatMap(({ records }) => records), ...noise];
  return float32 ? all.map((bytes) => new Uint8Array(realValues(bytes, perTensor(quantised)).buffer)) : all;
}

/** Steps between values of a tensor; of float32, those of what it was made from. */
function steps(graph: Graph, tensor: number, ours: Uint8Array, theirs: Uint8Array): number[] {
  const { dtype } = graph.tensors[tensor];
  if (dtype !== 'float32') {
    const value = (byte: number) => (dtype === 'int8' ? (byte << 24) >> 24 : byte);
    return Array.from(ours, (byte, i) => Math.abs(value(byte) - value(theirs[i])));
  }
  const { inputs } = graph.operators.find(({ outputs }) => outputs.includes(tensor))!;
  const { scale } = perTensor(graph.tensors[inputs[0]]);
  const [a, b] = [ours, theirs].map((bytes) => new Float32Array(bytes.slice().buffer));
  return Array.from(a, (value, i) => Math.round(Math.abs(value - b[i]) / scale));
}

const isOff = (each: number) => each > 0;

for (const { name, most, part, isLarge } of TESTED) {
  const plans: [EngineName, CompileOptions][] = [
    ['node', { memory: 'fast' }],
    ['node', { memory: 'min' }],
    ['js', { memory: isLarge ? 'fast' : 'min' }],
    ['wasm3', { memory: 'fast' }],
    ...(isLarge ? [] : ([['wasm3', { memory: 'min' }]] as [EngineName, CompileOptions][])),
  ];
  withFixtures(test, `${name}: every engine gives the bytes of the reference`, async (t: ExecutionContext) => {
    const graph = load(name);
    const [input] = await inputsOf(graph);
    const expected = openRunner(graph, compile(graph), 'reference').run([input]);
    for (const [engine, options] of plans) {
      const found = openRunner(graph, compile(graph, options), engine).run([input]);
      for (const [i, output] of found.entries()) {
        t.is(difference(output, expected[i]), 'equal', `${engine}, ${options.memory}, output ${i}`);
      }
    }
  });

  withFixtures(test, `${name}: LiteRT's outputs, ${most} apart at most`, async (t: ExecutionContext) => {
    const graph = load(name);
    const runner = openRunner(graph, compile(graph, { rounding: 'single' }), 'node');
    const run = await openLiteRt(writeTflite(graph));
    for (const [i, input] of (await inputsOf(graph)).entries()) {
      const theirs = await run([input]);
      const off = runner
        .run([input])
        .flatMap((ours, k) => steps(graph, graph.outputs[k], ours, output(theirs, graph, graph.outputs[k])));
      const found = off.filter(isOff).length / off.length;
      t.true(Math.max(...off) <= most && found <= part, `input ${i}: ${Math.max(...off)} apart, ${100 * found} %`);
    }
  });

  withFixtures(test, `${name}: every layer has the bytes of TFLite's own kernels`, async (t: ExecutionContext) => {
    const graph = load(name);
    const [input] = await inputsOf(graph);
    const tensors = { single: layers(graph, input, 'single'), double: layers(graph, input, 'double') };
    let [values, off] = [0, 0];
    for (const operator of graph.operators) {
      const apart = await layerSteps(graph, operator, tensors[roundingOf(graph, operator)], 'builtin');
      t.false(apart.some(isOff), `operator ${operator.index} (${operator.op})`);
      const float = await layerSteps(graph, operator, tensors.single, 'xnnpack');
      t.true(
        float.every((each) => each <= 1),
        `XNNPACK, operator ${operator.index} (${operator.op})`,
      );
      values += float.length;
      off += float.filter(isOff).length;
    }
    t.log(`XNNPACK: ${off} of ${values} values`);
    t.true(off / values <= XNNPACK_PART, `XNNPACK: ${off} of ${values}`);
  });
}

const output = (all: Map<string, Uint8Array>, graph: Graph, index: number) => all.get(graph.tensors[index].name)!;

/** TFLite multiplies int8 matrices by ruy, which rounds once; all others of its kernels round twice. */
const roundingOf = ({ tensors }: Graph, { op, inputs }: Operator): Rounding =>
  op === 'CONV_2D' && tensors[inputs[0]].dtype === 'int8' ? 'single' : 'double';

/** Bytes of the input and of what every operator writes. */
function layers(graph: Graph, input: Uint8Array, rounding: Rounding): Map<number, Uint8Array> {
  const tensors = new Map([[graph.inputs[0], input]]);
  const written = new Map(graph.operators.map(({ index, outputs }) => [index, outputs[0]]));
  const runner = openRunner(graph, compile(graph, { rounding, fuse: false }), 'node');
  runner.run([input], (operator, bytes) => tensors.set(written.get(operator)!, bytes.slice()));
  return tensors;
}

/** How far LiteRT is from what an operator wrote, value by value, when it reads the same. */
async function layerSteps(
  graph: Graph,
  operator: Operator,
  tensors: ReadonlyMap<number, Uint8Array>,
  kernels: Kernels,
): Promise<number[]> {
  const inputs = [...new Set(operator.inputs.filter((index) => index >= 0 && !graph.tensors[index].data))];
  const alone = {
    ...graph,
    head: undefined,
    operators: [{ ...operator, index: 0 }],
    inputs,
    outputs: operator.outputs,
  };
  const run: LiteRt = await openLiteRt(writeTflite(alone), kernels);
  const theirs = await run(inputs.map((index) => tensors.get(index)!));
  const [index] = operator.outputs;
  return steps(graph, index, tensors.get(index)!, output(theirs, graph, index));
}
