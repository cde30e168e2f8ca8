/** What a file says of steps that only full builds have, spoiled one value after the other. */
import test, { type ExecutionContext } from 'ava';
import { checkBlob } from '../../src/format/check.js';
import { writeBlob } from '../../src/format/write.js';
import { plan } from '../../src/plan/plan.js';
import * as L from '../../src/program/layout.js';
import { PLAIN, type Program, type Step, type View } from '../../src/program/program.js';
import { binaryFields } from '../../src/steps/binary.js';
import { gatherFields } from '../../src/steps/gather.js';
import { permuteFields } from '../../src/steps/permute.js';
import { edited } from './damaged.js';

const view = (buffer: number, height: number, width: number, channels: number): View => ({
  buffer,
  height,
  width,
  channels,
  offset: 0,
  pixelStride: channels,
  rowStride: width * channels,
  zeroPoint: 0,
});

/** A file of one step from 4x3x2 to `output`; a second input is the model's second. */
function file(step: Partial<Step> & Pick<Step, 'kind' | 'output'>): Uint8Array {
  const input = view(0, 4, 3, 2);
  const inputs = step.input2 ? [input, step.input2] : [input];
  const port = (of: View) => ({
    view: of,
    tensor: 0,
    name: 'port',
    shape: [1, of.height, of.width, of.channels],
    scale: 1,
    zeroPoint: 0,
    dtype: 'int8' as const,
    float32: false,
  });
  const program: Program = {
    name: 'one step',
    buffers: [...inputs, step.output]
      .sort((a, b) => a.buffer - b.buffer)
      .map(({ buffer, height, rowStride }) => ({
        index: buffer,
        name: `t${buffer}`,
        bytes: height * rowStride,
      })),
    steps: [{ ...PLAIN, name: 'step', operators: [], input, ...step }],
    inputs: inputs.map(port),
    outputs: [port(step.output)],
    views: new Map(),
    rounding: 'double',
  };
  return writeBlob(program, plan(program), 0);
}

/** The file with one value changed is refused, and without the change it is not. */
function refused(t: ExecutionContext, blob: Uint8Array, edit: (f: Fields) => void, message: RegExp): void {
  t.notThrows(() => checkBlob(blob));
  t.throws(() => checkBlob(edited(blob, (data) => edit(new Fields(data)))), { code: 'BLOB_INVALID', message });
}

/** Fields of the only step, and entries of its table. */
class Fields {
  private readonly step: number;

  constructor(private readonly data: DataView) {
    this.step = data.getUint32(L.H_STEPS_OFFSET, true);
  }

  set16 = (field: number, value: number): void => this.data.setUint16(this.step + field, value, true);
  set32 = (field: number, value: number): void => this.data.setUint32(this.step + field, value, true);
  table16 = (entry: number, value: number): void => this.data.setUint16(this.table() + 2 * entry, value, true);
  table32 = (entry: number, value: number): void => this.data.setUint32(this.table() + 4 * entry, value, true);

  private table(): number {
    return this.data.getUint32(this.step + L.S_TABLE, true);
  }
}

test('gather: rows, pixels and channels that the input does not have', (t) => {
  const output = view(1, 3, 3, 2);
  const indices = { rows: [3, 0, L.NOTHING], columns: [0, 0, 2], channels: [1, 0] };
  const blob = file({ kind: L.KIND_GATHER, ...gatherFields(view(0, 4, 3, 2), output, indices, -7) });
  refused(t, blob, (f) => f.table16(1, 4), /row 4 of the input, expected it below 4/);
  refused(t, blob, (f) => f.table16(3, 3), /pixel 3 of the input, expected it below 3/);
  refused(t, blob, (f) => f.table16(6, 2), /channels 2 to 3 of the input, expected 2 at most/);
  refused(t, blob, (f) => f.table16(9, 2), /runs of 3 channels, expected 2/);
  refused(t, blob, (f) => f.set16(L.S_OUT_CHUNK, 1), /runs of 1 channels, expected 2/);
  refused(t, blob, (f) => f.set32(L.S_TABLE, 2), /a table of 20 bytes at 2/);
  t.notThrows(() => checkBlob(edited(blob, (data) => new Fields(data).table16(6, L.NOTHING))));
});

test('permute: loops that are none, that count other values, that leave the input', (t) => {
  const output = view(1, 2, 4, 3);
  const loops = [
    { count: 2, step: 1 },
    { count: 4, step: 6 },
    { count: 3, step: 2 },
  ];
  const blob = file({ kind: L.KIND_PERMUTE, output, ...permuteFields(view(0, 4, 3, 2), loops) });
  for (const count of [0, 7, 0xffff])
    refused(t, blob, (f) => f.set16(L.S_OUT_CHUNK, count), new RegExp(`${count} loops`));
  refused(t, blob, (f) => f.table32(0, 0), /loops over 0 values, expected 24/);
  refused(t, blob, (f) => f.table32(6, 4), /loops over 32 values, expected 24/);
  refused(t, blob, (f) => f.table32(4, 2), /loops to byte 5 of row 6, expected them inside 4x3x2/);
  refused(t, blob, (f) => f.table32(8, 3), /loops to byte 7 of row 3/);
  refused(t, blob, (f) => f.table32(8, 0xffffffff), /loops to byte/);
});

test('binary: operations that are none, and second operands that do not fit', (t) => {
  const output = view(1, 4, 3, 2);
  const table = new Uint8Array(24);
  const second = { height: 1, width: 3, channels: 1, zeroPoint: 0 };
  const constant = file({
    kind: L.KIND_BINARY,
    output,
    table,
    ...binaryFields(L.BINARY_MULTIPLY, second, new Int8Array(3)),
  });
  for (const flags of [0, L.BINARY_CONSTANT, 33, 96, 64 + 512, 0xffff]) {
    refused(t, constant, (f) => f.set16(L.S_FLAGS, flags), /operation \d+, expected one of/);
  }
  refused(
    t,
    constant,
    (f) => f.set16(L.S_PAD_TOP, 2),
    /a second operand of 2x3x1, expected each axis 1 or as of 4x3x2/,
  );
  refused(t, constant, (f) => f.set16(L.S_PAD_LEFT, 0), /a second operand of 1x0x1/);
  refused(t, constant, (f) => f.set16(L.S_DEPTH_MULTIPLIER, 3), /a second operand of 1x3x3/);
  refused(t, constant, (f) => f.set32(L.S_WEIGHTS, 0), /values of 3 bytes at 0/);
  refused(t, constant, (f) => f.table32(5, 32), /a shift of 32/);
  const input2 = view(2, 4, 3, 1);
  const both = file({
    kind: L.KIND_BINARY,
    output,
    input2,
    table,
    ...binaryFields(L.BINARY_ADD, input2),
  });
  refused(t, both, (f) => f.set32(L.S_IN2_ADDRESS, 0x7fffffff), /an operand at/);
  refused(t, both, (f) => f.set16(L.S_OUT_CHANNELS, 1), /from 4x3x2 to 4x3x1/);
});
