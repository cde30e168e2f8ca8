/** ONNX Runtime beside our float graph, and that beside our int8 graph. */
import type { ExecutionContext } from 'ava';
import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { compile } from '../../../src/compile.js';
import { runReference } from '../../../src/engines/reference.js';
import { elements, type Graph, perTensor } from '../../../src/graph/graph.js';
import { importOnnx } from '../../../src/import/onnx/import.js';
import { calibrate } from '../../../src/quantize/calibrate.js';
import { runFloat } from '../../../src/quantize/float-run.js';
import { pixelMap, realValues } from '../../../src/quantize/pixels.js';
import { quantizeGraph } from '../../../src/quantize/quantize.js';
import { randomValues, toNhwc } from './blocks.js';
import { buildOnnx, type ModelSpec } from './build.js';

env.wasm.numThreads = 1;

/** Sessions share a memory that grows while they run: one after the other. */
let last: Promise<unknown> = Promise.resolve();
function inTurn<T>(run: () => Promise<T>): Promise<T> {
  const turn = last.then(run);
  last = turn.catch(() => undefined);
  return turn;
}

async function run(bytes: Uint8Array, x: Tensor): Promise<Tensor> {
  // Constants that a network does not use are no news.
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const { y } = await session.run({ x });
  await session.release();
  return y;
}

/** Both give the same output `y` for a random input `x`, whose free dimensions are 1; maps are channels first. Returns our graph. */
export async function agree(t: ExecutionContext, spec: ModelSpec, seed = 1): Promise<Graph> {
  const bytes = buildOnnx(spec);
  const shape = spec.inputs.x.map((dim) => (typeof dim === 'number' ? dim : 1));
  const size = shape.reduce((a, b) => a * b);
  const isPixels = spec.uint8Inputs ?? false;
  const values = randomValues(size, seed).map((value) => (isPixels ? Math.abs(Math.round(value * 1000)) % 256 : value));
  const x = isPixels ? new Tensor('uint8', Uint8Array.from(values), shape) : new Tensor('float32', values, shape);
  const y = await inTurn(() => run(bytes, x));
  const graph = importOnnx(bytes, 'network');
  const ours = runFloat(graph, [shape.length === 4 && !spec.channelsLast ? toNhwc(values, shape[1]) : values]);
  const data = y.data as Float32Array;
  const theirs = y.dims.length === 4 ? toNhwc(data, y.dims[1]) : data;
  const output = ours[graph.outputs[0]];
  t.is(output.length, theirs.length);
  for (const [i, value] of theirs.entries()) {
    t.true(Math.abs(output[i] - value) <= 1e-4 * Math.max(1, Math.abs(value)), `${output[i]} for ${value}`);
  }
  return graph;
}

/**
 * The int8 graph of a float one, calibrated with one picture, is no farther from the real values of it than `part` of what the
 * output can hold; and it compiles. Returns it.
 */
export function follows(t: ExecutionContext, float: Graph, part: number): Graph {
  const [input] = float.inputs.map((index) => float.tensors[index]);
  const bytes = Uint8Array.from({ length: elements(input.shape) }, (_, i) => (i * 89 + 7) & 255);
  const pixels = pixelMap(float.pixelRange ?? { black: 0, white: 1 });
  const sample = [realValues(bytes, pixels)];
  const graph = quantizeGraph(float, calibrate(float, [sample]), [pixels]);
  const real = runFloat(float, sample)[float.outputs[0]];
  const output = perTensor(graph.tensors[graph.outputs[0]]);
  const found = realValues(runReference(graph, [bytes])[0], output);
  const most = part * 255 * output.scale;
  for (const [i, value] of found.entries()) t.true(Math.abs(value - real[i]) <= most, `${value} for ${real[i]}`);
  t.true(compile(graph).blob.length > 0);
  return graph;
}
