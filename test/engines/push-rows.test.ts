/** dw_push_rows of firmware-glue/core/dw.h, as a board calls it. */
import test from 'ava';
import { asset } from '../../src/assets.js';
import { compile } from '../../src/compile.js';
import { runReference } from '../../src/engines/reference.js';
import { type Simulator, simulatorModule } from '../../src/engines/wasm3-simulator.js';
import { buildMobileNet } from '../../src/mobilenet/builder.js';
import { parseSpec } from '../../src/mobilenet/topology.js';
import { inputBytes } from '../graphs.js';

interface Board extends Simulator {
  push_rows(rows: number, count: number): number;
}

const WAITING = 0x10000;
const RAM_BYTES = 2 ** 20;
const ERROR_ORDER = -12;
const ROWS = 24;
const ROW = 20 * 3;

const graph = buildMobileNet(parseSpec('mobilenet:0.25@24x20x3,2'));
const [image] = inputBytes(graph, 3, 0);

function board(frame: 'rows' | 'resident') {
  const sim = new WebAssembly.Instance(simulatorModule(), {}).exports as unknown as Board;
  sim._initialize();
  const put = (bytes: Uint8Array): number => {
    const address = sim.alloc(bytes.length);
    new Uint8Array(sim.memory.buffer).set(bytes, address);
    return address;
  };
  const { blob } = compile(graph, { memory: 'min', frame });
  const kernels = asset('kernels.wasm');
  const opened = sim.open(put(blob), blob.length, put(kernels), kernels.length, RAM_BYTES);
  if (opened !== 0) throw new Error(`dw_open: ${opened}`);
  return { sim, pixels: put(image) };
}

test('rows in pieces of any size, then the output', (t) => {
  const { sim, pixels } = board('rows');
  const [expected] = runReference(graph, [image]);
  t.is(sim.input(0), 0);
  for (const piece of [ROWS, 1, 5]) {
    t.is(sim.begin(1e9), 0);
    for (let y = 0; y < ROWS; y += piece) {
      const count = Math.min(piece, ROWS - y);
      t.is(sim.push_rows(pixels + y * ROW, count), y + count < ROWS ? WAITING : 0);
    }
    const at = sim.output(0);
    t.deepEqual(new Uint8Array(sim.memory.buffer).slice(at, at + expected.length), expected);
  }
});

test('a row too many, too early or for a resident frame is an error', (t) => {
  const { sim, pixels } = board('rows');
  t.is(sim.begin(1e9), 0);
  t.is(sim.push_row(pixels), ERROR_ORDER);
  t.is(sim.tick(), WAITING);
  t.is(sim.tick(), WAITING);
  t.is(sim.push_row(pixels), 0);
  t.is(sim.push_row(pixels), ERROR_ORDER);
  t.is(sim.begin(1e9), 0);
  t.is(sim.push_rows(pixels, ROWS), 0);
  t.is(sim.push_rows(pixels, 1), ERROR_ORDER);

  const resident = board('resident');
  t.is(resident.sim.begin(1e9), 0);
  t.is(resident.sim.push_row(resident.pixels), ERROR_ORDER);
});
