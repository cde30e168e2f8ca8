/** Where the greatest and the least values stand; what a model answers that ends in it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { validateGraph } from '../../src/analysis/validate.js';
import { compile } from '../../src/compile.js';
import { loadRuntime } from '../../src/engines/runtime-script.js';
import { checkBlob } from '../../src/format/check.js';
import { readBlob } from '../../src/format/read.js';
import { elements, type Graph } from '../../src/graph/graph.js';
import * as L from '../../src/program/layout.js';
import { CORE_FILES } from '../../src/qemu/runtimes.js';
import { values } from '../../src/report/top.js';
import { cli, cliJson, Folder } from '../cli/cli.js';
import { edited } from '../format/damaged.js';
import { seededRandom } from '../graph/builder.js';
import { runTiny, type TinyTensor, tinyGraph } from '../kernels/reference/tiny.js';
import { GLUE, program, run } from '../qemu/gcc.js';
import { withTools } from '../qemu/tools.js';
import { temporaryFolder } from '../temporary.js';
import { type Byte, bytesOf, chance, everywhere, fromLiteRt, single } from './single.js';

const EACH = 24;
type Name = 'ARG_MAX' | 'ARG_MIN';

const int32 = (data: number[], shape: number[] = []): TinyTensor => ({ shape, dtype: 'int32', data });

for (const op of ['ARG_MAX', 'ARG_MIN'] as const) {
  test(`${op}: every engine gives the places of the reference, and LiteRT does`, async (t) => {
    for (let seed = 1; seed <= EACH; seed++) {
      const random = seededRandom(seed * 7919 + 13);
      const c = chance(random);
      const dtype: Byte = seed % 3 ? 'int8' : 'uint8';
      const [height, width, channels] = [c.integer(1, 7), c.integer(1, 6), c.pick(1, 2, 3, 8, 21)];
      const shape = c.pick([1, height, width, channels], [height, width, channels], [1, channels]);
      const axis = c.pick(shape.length - 1, c.integer(0, shape.length - 1));
      const output: TinyTensor = {
        shape: shape.filter((_, i) => i !== axis),
        dtype: c.pick('int32', 'int64'),
      };
      const inputs = [{ ...c.map(dtype), shape }, int32([c.pick(axis, axis - shape.length)], c.pick([], [1]))];
      const what = `seed ${seed}: ${JSON.stringify({ inputs, output })}`;
      const graph = single({ op }, inputs, output);
      // Few different values: most of them stand at several places.
      const bytes = bytesOf(random, elements(shape)).map((byte) => (seed % 2 ? byte : 120 + (byte % 12)));
      t.notThrows(() => everywhere(graph, bytes), what);
      const off = await fromLiteRt(graph, [bytes], seed % 4 < 2 ? 'xnnpack' : 'builtin');
      t.is(off.most, 0, `LiteRT, ${what}`);
    }
  });
}

const INPUT: TinyTensor = { shape: [1, 2, 3], dtype: 'int8', scale: 0.5, zeroPoint: 3 };

test('of equal values the first one counts', (t) => {
  const places = (op: Name, axis: number, shape: number[]) =>
    runTiny(tinyGraph({ op }, [INPUT, int32([axis])], { shape, dtype: 'int32' }), [[1, 5, 5, -128, 127, -128]]);
  t.deepEqual(places('ARG_MAX', 2, [1, 2]), [1, 1]);
  t.deepEqual(places('ARG_MIN', 2, [1, 2]), [0, 0]);
  t.deepEqual(places('ARG_MAX', -2, [1, 3]), [0, 1, 0]);
});

test('what is no place, and what is no axis, is refused', (t) => {
  const refused = (axis: number, output: TinyTensor, message: RegExp) =>
    t.throws(() => validateGraph(tinyGraph({ op: 'ARG_MAX' }, [INPUT, int32([axis])], output)), { message });
  refused(2, { ...INPUT, shape: [1, 2] }, /a int8 output; supported: int32 or int64/);
  refused(3, { shape: [1, 2], dtype: 'int32' }, /axis 3 of \[1,2,3\]; expected: one of its axes/);
  refused(2, { shape: [1, 3], dtype: 'int64' }, /the output shape is \[1,3\], but \[1,2\] follows/);
});

/** A classifier of 6 classes. */
function classifier(dtype: 'int32' | 'int64'): Graph {
  const graph = single({ op: 'ARG_MAX' }, [{ ...INPUT, shape: [1, 6] }, int32([1])], { shape: [1], dtype });
  return { ...graph, labels: ['a', 'b', 'c', 'd', 'e', 'f'] };
}

/** Classes of 4 x 5 pixels. */
const segmentation = (): Graph =>
  single({ op: 'ARG_MAX' }, [{ ...INPUT, shape: [1, 4, 5, 6] }, int32([3])], { shape: [1, 4, 5], dtype: 'int64' });

const SCORES = Uint8Array.of(0, 3, 9, 1, 120, 5);

test('a file says of which type its places are', (t) => {
  for (const dtype of ['int32', 'int64'] as const) {
    const [port] = readBlob(compile(classifier(dtype)).blob).outputs;
    t.like(port, { dtype, shape: [1, 1, 1, 1], bytes: dtype === 'int32' ? 4 : 8, scale: 1, zeroPoint: 0 });
  }
  t.deepEqual(readBlob(compile(segmentation()).blob).outputs[0].shape, [1, 4, 5, 1]);
});

test('files whose places are not what they say are refused', (t) => {
  const { blob } = compile(classifier('int64'));
  const port = new DataView(blob.buffer).getUint32(L.H_PORTS_OFFSET, true);
  const spoiled = (index: number, field: number, value: number) =>
    edited(blob, (view) => view.setUint32(port + index * L.PORT_BYTES + field, value, true));
  t.throws(() => checkBlob(spoiled(0, L.P_DTYPE, L.DTYPE_INT32)), { message: /port 0 of type 2, expected 0 to 1/ });
  t.throws(() => checkBlob(spoiled(1, L.P_DTYPE, 4)), { message: /port 1 of type 4, expected 0 to 3/ });
  t.throws(() => checkBlob(spoiled(1, L.P_DTYPE, L.DTYPE_INT32)), { message: /port 1 of 8 bytes, expected 4 for/ });
  t.throws(() => checkBlob(spoiled(1, L.P_ZERO_POINT, 1)), { message: /a zero point of its type/ });
});

test('JavaScript on a board answers with the class, once; with none of a map', (t) => {
  const { open } = loadRuntime('depthwise.js');
  for (const dtype of ['int32', 'int64'] as const) {
    const net = open(compile(classifier(dtype)).blob);
    const answer = { label: 'e', score: 1, index: 4 };
    t.deepEqual(net.classify(SCORES), answer);
    t.deepEqual(net.top(), [answer]);
    t.deepEqual(net.top(0), []);
    t.deepEqual([...net.output()].slice(0, 4), [4, 0, 0, 0]);
  }
  const net = open(compile(segmentation()).blob);
  net.invoke();
  t.deepEqual(net.top(), []);
});

withTools(test, ['gcc'], 'C answers with the class, once; with none of a map', (t) => {
  const sources = [...CORE_FILES.map((name) => join(GLUE, 'core', name))];
  const main = fileURLToPath(new URL('../heads/chosen.c', import.meta.url));
  const chosen = program([...sources, main]);
  const folder = temporaryFolder();
  const top = (graph: Graph, output: Uint8Array) => {
    writeFileSync(join(folder, 'model.dw'), compile(graph).blob);
    writeFileSync(join(folder, 'output'), output);
    return run(chosen, [join(folder, 'model.dw'), join(folder, 'output')]);
  };
  t.is(top(classifier('int32'), Uint8Array.of(4, 0, 0, 0)), '4 1 e\n');
  t.is(top(classifier('int64'), Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0)), '4 1 e\n');
  t.is(top(segmentation(), new Uint8Array(160)), '');
});

test.serial('the command prints the class without a score, and writes places', async (t) => {
  const folder = new Folder();
  folder.model('model.tflite', classifier('int64'));
  folder.write('x.bin', SCORES);
  const args = ['run', folder.file('model.tflite'), '--input', folder.file('x.bin'), '--engine', 'js'];
  const ran = await cliJson(...args, '--output', folder.file('y.npy'));
  t.deepEqual(ran.output, [[4]]);
  t.deepEqual(ran.top, [[{ index: 4, label: 'e', score: null }]]);
  t.deepEqual(ran.answers, ran.top);
  const { stdout } = await cli(...args);
  t.regex(stdout, /class {2}label {2}score\n *4 {2}e *\n/);
  const info = await cliJson('info', folder.file('model.tflite'));
  t.like(info.outputs[0], { dtype: 'int64', shape: [1] });
  const npy = folder.read('y.npy');
  t.regex(Buffer.from(npy).toString('latin1'), /'descr': '<i8', 'fortran_order': False, 'shape': \(1, 1\)/);
  t.deepEqual([...npy.subarray(-8)], [4, 0, 0, 0, 0, 0, 0, 0]);
});

test.serial('a map of classes is an output like any other', async (t) => {
  const folder = new Folder();
  folder.model('model.tflite', segmentation());
  folder.write('x.bin', bytesOf(seededRandom(3), 120));
  const args = ['run', folder.file('model.tflite'), '--input', folder.file('x.bin')];
  const [js, wasm3] = [await cliJson(...args, '--engine', 'js'), await cliJson(...args)];
  t.is(js.output[0].length, 20);
  t.deepEqual([js.output, js.top, js.head], [wasm3.output, [[]], 'none']);
  t.false((await cli(...args)).stdout.includes('score'));
  t.is((await cli(...args, '--head', 'centroids')).exitCode, 2);
});

test('values of both types are read', (t) => {
  t.deepEqual(values(Uint8Array.of(1, 1, 0, 0), 'int32'), [257]);
  t.deepEqual(values(Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0), 'int64'), [2]);
});
