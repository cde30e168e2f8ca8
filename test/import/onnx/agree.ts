/** ONNX Runtime beside our float graph. */
import type { ExecutionContext } from 'ava';
import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import type { Graph } from '../../../src/graph/graph.js';
import { importOnnx } from '../../../src/import/onnx/import.js';
import { runFloat } from '../../../src/quantize/float-run.js';
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
