import test from 'ava';
import binaryen from 'binaryen';
import { openWasm3 } from '../../src/engines/wasm3.js';
import { DepthwiseError, type ErrorCode } from '../../src/errors.js';
import { conditionNumber } from '../../src/format/calls.js';
import * as F from '../../src/program/layout.js';

import {
  ARENA,
  ARENA_BYTES,
  INPUT,
  loop,
  MEMORY_BYTES,
  miniBlob,
  oneTick,
  PAYLOAD,
  PLUS_ONE,
  PORT_BYTES,
  wat,
} from './mini-kernels.js';

const EXPECTED = INPUT.map((value) => value + 1);

const sum = (counts: Iterable<number>): number => [...counts].reduce((a, b) => a + b, 0);

function statsOf(body: string, more = '') {
  const session = openWasm3(miniBlob(), oneTick(body, more));
  session.run([INPUT]);
  return session.stats();
}

function throwsCode(t: import('ava').ExecutionContext, code: ErrorCode, message: RegExp, action: () => unknown): void {
  const error = t.throws(action, { instanceOf: DepthwiseError });
  t.is(error?.code, code, error?.message);
  t.regex(error?.message ?? '', message);
}

test('inputs reach linear memory and outputs come back', (t) => {
  const session = openWasm3(miniBlob(), oneTick(PLUS_ONE));
  t.deepEqual(session.run([INPUT]), [EXPECTED]);
  const { linearMemoryBytes, imports, compiledCodeBytes = 0 } = session.stats();
  t.is(linearMemoryBytes, MEMORY_BYTES);
  t.deepEqual(imports, ['dw.read']);
  t.true(compiledCodeBytes >= 1024);
  t.is(compiledCodeBytes % 1024, 0);
});

test('an input of another size is refused', (t) => {
  const session = openWasm3(miniBlob(), oneTick(PLUS_ONE));
  throwsCode(t, 'INPUT_SIZE', /15 bytes.*16/, () => session.run([INPUT.subarray(1)]));
  throwsCode(t, 'INPUT_SIZE', /no bytes.*16/, () => session.run([]));
});

test('every dispatched op is counted once and has a name', (t) => {
  const stats = statsOf(PLUS_ONE);
  t.is(sum(Object.values(stats.opsByKind ?? {})), stats.ops ?? 0);
  // PLUS_ONE per byte: load, add, store; add, SetSlot for $i; compare, ContinueLoopIf.
  t.like(stats.opsByKind, {
    i32_Load_u8_s: PORT_BYTES,
    i32_Store_u8_rs: PORT_BYTES,
    ContinueLoopIf: PORT_BYTES,
    Loop: 1,
    // begin, tick, and the tick that finds nothing left.
    Entry: 3,
  });
  for (const name of Object.keys(stats.opsByKind ?? {})) t.regex(name, /^[A-Z]\w+$|^[iu](32|64)_[A-Z]\w+$/);
});

test('a counted loop costs the same ops for every iteration', (t) => {
  const body = (n: number): string => loop(n, '(local.set $sum (i32.mul (local.get $sum) (local.get $i)))');
  const [ten, twenty, hundred] = [10, 20, 100].map((n) => statsOf(body(n)).ops!);
  t.is((twenty - ten) / 10, 6, 'multiply, SetSlot, add, SetSlot, compare, ContinueLoopIf');
  t.is(hundred - twenty, 8 * (twenty - ten));
});

test('a second inference costs as much as the first', (t) => {
  const session = openWasm3(miniBlob(), oneTick('(call $f) (call $f)', `(func $f (global.set $done (i32.const 1)))`));
  session.run([INPUT]);
  const first = session.stats();
  session.run([INPUT]);
  t.deepEqual(session.stats(), first);
  t.is(first.opsByKind?.Call, 2);
});

test('ops and ticks are attributed to steps', (t) => {
  // Two ticks of step 1, which cost more, around one of step 0.
  const kernels = wat(`
    (global $tick (mut i32) (i32.const 0))
    (func (export "begin") (result i32) (global.set $tick (i32.const 0)) (i32.const 0))
    (func (export "tick") (result i32) (local $i i32)
      (global.set $tick (i32.add (global.get $tick) (i32.const 1)))
      (i32.store8 offset=${ARENA} (i32.const 0) (global.get $tick))
      (if (i32.eq (global.get $tick) (i32.const 2)) (then (return (i32.const 1))))
      (if (i32.eq (global.get $tick) (i32.const 4)) (then (return (i32.const 0))))
      ${loop(50, '')}
      (i32.const 2))`);
  const tasks: [number, number, number][] = [
    [1, 1, 1],
    [0, 1, 1],
    [1, 1, 1],
  ];
  const session = openWasm3(miniBlob({ tasks, steps: 2 }), kernels);
  const seen: number[][] = [];
  session.run([INPUT], (step, read) => seen.push([step, ...read(ARENA, 1)]));
  t.deepEqual(seen, [
    [0, 2],
    [1, 3],
  ]);
  const { ops = 0, opsByStep = [] } = session.stats();
  t.true(opsByStep[1] > 2 * 50 * 4);
  t.true(opsByStep[0] > 4 && opsByStep[0] < 20);
  // The rest is begin and the last tick.
  t.true(ops - sum(opsByStep) > 0 && ops - sum(opsByStep) < 30);
});

test('native depth: straight code adds a frame for each op', (t) => {
  const set = '(local.set $sum (i32.mul (local.get $sum) (local.get $i)))';
  const [one, two] = [set, set + set].map((body) => statsOf(body).maxNativeDepth!);
  t.is(two - one, 2);
});

test('native depth: iterations reuse the frames of the loop, and calls those of the callee', (t) => {
  const inner = loop(7, '', '$inner', '$sum');
  const depth = (body: string, more = ''): number => statsOf(body, more).maxNativeDepth!;
  t.is(depth(loop(100, '')), depth(loop(3, '')));
  t.is(depth(loop(100, inner)), depth(loop(3, inner)));
  const callee = `(func $f (local $i i32) ${loop(5, '')})`;
  // The caller continues from its own depth, the calls do not add up.
  t.is(depth('(call $f) (call $f)', callee) - depth('(call $f)', callee), 1);
  t.true(depth('(call $f)', callee) > depth(''));
  // A loop that is left stays below what follows.
  t.true(depth(loop(3, '') + loop(3, '')) > depth(loop(3, '')));
});

test('native depth: an import returns to its call', (t) => {
  const read = `(call $read (i32.const ${ARENA}) (i32.const 0) (i32.const 4))`;
  const [one, five] = [1, 5].map((n) => statsOf(read.repeat(n)).maxNativeDepth!);
  const perCall = (five - one) / 4;
  // Three SetSlot or Const for the arguments at most, and the Call.
  t.true(perCall >= 1 && perCall <= 4, `${perCall}`);
});

test('dw.read copies out of the file and counts the bytes', (t) => {
  const payload = Uint8Array.from({ length: PORT_BYTES }, (_, i) => 200 - i);
  const read = `(call $read (i32.const ${ARENA + PORT_BYTES}) (i32.const ${PAYLOAD}) (i32.const ${PORT_BYTES}))`;
  const session = openWasm3(miniBlob({ payload }), oneTick(read + read));
  t.deepEqual(session.run([INPUT]), [payload]);
  t.is(session.stats().streamedBytes, 2 * PORT_BYTES);
  session.run([INPUT]);
  t.is(session.stats().streamedBytes, 2 * PORT_BYTES);
});

test('dw.read outside the file or outside linear memory traps', (t) => {
  const length = miniBlob().length;
  const cases: [dst: number, src: number, bytes: number][] = [
    [ARENA, length - 3, 4],
    [ARENA, length + 1, 0],
    [ARENA, -4, 8],
    [MEMORY_BYTES - 3, 0, 4],
    [-4, 0, 8],
    [0, 0, -1],
  ];
  for (const [dst, src, bytes] of cases) {
    const read = `(call $read (i32.const ${dst}) (i32.const ${src}) (i32.const ${bytes}))`;
    const session = openWasm3(miniBlob(), oneTick(read));
    throwsCode(t, 'ENGINE_TRAP', /dw\.read: out of bounds/, () => session.run([INPUT]));
  }
  const fits = `(call $read (i32.const ${MEMORY_BYTES - 4}) (i32.const ${length - 4}) (i32.const 4))`;
  t.notThrows(() => openWasm3(miniBlob(), oneTick(fits)).run([INPUT]));
});

test('linear memory ends at the size in the header, not at the page', (t) => {
  const load = (address: number): string => `(local.set $sum (i32.load (i32.const ${address})))`;
  t.notThrows(() => openWasm3(miniBlob(), oneTick(load(MEMORY_BYTES - 4))).run([INPUT]));
  const session = openWasm3(miniBlob(), oneTick(load(MEMORY_BYTES - 3)));
  throwsCode(t, 'ENGINE_TRAP', /out of bounds memory access/, () => session.run([INPUT]));
  const large = openWasm3(miniBlob({ memoryBytes: 100_000 }), oneTick(load(100_000 - 4)));
  t.notThrows(() => large.run([INPUT]));
  t.is(large.stats().linearMemoryBytes, 100_000);
});

test('growing memory does not move its end', (t) => {
  const body = `(drop (memory.grow (i32.const 1))) (local.set $sum (i32.load (i32.const ${MEMORY_BYTES})))`;
  throwsCode(t, 'ENGINE_TRAP', /out of bounds/, () => openWasm3(miniBlob(), oneTick(body)).run([INPUT]));
  const session = openWasm3(miniBlob(), oneTick(`(drop (memory.grow (i32.const 1))) ${PLUS_ONE}`));
  t.deepEqual(session.run([INPUT]), [EXPECTED]);
});

test('a trap leaves this session and the others usable', (t) => {
  // Traps where the first input byte is 255.
  const body = `(if (i32.eq (i32.load8_u offset=${ARENA} (i32.const 0)) (i32.const 255)) (then unreachable)) ${PLUS_ONE}`;
  const session = openWasm3(miniBlob(), oneTick(body));
  const other = openWasm3(miniBlob(), oneTick(PLUS_ONE));
  for (let i = 0; i < 100; i++) {
    throwsCode(t, 'ENGINE_TRAP', /unreachable/, () => session.run([INPUT.map(() => 255)]));
  }
  t.deepEqual(session.run([INPUT]), [EXPECTED]);
  const { opsByKind = {}, ops = 0 } = session.stats();
  t.is(sum(Object.values(opsByKind)), ops);
  t.deepEqual(other.run([INPUT]), [EXPECTED]);
});

test('endless recursion traps', (t) => {
  const session = openWasm3(miniBlob(), oneTick('(call $f)', '(func $f (call $f))'));
  throwsCode(t, 'ENGINE_TRAP', /stack overflow/, () => session.run([INPUT]));
});

test('an endless loop is stopped at the op limit', (t) => {
  const session = openWasm3(miniBlob(), oneTick('(loop $l (br $l))'), { opLimit: 100_000 });
  throwsCode(t, 'ENGINE_LIMIT', /100000/, () => session.run([INPUT]));
  const { ops = 0 } = session.stats();
  t.true(ops > 100_000 && ops < 100_010);
});

test('ticks that never end are stopped at the op limit', (t) => {
  const kernels = wat(`
    (func (export "begin") (result i32) (i32.const 0))
    (func (export "tick") (result i32) (i32.const 1))`);
  const session = openWasm3(miniBlob(), kernels, { opLimit: 10_000 });
  throwsCode(t, 'ENGINE_LIMIT', /10000/, () => session.run([INPUT]));
});

test('an error code of the kernels is passed on', (t) => {
  const begin = wat(`
    (func (export "begin") (result i32) (i32.const 7))
    (func (export "tick") (result i32) (i32.const 0))`);
  throwsCode(t, 'BLOB_INVALID', /kernel error 7/, () => openWasm3(miniBlob(), begin).run([INPUT]));
  const tick = wat(`
    (func (export "begin") (result i32) (i32.const 0))
    (func (export "tick") (result i32) (i32.const -3))`);
  throwsCode(t, 'BLOB_INVALID', /kernel error -3/, () => openWasm3(miniBlob(), tick).run([INPUT]));
  const step = wat(`
    (func (export "begin") (result i32) (i32.const 0))
    (func (export "tick") (result i32) (i32.const 99))`);
  throwsCode(t, 'ENGINE_TRAP', /a step that the model does not have/, () => openWasm3(miniBlob(), step).run([INPUT]));
});

test('a damaged file is refused', (t) => {
  const kernels = oneTick(PLUS_ONE);
  const good = miniBlob();
  const open = (blob: Uint8Array) => () => openWasm3(blob, kernels);
  const changed = (at: number, value: number): Uint8Array => good.map((byte, i) => (i === at ? value : byte));
  throwsCode(t, 'BLOB_INVALID', /magic/, open(changed(0, 0x50)));
  throwsCode(t, 'BLOB_VERSION', /version 99/, open(changed(F.H_VERSION, 99)));
  for (const at of [F.H_CRC32, F.CRC_FROM, good.length - 1]) {
    throwsCode(t, 'BLOB_CRC', /CRC-32/, open(changed(at, good[at] ^ 1)));
  }
  for (const length of [0, 3, 4, 75, 76, good.length - 1]) {
    throwsCode(t, 'BLOB_INVALID', /bytes|points/, open(good.subarray(0, length)));
  }
  throwsCode(t, 'BLOB_INVALID', /bytes/, open(new Uint8Array([...good, 0])));
});

test('a file that points outside itself or outside memory is refused', (t) => {
  const kernels = oneTick(PLUS_ONE);
  const patches: [at: number, value: number][] = [
    [F.H_STEPS_OFFSET, 0xffffffff],
    [F.H_STEP_COUNT, 0x80000000],
    [F.H_TASKS_OFFSET, miniBlob().length],
    [F.H_TASK_COUNT, 0x40000000],
    [F.H_PORTS_OFFSET, 0xfffffff0],
    [F.H_INPUT_COUNT, 0xffffffff],
    [F.H_STRINGS_BYTES, 1],
    [F.H_MEMORY_BYTES, 0],
    [F.H_INPUT_COUNT, 0],
    [F.H_STEPS_OFFSET, 0],
    [F.H_ARENA_ADDRESS, F.STATE_ROWS_DONE],
    [F.H_ARENA_BYTES, ARENA_BYTES + 1],
    [F.H_SCRATCH_BYTES, MEMORY_BYTES - ARENA - ARENA_BYTES + 1],
    [F.H_MEMORY_BYTES, MEMORY_BYTES - 1],
    [F.HEADER_BYTES + F.P_ADDRESS, ARENA - 1],
    [F.HEADER_BYTES + F.P_ADDRESS, ARENA + ARENA_BYTES - PORT_BYTES + 1],
    [F.HEADER_BYTES + F.PORT_BYTES + F.P_BYTES, 0xffffffff],
    [F.HEADER_BYTES + 2 * F.PORT_BYTES, 0x01010001],
    [F.HEADER_BYTES + 2 * F.PORT_BYTES, 0x00010000],
    [F.HEADER_BYTES + 2 * F.PORT_BYTES, 0x01000000],
  ];
  for (const [at, value] of patches) {
    const blob = miniBlob({ patch: (view) => view.setUint32(at, value, true) });
    throwsCode(t, 'BLOB_INVALID', /This \.dw file holds/, () => openWasm3(blob, kernels));
  }
});

test('a model that asks for more memory than there is, is refused', (t) => {
  for (const bytes of [0x7fffffff, 0xffff0001, 0xffffffff]) {
    throwsCode(t, 'MODEL_TOO_LARGE', /memory/, () => openWasm3(miniBlob({ memoryBytes: bytes }), oneTick(PLUS_ONE)));
  }
});

test('a kernel module that is not one is refused', (t) => {
  const open = (kernels: Uint8Array) => () => openWasm3(miniBlob(), kernels);
  const text = (source: string): Uint8Array => binaryen.parseText(source).emitBinary();
  const functions = `(func (export "begin") (result i32) (i32.const 0)) (func (export "tick") (result i32) (i32.const 0))`;
  throwsCode(t, 'ENGINE_TRAP', /kernel module/, open(new Uint8Array(20)));
  throwsCode(t, 'ENGINE_TRAP', /lookup failed/, open(text('(module (memory (export "memory") 0))')));
  throwsCode(t, 'ENGINE_TRAP', /0 initial pages/, open(text(`(module (memory (export "memory") 1) ${functions})`)));
  const table = `(table 1 funcref) (elem (i32.const 0) $f) (func $f)`;
  throwsCode(t, 'ENGINE_TRAP', /table/, open(text(`(module (memory (export "memory") 0) ${table} ${functions})`)));
  throwsCode(
    t,
    'ENGINE_TRAP',
    /imports something else/,
    open(text(`(module (import "env" "abort" (func)) (memory (export "memory") 0) ${functions})`)),
  );
});

test('only what is called is compiled, and what the module says is called for no step is not', (t) => {
  const kernels = (calls: number[]): Uint8Array =>
    wat(
      `(func (export "begin") (result i32) (i32.const 0))
       (func (export "tick") (result i32) (if (i32.load8_u offset=${ARENA} (i32.const 0)) (then (call $f))) (i32.const 0))
       (func $f (call $g))
       (func $g)
       (func $never (call $g))`,
      calls,
    );
  const compiled = (calls: number[]) => openWasm3(miniBlob(), kernels(calls)).stats().compiledFunctions;
  const [conv, unknown] = [conditionNumber('conv'), 64];
  t.deepEqual(compiled([]), [1, 2, 3, 4]);
  t.deepEqual(compiled([0, 0, 0, conv, 0, 0]), [1, 2]);
  t.deepEqual(compiled([0, 0, 0, 0, conv, 0]), [1, 2, 3]);
  for (const number of [unknown, 200]) t.deepEqual(compiled([0, 0, 0, number, number, 0]), [1, 2, 3, 4]);

  // A module that is wrong about itself.
  const session = openWasm3(miniBlob(), kernels([0, 0, 0, 0, conv, 0]));
  t.notThrows(() => session.run([INPUT.map(() => 0)]));
  throwsCode(t, 'ENGINE_TRAP', /did not name/, () => session.run([INPUT.map(() => 1)]));
});

test('linear memory is zeros when the kernels begin', (t) => {
  const copy = loop(
    PORT_BYTES,
    `(i32.store8 offset=${ARENA + PORT_BYTES} (local.get $i) (i32.load8_u (local.get $i)))`,
  );
  const session = openWasm3(miniBlob(), oneTick(copy, '(func $f) (func $g)'));
  t.deepEqual(session.run([INPUT]), [new Uint8Array(PORT_BYTES)]);
});

test('a closed session says so', (t) => {
  const session = openWasm3(miniBlob(), oneTick(PLUS_ONE));
  session.close();
  throwsCode(t, 'USAGE', /closed/, () => session.run([INPUT]));
});
