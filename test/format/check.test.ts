import test, { type ExecutionContext } from 'ava';
import { compile } from '../../src/compile.js';
import { DepthwiseError, type ErrorCode } from '../../src/errors.js';
import { checkBlob } from '../../src/format/check.js';
import * as L from '../../src/program/layout.js';
import { isKind } from '../../src/steps/index.js';
import { GraphBuilder, seededRandom } from '../graph/builder.js';
import { edited } from './damaged.js';

/** One step of each kind that matters: conv, depthwise, average pool, add, mean, fully connected, softmax. */
function example(): Uint8Array {
  const b = new GraphBuilder(seededRandom(12));
  const x = b.conv(b.input([1, 6, 6, 3]), 4, { activation: 'relu' });
  const y = b.pool('AVERAGE_POOL_2D', b.depthwise(x, 1), { kernel: [2, 2] });
  const sum = b.add({ op: 'ADD', activation: 'none' }, [x, y]);
  return compile(b.graph([b.probabilities({ op: 'SOFTMAX', beta: 1 }, b.fullyConnected(b.mean(sum, true), 5))])).blob;
}

const blob = example();
const [CONV, DEPTHWISE, POOL, ADD, MEAN] = [0, 1, 2, 3, 4];
const header = new DataView(blob.buffer);
const u32 = (field: number) => header.getUint32(field, true);
const step = (index: number, field: number) => u32(L.H_STEPS_OFFSET) + index * L.STEP_BYTES + field;
const port = (index: number, field: number) => u32(L.H_PORTS_OFFSET) + index * L.PORT_BYTES + field;
const task = (index: number, field: number) => u32(L.H_TASKS_OFFSET) + index * L.TASK_BYTES + field;

/** Sets a field and repairs the CRC, or not. */
const set32 = (offset: number, value: number, repair = true) =>
  edited(blob, (view) => view.setUint32(offset, value, true), repair);
const set16 = (offset: number, value: number) => edited(blob, (view) => view.setUint16(offset, value, true));
const set8 = (offset: number, value: number) => edited(blob, (view) => view.setUint8(offset, value));

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

function refused(t: ExecutionContext, file: Uint8Array, message: RegExp, code: ErrorCode = 'BLOB_INVALID'): void {
  const error = t.throws(() => checkBlob(file), { instanceOf: DepthwiseError });
  t.is(error?.code, code, error?.message);
  t.regex(error?.message ?? '', message);
  t.regex(error?.message ?? '', /This \.dw file .*expected .*Compile the model/);
}

test('the example is accepted, and has the steps that the tests below spoil', (t) => {
  t.notThrows(() => checkBlob(blob));
  const kinds = [CONV, DEPTHWISE, POOL, ADD, MEAN].map((index) => u32(step(index, L.S_KIND)));
  t.deepEqual(kinds, [L.KIND_CONV, L.KIND_DEPTHWISE, L.KIND_AVERAGE_POOL, L.KIND_ADD, L.KIND_MEAN]);
});

test('what is not a .dw file at all', (t) => {
  refused(t, new Uint8Array(0), /0 bytes, expected at least/);
  refused(t, blob.subarray(0, L.HEADER_BYTES - 1), /expected at least/);
  refused(t, set32(L.H_MAGIC, 0x50), /magic 0x00000050, expected 0x1a015744/);
});

test('a file of another version', (t) => {
  refused(t, set32(L.H_VERSION, 7), new RegExp(`version 7, expected ${L.VERSION}`), 'BLOB_VERSION');
});

test('a file that was cut, or to which something was added', (t) => {
  refused(t, blob.subarray(0, blob.length - 1), new RegExp(`${blob.length - 1} bytes, expected the ${blob.length}`));
  refused(t, Uint8Array.of(...blob, 0), new RegExp(`${blob.length + 1} bytes, expected the ${blob.length}`));
});

test('a flipped bit anywhere behind the CRC', (t) => {
  for (const at of [L.CRC_FROM, 1000, blob.length - 1]) {
    refused(
      t,
      edited(blob, (view) => view.setUint8(at, view.getUint8(at) ^ 4), false),
      /CRC-32 0x[\da-f]{8}, expected/,
      'BLOB_CRC',
    );
  }
  refused(t, set32(L.H_CRC32, 5, false), /expected 0x00000005/, 'BLOB_CRC');
});

test('sections outside the file, or not on a multiple of four', (t) => {
  const sections = [
    ['ports', L.H_PORTS_OFFSET],
    ['tasks', L.H_TASKS_OFFSET],
    ['steps', L.H_STEPS_OFFSET],
    ['strings', L.H_STRINGS_OFFSET],
  ] as const;
  for (const [name, field] of sections) {
    for (const offset of [0, blob.length + 4, 0xfffffffc, u32(field) + 1]) {
      refused(t, set32(field, offset), new RegExp(`the ${name} at ${offset}, .*inside the file`));
    }
  }
  refused(t, set32(L.H_STEP_COUNT, 0xfffe), /the steps at/);
  refused(t, set32(L.H_STEP_COUNT, 0xffffffff), /4294967295 steps/);
  refused(t, set32(L.H_TASK_COUNT, 0x40000000), /the tasks at/);
  refused(t, set32(L.H_STRINGS_BYTES, 0xffffffff), /the strings at/);
});

test('memory: more than there may be, or with parts that overlap', (t) => {
  refused(t, set32(L.H_MEMORY_BYTES, 0x10000000), /a memory of 268435456 bytes/);
  refused(t, set32(L.H_MEMORY_BYTES, 100), /overlap or leave/);
  refused(t, set32(L.H_ARENA_ADDRESS, 0), /overlap or leave/);
  refused(t, set32(L.H_ARENA_BYTES, u32(L.H_MEMORY_BYTES)), /overlap or leave/);
  refused(t, set32(L.H_SCRATCH_BYTES, 0xffffffff), /overlap or leave/);
});

test('inputs and outputs: none, too many, outside the arena, of another size or type', (t) => {
  refused(t, set32(L.H_INPUT_COUNT, 0), /0 inputs and 1 outputs/);
  refused(t, set32(L.H_OUTPUT_COUNT, 0), /1 inputs and 0 outputs/);
  refused(t, set32(L.H_OUTPUT_COUNT, 0xffff), /65535 outputs/);
  refused(t, set32(port(0, L.P_ADDRESS), 4), /port 0 at 4, 108 bytes long, expected it inside the arena/);
  refused(t, set32(port(1, L.P_BYTES), 0xffffffff), /port 1 at/);
  refused(t, set32(port(0, L.P_SHAPE + 4), 5), /port 0 of 108 bytes, expected 90 for \[1,5,6,3\]/);
  refused(t, set32(port(1, L.P_DTYPE), 4), /port 1 of type 4/);
  refused(t, set32(port(1, L.P_SCALE), 0x7fc00000), /port 1 of scale NaN/);
  refused(t, set32(port(1, L.P_ZERO_POINT), 300), /port 1 of scale .* zero point/);
  refused(
    t,
    set32(port(0, L.P_PIXEL_MULTIPLIER), 0x1000000),
    /makes 16777216 \* pixel \+ -8388608 of a pixel, expected/,
  );
});

test('strings: one for the model and one for each input and output', (t) => {
  refused(t, set32(L.H_STRINGS_BYTES, 0), /0 strings, expected 3 at least/);
  refused(t, set8(blob.length - 1, 65), /strings, expected 3 at least, each ended by a 0 byte/);
});

test('steps: a kind that does not exist, shapes without values', (t) => {
  for (const kind of [...range(0, 256).filter((kind) => !isKind(kind)), 0x10001, 0xffffffff]) {
    refused(t, set32(step(ADD, L.S_KIND), kind), new RegExp(`step 3 \\(kind ${kind}\\), a KIND that does not exist`));
  }
  for (const field of [L.S_IN_HEIGHT, L.S_IN_WIDTH, L.S_IN_CHANNELS, L.S_OUT_HEIGHT, L.S_OUT_WIDTH, L.S_OUT_CHANNELS]) {
    refused(t, set16(step(CONV, field), 0), /step 0 \(conv\), .*dimensions above 0/);
  }
});

test('steps: rows outside the arena', (t) => {
  const end = u32(L.H_ARENA_ADDRESS) + u32(L.H_ARENA_BYTES);
  const fields = [
    [CONV, L.S_IN_ADDRESS, /step 0 \(conv\), an input at/],
    [CONV, L.S_OUT_ADDRESS, /step 0 \(conv\), an output at/],
    [ADD, L.S_IN2_ADDRESS, /step 3 \(add\), an input at/],
  ] as const;
  for (const [index, field, message] of fields) {
    for (const address of [0, end - 1, 0xffffffff]) refused(t, set32(step(index, field), address), message);
  }
  refused(t, set32(step(CONV, L.S_OUT_STRIDE), 0x10000), /an output at .* inside the arena/);
  refused(t, set16(step(CONV, L.S_OUT_PIXEL_STRIDE), 3), /pixels 3 bytes apart, expected 4 at least/);
});

test('steps: weights and tables outside the file', (t) => {
  for (const offset of [0, blob.length - 3, 0xfffffffc, u32(step(CONV, L.S_WEIGHTS)) + 1]) {
    refused(t, set32(step(CONV, L.S_WEIGHTS), offset), /step 0 \(conv\), weights of 108 bytes at/);
    refused(t, set32(step(CONV, L.S_TABLE), offset), /step 0 \(conv\), a table of 36 bytes at/);
    refused(t, set32(step(ADD, L.S_TABLE), offset), /step 3 \(add\), a table of 24 bytes at/);
  }
  refused(t, set16(step(DEPTHWISE, L.S_KERNEL_H), 0xffff), /step 1 \(depthwise\), weights of/);
});

test('steps: shapes that do not belong together', (t) => {
  refused(t, set16(step(DEPTHWISE, L.S_DEPTH_MULTIPLIER), 2), /step 1 \(depthwise\), from 6x6x4 to 6x6x4/);
  refused(t, set16(step(ADD, L.S_OUT_WIDTH), 5), /step 3 \(add\), from 6x6x4 to 6x5x4/);
  refused(t, set16(step(MEAN, L.S_OUT_CHANNELS), 3), /step 4 \(mean\), from 6x6x4 to 1x1x3/);
});

test('steps: windows that do not exist, or lie beside the input', (t) => {
  for (const field of [L.S_KERNEL_H, L.S_KERNEL_W, L.S_STRIDE_H, L.S_STRIDE_W]) {
    refused(t, set16(step(POOL, field), 0), /step 2 \(average pool\), a window of .*1 at least/);
  }
  refused(t, set16(step(POOL, L.S_PAD_TOP), 2), /windows of 2x2 beside the input/);
  refused(t, set16(step(POOL, L.S_STRIDE_W), 100), /windows of 2x2 beside the input/);
});

test('steps: what follows from other fields has to', (t) => {
  const fields = [L.S_K, L.S_RUN, L.S_WINDOW, L.S_WINDOW_ROW, L.S_ACCUMULATORS, L.S_RUN_PIXELS];
  for (const field of fields) {
    for (const value of [1, 0xffffffff])
      refused(t, set32(step(CONV, field), value), /step 0 \(conv\), \d+ in field \d+ .*follows/);
  }
  for (const field of [L.S_WINDOW, L.S_BLOCKS])
    refused(t, set32(step(DEPTHWISE, field), 0), /step 1 \(depthwise\), 0 in field/);
  const columns = header.getUint16(step(DEPTHWISE, L.S_FLAGS), true) | L.STEP_COLUMNS;
  const other = edited(blob, (view) => {
    view.setUint16(step(DEPTHWISE, L.S_FLAGS), columns, true);
    view.setUint16(step(DEPTHWISE, L.S_KERNEL_H), 1, true);
  });
  refused(t, other, /step 1 \(depthwise\), the column kernel for 1x3 windows/);
});

test('steps: chunks that would never end', (t) => {
  refused(t, set16(step(CONV, L.S_OUT_CHUNK), 65), /chunks of 65 outputs, expected 1 to 64/);
  refused(t, set16(step(CONV, L.S_LANE_K), 0), /lanes of 0 inputs/);
  refused(t, set16(step(CONV, L.S_OUT_CHUNK), 0), /chunks of 0 outputs/);
  refused(t, set16(step(CONV, L.S_K_CHUNK), 0), /chunks of 0 inputs/);
  refused(t, set16(step(CONV, L.S_K_CHUNK), 12), /chunks of 12 inputs/);
});

test('steps: shifts beyond 31 bits', (t) => {
  const channels = header.getUint16(step(CONV, L.S_OUT_CHANNELS), true);
  refused(t, set8(u32(step(CONV, L.S_TABLE)) + 8 * channels, 0x7f), /step 0 \(conv\), a shift of 127/);
  refused(t, set32(u32(step(ADD, L.S_TABLE)) + 4, 0x7fffffff), /step 3 \(add\), a shift of 2147483647/);
});

test('tasks: every row of every step once', (t) => {
  refused(t, set16(task(0, L.T_STEP), 999), /of step 999, expected a step below 7/);
  refused(t, set8(task(0, L.T_ROWS), 0), /1 row at least/);
  refused(t, set8(task(0, L.T_REPEAT), 0), /once at least/);
  refused(t, set8(task(0, L.T_REPEAT), 255), /task 0: 255 times \d+ rows of step 0, expected no more than the 6/);
  refused(t, set32(L.H_TASK_COUNT, u32(L.H_TASK_COUNT) - 1), /tasks for 0 rows of step 6, expected tasks for all 1/);
  refused(t, set16(task(1, L.T_STEP), 0), /no more than the 0 that are left/);
});

test('scratch: less than a task needs', (t) => {
  refused(t, set32(L.H_SCRATCH_BYTES, 8), /bytes of scratch for it, not 8/);
});

test('work without end', (t) => {
  // 65535 x 65535 outputs in one byte of memory: rows and pixels all lie on one another.
  const endless = edited(blob, (view) => {
    for (const field of [L.S_IN_HEIGHT, L.S_OUT_HEIGHT]) view.setUint16(step(POOL, field), 0xffff, true);
    for (const field of [L.S_IN_STRIDE, L.S_OUT_STRIDE]) view.setUint32(step(POOL, field), 0, true);
    for (const field of [L.S_KERNEL_H, L.S_PAD_TOP]) view.setUint16(step(POOL, field), 0xffff, true);
    view.setUint16(step(POOL, L.S_PAD_TOP), 0xfffe, true);
  });
  refused(
    t,
    endless,
    /step 2 \(average pool\), after which \d+ values are worked on, expected \d+ at most in a file of \d+ bytes/,
  );
});
