import test, { type ExecutionContext } from 'ava';
import { compile } from '../../src/compile.js';
import { openJs } from '../../src/engines/js.js';
import { runReference } from '../../src/engines/reference.js';
import { DepthwiseError, type ErrorCode } from '../../src/errors.js';
import { buildMobileNet } from '../../src/mobilenet/builder.js';
import { parseSpec } from '../../src/mobilenet/topology.js';
import * as L from '../../src/program/layout.js';
import { edited } from '../format/damaged.js';

const graph = buildMobileNet(parseSpec('mobilenet:0.25@32x32x3,4'));
const compiled = compile(graph, { fuse: false });
const { blob, program, plan } = compiled;
const image = (step: number) => Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => i * step);

function throwsCode(t: ExecutionContext, code: ErrorCode, message: RegExp, action: () => unknown): void {
  const error = t.throws(action, { instanceOf: DepthwiseError, message });
  t.is(error?.code, code);
}

test('a session runs again and again, and leaves its input as it was', (t) => {
  const session = openJs(blob);
  for (const step of [3, 7, 3]) {
    const input = image(step);
    t.deepEqual(session.run([input]), runReference(graph, [image(step)]));
    t.deepEqual(input, image(step));
  }
});

test('outputs are copies', (t) => {
  const session = openJs(blob);
  const [first] = session.run([image(3)]);
  const before = first.slice();
  session.run([image(9)]);
  t.deepEqual(first, before);
});

test('afterStep comes once for every step, in order, and reads the arena at addresses of linear memory', (t) => {
  const layers = new Map<number, Uint8Array>();
  runReference(graph, [image(5)], { afterOperator: (operator, [output]) => layers.set(operator, output) });
  const seen: number[] = [];
  openJs(blob).run([image(5)], (index, read) => {
    seen.push(index);
    const { operators, output } = program.steps[index];
    const [offset] = plan.offsets[output.buffer];
    const bytes = output.height * output.width * output.channels;
    t.deepEqual(read(plan.arenaAddress + offset, bytes), layers.get(operators[0]), `step ${index}`);
    t.throws(() => read(plan.arenaAddress - 1, 1), { instanceOf: RangeError });
    t.throws(() => read(plan.arenaAddress + plan.arenaBytes, 1), { instanceOf: RangeError });
  });
  t.deepEqual(seen, [...program.steps.keys()]);
});

test('an exception of afterStep does not reach into the next inference', (t) => {
  const session = openJs(blob);
  const stop = () => {
    throw new Error('enough');
  };
  t.throws(() => session.run([image(3)], stop), { message: 'enough' });
  t.deepEqual(session.run([image(5)]), runReference(graph, [image(5)]));
});

test('inputs of another size or number are refused', (t) => {
  const session = openJs(blob);
  throwsCode(t, 'INPUT_SIZE', /3071 bytes, the model takes 3072/, () => session.run([image(1).subarray(1)]));
  throwsCode(t, 'INPUT_SIZE', /3072 \+ 1 bytes/, () => session.run([image(1), new Uint8Array(1)]));
  throwsCode(t, 'INPUT_SIZE', /3072/, () => session.run([]));
});

test('bad files are refused with the codes of every engine', (t) => {
  throwsCode(t, 'BLOB_INVALID', /magic/, () => openJs(edited(blob, (view) => view.setUint32(0, 1, true))));
  throwsCode(t, 'BLOB_INVALID', /bytes/, () => openJs(blob.slice(0, blob.length - 4)));
  throwsCode(t, 'BLOB_VERSION', /version 7/, () =>
    openJs(edited(blob, (view) => view.setUint32(L.H_VERSION, 7, true))),
  );
  throwsCode(t, 'BLOB_CRC', /CRC/, () => openJs(edited(blob, (view) => view.setUint8(blob.length - 30, 99), false)));
});

test('nothing is counted in it', (t) => {
  const session = openJs(blob);
  session.run([image(1)]);
  t.deepEqual(session.stats(), {});
});
