/** Inputs and outputs of PyTorch beside an .onnx file. */
import type { ExecutionContext } from 'ava';
import { elements } from '../../../src/graph/graph.js';
import { importOnnx } from '../../../src/import/onnx/import.js';
import { readNpy } from '../../../src/input/npy.js';
import { runFloat } from '../../../src/quantize/float-run.js';
import { fixture, readFixture } from '../../fixtures.js';
import { toNhwc } from './blocks.js';

/** Our float graph of NAME.onnx gives, for each record of NAME.x.npy (NCHW), that of NAME.y.npy (rows, or NCHW). */
export function givesWhatPyTorchGave(t: ExecutionContext, name: string): void {
  const graph = importOnnx(readFixture('cases', `${name}.onnx`), name, fixture('cases'));
  const [x, y] = ['x', 'y'].map((end) => readNpy(readFixture('cases', `${name}.${end}.npy`), end));
  const [size, channels] = [elements(x.shape.slice(1)), x.shape[1]];
  const outputs = elements(y.shape.slice(1));
  for (let record = 0; record < x.shape[0]; record++) {
    const values = (x.values as Float32Array).subarray(record * size, (record + 1) * size);
    const ours = runFloat(graph, [toNhwc(values, channels)])[graph.outputs[0]];
    t.is(ours.length, outputs);
    const planes = (y.values as Float32Array).subarray(record * outputs, (record + 1) * outputs);
    const theirs = y.shape.length === 4 ? toNhwc(planes, y.shape[1]) : planes;
    for (const [i, value] of theirs.entries()) {
      t.true(Math.abs(ours[i] - value) <= 1e-4 * Math.max(1, Math.abs(value)), `${ours[i]} for ${value}`);
    }
  }
}
