import test from 'ava';
import { compile } from '../../src/compile.js';
import { BlobView } from '../../src/program/blob-view.js';
import * as L from '../../src/program/layout.js';
import { GraphBuilder, seededRandom } from '../graph/builder.js';

test('fields of every width, little-endian, signed or not', (t) => {
  const view = new BlobView(Uint8Array.of(0xaa, 0xfe, 0xff, 0xff, 0xff, 0, 0, 0xc0, 0x3f), 1);
  t.is(view.length, 8);
  t.deepEqual([view.u8(0), view.i8(0)], [254, -2]);
  t.deepEqual([view.u16(0), view.u32(0), view.i32(0)], [0xfffe, 0xfffffffe, -2]);
  t.is(view.f32(4), 1.5);
  t.throws(() => view.u32(5), { instanceOf: RangeError });
});

test('ports, tasks and steps of a file that is a part of a larger array', (t) => {
  const b = new GraphBuilder(seededRandom(3));
  const [x, y] = [b.input([1, 4, 5, 3]), b.input([1, 4, 5, 2])];
  const graph = b.graph([b.conv(x, 2, {}), b.conv(y, 3, {})]);
  const { blob, plan, program } = compile(graph, { deadChannels: false });
  const larger = new Uint8Array(blob.length + 9);
  larger.set(blob, 5);
  const view = new BlobView(larger.subarray(5, 5 + blob.length));
  t.is(view.u32(L.H_MAGIC), L.MAGIC);
  t.deepEqual(
    view.ports().map((port) => port.u32(L.P_BYTES)),
    [60, 40, ...program.outputs.map(({ view: { height, width, channels } }) => height * width * channels)],
  );
  t.deepEqual(view.tasks(), plan.tasks);
  t.deepEqual(
    view.steps().map((step) => [step.u32(L.S_KIND), step.u16(L.S_IN_CHANNELS)]),
    program.steps.map(({ kind, input }) => [kind, input.channels]),
  );
});
