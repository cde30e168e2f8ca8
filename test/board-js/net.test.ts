/** What a program on a board sees of the runtime: dist/depthwise.js as a module. */
import test, { type ExecutionContext } from 'ava';
import type { Reader } from '../../src/board-js/machine.js';
import { compile } from '../../src/compile.js';
import { runReference } from '../../src/engines/reference.js';
import type { Graph } from '../../src/graph/graph.js';
import { buildMobileNet } from '../../src/mobilenet/builder.js';
import { parseSpec } from '../../src/mobilenet/topology.js';
import * as L from '../../src/program/layout.js';
import { edited, repaired } from '../format/damaged.js';
import { GraphBuilder, seededRandom } from '../graph/builder.js';
import { asModule } from './engine.js';

const { open } = asModule('depthwise.js');
const graph: Graph = {
  ...buildMobileNet(parseSpec('mobilenet:0.25@32x32x3,4')),
  labels: ['cat', 'Bär', 'ねこ', '🦊'],
};
const { blob, plan } = compile(graph);
const PIXELS = 32 * 32 * 3;

function image(seed: number): Uint8Array {
  const random = seededRandom(seed);
  return Uint8Array.from({ length: PIXELS }, () => Math.floor(random() * 256));
}

const expected = (seed: number) => runReference(graph, [image(seed)])[0];
const raw = (values: Int8Array | Uint8Array) => Uint8Array.from(values, (value) => value & 255);

/** A file that can only be read piece by piece, through one buffer that is used again and again. */
function reader(
  bytes: Uint8Array,
  change: (part: Uint8Array) => Uint8Array = (part) => part,
): Reader & { most: number } {
  const buffer = new Uint8Array(4096);
  return {
    length: bytes.length,
    most: 0,
    read(offset, count) {
      this.most = Math.max(this.most, count);
      buffer.fill(0xa5);
      const part = buffer.subarray(0, count);
      part.set(bytes.subarray(offset, offset + count));
      return change(part);
    },
  };
}

function throwsCode(t: ExecutionContext, code: string, action: () => unknown, message?: RegExp): void {
  const error = t.throws(action) as Error & { code?: string };
  t.is(error.code, code, error.message);
  if (message) t.regex(error.message, message);
}

test('an ArrayBuffer, a Uint8Array, a part of one and a reader are the same file', (t) => {
  const padded = new Uint8Array(blob.length + 7);
  padded.set(blob, 5);
  const flash = reader(blob);
  for (const file of [blob.slice().buffer, blob, padded.subarray(5, 5 + blob.length), Buffer.from(blob), flash]) {
    const net = open(file);
    net.input().set(image(1));
    net.invoke();
    t.deepEqual(raw(net.output()), expected(1));
  }
  t.true(flash.most <= 512);
});

test('input and output are views of the arena, in the type of the model', (t) => {
  const net = open(blob);
  t.true(net.input() instanceof Int8Array);
  t.is(net.input().length, PIXELS);
  t.is(net.input(0), net.input());
  t.is(net.output().length, 4);
  t.is(net.output().buffer, net.input().buffer);
  t.is(net.input().buffer.byteLength, plan.arenaBytes + 1);
  const b = new GraphBuilder(seededRandom(3), 'uint8');
  const other = open(compile(b.graph([b.conv(b.input([1, 4, 4, 2]), 3)])).blob);
  t.true(other.input() instanceof Uint8Array && other.output() instanceof Uint8Array);
});

test('inferences do not touch each other, nor do networks', (t) => {
  const [a, b] = [open(blob), open(blob)];
  a.input().set(image(1));
  b.input().set(image(2));
  while (a.tick() && b.tick());
  b.tick();
  t.deepEqual(raw(a.output()), expected(1));
  t.deepEqual(raw(b.output()), expected(2));
  a.input().set(image(3));
  a.invoke();
  t.deepEqual(raw(a.output()), expected(3));
  t.deepEqual(raw(b.output()), expected(2));
});

test('ticks are row tasks, then false once; then it begins anew', (t) => {
  const net = open(blob);
  const tasks = plan.tasks.reduce((sum, { repeat }) => sum + repeat, 0);
  for (const seed of [1, 2]) {
    net.input().set(image(seed));
    let ticks = 0;
    while (net.tick()) ticks++;
    t.is(ticks, tasks);
    t.deepEqual(raw(net.output()), expected(seed));
  }
});

test('begin forgets an unfinished inference, and so does invoke', (t) => {
  for (const restart of ['begin', 'invoke'] as const) {
    const net = open(blob);
    net.input().set(image(1));
    for (let i = 0; i < 3; i++) net.tick();
    if (restart === 'begin') net.begin();
    net.input().set(image(2));
    if (restart === 'begin') while (net.tick());
    else net.invoke();
    t.deepEqual(raw(net.output()), expected(2), restart);
  }
});

test('classify says what it sees, in units of the model', (t) => {
  const net = open(blob);
  const output = graph.tensors[graph.outputs[0]].quantization!;
  const values = Int8Array.from(expected(1));
  const best = values.indexOf(Math.max(...values));
  const answer = net.classify(image(1));
  t.deepEqual(answer, {
    label: graph.labels![best],
    score: output.scale[0] * (values[best] - output.zeroPoint[0]),
    index: best,
  });
});

test('top gives the best first, of equal ones the first first, with labels in UTF-8', (t) => {
  const net = open(blob);
  net.output().set([5, 90, 5, 90]);
  t.deepEqual(
    net.top(4).map(({ label, index }) => [label, index]),
    [
      ['Bär', 1],
      ['🦊', 3],
      ['cat', 0],
      ['ねこ', 2],
    ],
  );
  net.output().set([-128, -128, -128, 127]);
  t.deepEqual(
    net.top(9).map(({ index }) => index),
    [3, 0, 1, 2],
  );
  t.deepEqual(net.top(0), []);
  t.deepEqual(
    net.top().map(({ index }) => index),
    [3, 0, 1, 2],
  );
});

test('a label that is not UTF-8 stays percent-encoded', (t) => {
  const at = Buffer.from(blob).lastIndexOf(Buffer.from('cat'));
  const net = open(edited(blob, (view) => view.setUint8(at, 0xff)));
  net.output().set([1, 0, 0, 0]);
  t.is(net.top(1)[0].label, '%ff%61%74');
});

test('without labels they are empty', (t) => {
  const net = open(compile({ ...graph, labels: undefined }).blob);
  t.deepEqual(
    net.top(4).map(({ label }) => label),
    ['', '', '', ''],
  );
});

test('an input of another length is refused, and the network goes on', (t) => {
  const net = open(blob);
  throwsCode(t, 'LENGTH', () => net.classify(new Uint8Array(PIXELS - 1)), /^LENGTH 3071 not 3072$/);
  throwsCode(t, 'LENGTH', () => net.classify(new Uint8Array(PIXELS + 1)), /^LENGTH 3073 not 3072$/);
  throwsCode(t, 'LENGTH', () => (net.classify as () => unknown)(), /^LENGTH 0 not 3072$/);
  net.classify(image(1));
  t.deepEqual(raw(net.output()), expected(1));
});

test('a file that is none, is too new, damaged or cut is refused', (t) => {
  throwsCode(t, 'MAGIC', () => open(new Uint8Array(200)), /MAGIC 0/);
  throwsCode(t, 'MAGIC', () => open(new Uint8Array(0)));
  throwsCode(t, 'VERSION', () => open(edited(blob, (view) => view.setUint32(L.H_VERSION, 9, true))), /VERSION 9/);
  throwsCode(t, 'CRC', () => open(edited(blob, (view) => view.setUint8(blob.length - 9, 1), false)));
  for (const length of [4, 11, 12, 79, L.HEADER_BYTES, blob.length - 1]) {
    throwsCode(t, 'TRUNCATED', () => open(blob.slice(0, length)), new RegExp(`TRUNCATED ${length}`));
  }
  const longer = new Uint8Array(blob.length + 1);
  longer.set(blob);
  throwsCode(t, 'TRUNCATED', () => open(longer));
});

test('a file that is missing, text, and a reader of nothing are refused', (t) => {
  for (const file of ['depthwise.js', 'depthwise.mobilenet.js', 'depthwise.mobilenet.espruino.js']) {
    const runtime = asModule(file);
    for (const nothing of [undefined, null, '', 'DW', '3000']) {
      throwsCode(t, 'MAGIC', () => runtime.open(nothing as unknown as Uint8Array), /^MAGIC 0 not/);
    }
    const read = () => undefined as unknown as Uint8Array;
    throwsCode(t, 'TRUNCATED', () => runtime.open({ length: 1000, read }), /^TRUNCATED 0$/);
  }
});

test('the same through a reader', (t) => {
  throwsCode(t, 'MAGIC', () => open(reader(new Uint8Array(200))));
  throwsCode(t, 'CRC', () => open(reader(edited(blob, (view) => view.setUint8(blob.length - 9, 1), false))));
  throwsCode(t, 'TRUNCATED', () => open(reader(blob.slice(0, 500))));
  throwsCode(t, 'TRUNCATED', () => open(reader(blob, (part) => part.subarray(1))), /TRUNCATED 0/);
});

test('a read that comes back short stops one inference, not the next', (t) => {
  let reads = 0;
  let failing = false;
  const net = open(
    reader(blob, (part) => {
      reads++;
      return failing && reads > 200 ? part.subarray(1) : part;
    }),
  );
  net.input().set(image(1));
  [failing, reads] = [true, 0];
  throwsCode(t, 'TRUNCATED', () => net.invoke());
  failing = false;
  net.input().set(image(2));
  net.invoke();
  t.deepEqual(raw(net.output()), expected(2));
});

test('sections, tasks, steps and ports that cannot be are refused', (t) => {
  const u32 = (offset: number) => new DataView(blob.buffer, blob.byteOffset).getUint32(offset, true);
  const [ports, tasks, steps] = [u32(L.H_PORTS_OFFSET), u32(L.H_TASKS_OFFSET), u32(L.H_STEPS_OFFSET)];
  const bad: [string, RegExp, (view: DataView) => void][] = [
    ['no inputs', /LAYOUT 0/, (view) => view.setUint32(L.H_INPUT_COUNT, 0, true)],
    ['no outputs', /LAYOUT 1/, (view) => view.setUint32(L.H_OUTPUT_COUNT, 0, true)],
    ['ports outside', /LAYOUT/, (view) => view.setUint32(L.H_PORTS_OFFSET, blob.length - 8, true)],
    ['tasks outside', /LAYOUT/, (view) => view.setUint32(L.H_TASK_COUNT, blob.length, true)],
    ['negative count', /LAYOUT/, (view) => view.setUint32(L.H_TASK_COUNT, 0x80000000, true)],
    ['steps in the header', /LAYOUT 4/, (view) => view.setUint32(L.H_STEPS_OFFSET, 4, true)],
    ['strings outside', /LAYOUT/, (view) => view.setUint32(L.H_STRINGS_BYTES, blob.length, true)],
    ['a task of a step that is not there', /LAYOUT 0/, (view) => view.setUint16(tasks + L.T_STEP, 500, true)],
    ['a task of no rows', /LAYOUT 0/, (view) => view.setUint8(tasks + L.T_ROWS, 0)],
    ['a task never', /LAYOUT 0/, (view) => view.setUint8(tasks + L.T_REPEAT, 0)],
    ['an input outside', /LAYOUT 0/, (view) => view.setUint32(steps + L.S_IN_ADDRESS, 1, true)],
    ['an output outside', /LAYOUT 0/, (view) => view.setUint32(steps + L.S_OUT_ADDRESS, 0xfffffff0, true)],
    ['weights outside', /LAYOUT 0/, (view) => view.setUint32(steps + L.S_WEIGHTS, blob.length + 1, true)],
    ['a table outside', /LAYOUT 0/, (view) => view.setUint32(steps + L.S_TABLE, 0xffffffff, true)],
    ['a step without end', /LAYOUT 0/, (view) => view.setUint32(steps + L.S_KERNEL_H, 0xffffffff, true)],
    ['a port outside', /LAYOUT 0/, (view) => view.setUint32(ports + L.P_ADDRESS, plan.memoryBytes, true)],
    ['a port of no bytes', /LAYOUT 0/, (view) => view.setUint32(ports + L.P_BYTES, 0, true)],
  ];
  for (const [what, message, edit] of bad) {
    t.notThrows(() => open(edited(blob, () => {})));
    const error = t.throws(() => open(edited(blob, edit)), { message }, what) as Error & { code?: string };
    t.is(error.code, 'LAYOUT', what);
  }
  throwsCode(t, 'KIND', () => open(edited(blob, (view) => view.setUint32(steps + L.S_KIND, 99, true))), /KIND 99/);
});

test('an arena for which there is no room is refused, whether the engine throws, at once or at the first use, or gives less', (t) => {
  const most = plan.arenaBytes;
  const engines = {
    throws: (length: unknown, ...rest: number[]) => {
      if (typeof length === 'number' && length > most) throw new RangeError('Array buffer allocation failed');
      return new Int8Array(length as ArrayBuffer, ...rest);
    },
    'throws at the first use': (length: unknown, ...rest: number[]) => {
      const array = new Int8Array(length as ArrayBuffer, ...rest);
      const set = () => {
        throw new RangeError('Cannot allocate memory for ArrayBuffer');
      };
      return typeof length === 'number' && length > most ? new Proxy(array, { set }) : array;
    },
    'gives less': (length: unknown, ...rest: number[]) =>
      new Int8Array((typeof length === 'number' ? Math.min(length, most) : length) as ArrayBuffer, ...rest),
  };
  for (const [what, make] of Object.entries(engines)) {
    // Called with `new`, a function that returns an object gives that object.
    function Small(...args: [unknown, ...number[]]) {
      return make(...args);
    }
    const small = asModule('depthwise.js', { Int8Array: Small });
    throwsCode(t, 'MEMORY', () => small.open(blob), new RegExp(`MEMORY ${most + 1}`));
    t.notThrows(() => asModule('depthwise.js', {}).open(blob), what);
  }
});

test('random damage gives an error with a code, or a network that runs', (t) => {
  const random = seededRandom(11);
  const head = new DataView(blob.buffer, blob.byteOffset).getUint32(L.H_STEPS_OFFSET, true) + 20 * L.STEP_BYTES;
  const codes = new Map<string, number>();
  for (let i = 0; i < 1000; i++) {
    const damaged = blob.slice();
    for (let flips = 0; flips < 2; flips++) damaged[Math.floor(random() * head)] ^= 1 << Math.floor(random() * 8);
    let code = '';
    try {
      const net = open(repaired(damaged));
      code = 'opened, not run';
      net.invoke();
      net.top(2);
      code = 'ran';
    } catch (error) {
      code = (error as { code?: string }).code ?? String(error);
    }
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  t.deepEqual(
    [...codes.keys()].filter(
      (code) => !['ran', 'LAYOUT', 'KIND', 'MEMORY', 'MAGIC', 'VERSION', 'ORDER'].includes(code),
    ),
    [],
  );
  t.true(codes.get('LAYOUT')! > 30);
  t.true(codes.get('ran')! > 100);
});

test('the longest sums that go two to a double, and longer ones, hold at their extremes', (t) => {
  for (const k of [2047, 2048, 2100]) {
    const quantization = (scale: number, zeroPoint: number) => ({ scale: [scale], zeroPoint: [zeroPoint], axis: 0 });
    const data = new Int8Array(5 * k).fill(-128).fill(127, k, 2 * k);
    const long: Graph = {
      name: 'long',
      tensors: [
        { index: 0, name: 'in', shape: [1, 1, 3, k], dtype: 'int8', quantization: quantization(1, 0) },
        { index: 1, name: 'w', shape: [5, 1, 1, k], dtype: 'int8', quantization: quantization(1, 0), data },
        // The largest sum stays inside the output's range.
        { index: 2, name: 'out', shape: [1, 1, 3, 5], dtype: 'int8', quantization: quantization(2 ** 19, 0) },
      ],
      operators: [
        {
          ...{ op: 'CONV_2D', activation: 'none', padding: 'same', strideH: 1, strideW: 1 },
          index: 0,
          inputs: [0, 1],
          outputs: [2],
        } as Graph['operators'][0],
      ],
      inputs: [0],
      outputs: [2],
    };
    const net = open(compile(long).blob);
    for (const [first, others] of [
      [128, 128],
      [128, 127],
      [127, 128],
      [127, 0],
    ]) {
      const input = new Uint8Array(3 * k).fill(others).fill(first, 0, k);
      net.input().set(input);
      net.invoke();
      t.deepEqual([raw(net.output())], runReference(long, [input]), `${k} of ${first}, ${others}`);
    }
  }
});
