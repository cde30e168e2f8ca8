/** Random programs of the kinds that only full builds have, and what they compute by the reference kernels. */

import { writeBlob } from '../../src/format/write.js';
import { type BinaryParameters, binary, preluOf, productOf, sumOf } from '../../src/kernels/reference/binary.js';
import { quantizeMultiplier, type Rounding } from '../../src/kernels/reference/fixedpoint.js';
import { gather } from '../../src/kernels/reference/gather.js';
import { permute } from '../../src/kernels/reference/permute.js';
import { softmax } from '../../src/kernels/reference/softmax.js';
import { softmaxExpTable } from '../../src/kernels/reference/tables.js';
import { type PlanOptions, plan } from '../../src/plan/plan.js';
import * as L from '../../src/program/layout.js';
import type { Loop } from '../../src/program/loops.js';
import { PLAIN, type Port, type Program, type Step, type View, viewSize } from '../../src/program/program.js';
import { binaryFields } from '../../src/steps/binary.js';
import { gatherFields } from '../../src/steps/gather.js';
import { permuteFields } from '../../src/steps/permute.js';
import { type Random, seededRandom } from '../graph/builder.js';

/** Computes a step's output from its inputs, both dense. */
type Compute = (input: Int8Array, second: Int8Array | undefined) => Int8Array;

export interface FullProgram {
  program: Program;
  /** Outputs of the program for inputs, one for each port. */
  run(inputs: readonly Int8Array[]): Int8Array[];
}

export function fullProgram(seed: number, rounding: Rounding = 'double'): FullProgram {
  return new Maker(seed, rounding).make();
}

const PLANS: PlanOptions[] = [{}, { memory: 'min' }, {}, { memory: 'min', frame: 'rows' }];

/** Files of such programs, in one plan after the other. */
export const fullFiles = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => {
    const { program } = fullProgram(1 + i);
    return writeBlob(program, plan(program, PLANS[i % PLANS.length]), 0);
  });

class Maker {
  private readonly program: Program;
  private readonly views: View[] = [];
  private readonly computed: { step: Step; compute: Compute }[] = [];
  private readonly random: Random;

  constructor(
    seed: number,
    private readonly rounding: Rounding,
  ) {
    this.random = seededRandom(seed * 7919);
    this.program = {
      name: `full ${seed}`,
      buffers: [],
      steps: [],
      inputs: [],
      outputs: [],
      views: new Map(),
      rounding,
    };
  }

  make(): FullProgram {
    const { program } = this;
    this.port(program.inputs, this.tensor(this.integer(1, 9), this.integer(1, 7), this.pick(1, 2, 3, 4, 8, 13)));
    for (let steps = this.integer(1, 4); steps > 0; steps--) this.append();
    this.port(program.outputs, this.views[this.views.length - 1]);
    return { program, run: (inputs) => this.run(inputs) };
  }

  private integer = (low: number, high: number): number => low + Math.floor(this.random() * (high - low + 1));
  private pick = <T>(...from: readonly T[]): T => from[this.integer(0, from.length - 1)];
  private byte = (): number => this.integer(-128, 127);

  private tensor(height: number, width: number, channels: number, pixelStride = channels): View {
    const buffer = this.program.buffers.length;
    const rowStride = width * pixelStride;
    this.program.buffers.push({ index: buffer, name: `t${buffer}`, bytes: height * rowStride });
    const view = { buffer, height, width, channels, offset: 0, pixelStride, rowStride, zeroPoint: this.byte() };
    this.views.push(view);
    return view;
  }

  private port(ports: { push(port: Port<'int8'>): unknown }, view: View): void {
    const shape = [1, view.height, view.width, view.channels];
    ports.push({ view, tensor: 0, name: 'port', shape, scale: 1, zeroPoint: 0, dtype: 'int8', float32: false });
  }

  private step(step: Partial<Step> & Pick<Step, 'kind' | 'input' | 'output'>, compute: Compute): void {
    const whole = { ...PLAIN, name: `t${step.output.buffer}`, operators: [], ...step };
    this.program.steps.push(whole);
    this.computed.push({ step: whole, compute });
  }

  private append(): void {
    const input = this.views[this.views.length - 1];
    const choice = this.pick(
      'gather',
      'gather',
      'permute',
      'permute',
      'binary',
      'binary',
      'binary',
      'softmax',
      'concat',
    );
    if (choice === 'gather') this.gather(input);
    else if (choice === 'permute') this.permute(input);
    else if (choice === 'binary') this.binary(input);
    else if (choice === 'softmax') this.softmax(input);
    else this.concat(input);
  }

  /** Both halves are steps that write a slice of the same pixels. */
  private concat(input: View): void {
    const whole = this.tensor(input.height, input.width, 2 * input.channels);
    const half = { ...whole, channels: input.channels };
    const channels = this.indices(input.channels, input.channels);
    this.gatherTo(input, half, {
      rows: this.indices(input.height, input.height),
      columns: this.indices(input.width, input.width),
      channels,
    });
    this.binaryTo(input, { ...half, offset: input.channels });
  }

  private gather(input: View): void {
    const length = (size: number) => this.pick(size, this.integer(1, 2 * size));
    const rows = this.indices(input.height, length(input.height));
    const columns = this.indices(input.width, length(input.width));
    const channels = this.indices(input.channels, length(input.channels));
    this.gatherTo(input, this.tensor(rows.length, columns.length, channels.length), { rows, columns, channels });
  }

  /** Indices as they are found, and any. */
  private indices(size: number, length: number): number[] {
    const from = this.integer(0, Math.max(0, size - length));
    const inside = (index: number) => (index < 0 || index >= size ? L.NOTHING : index);
    const start = this.integer(-2, 2);
    return Array.from({ length }, (_, i) => i).map(
      this.pick<(i: number) => number>(
        (i) => Math.min(size - 1, from + i),
        (i) => inside(i + start),
        (i) => size - 1 - (i % size),
        (i) => Math.floor((i * size) / length),
        (i) => Math.abs(((i + size) % Math.max(1, 2 * size - 2)) - size + 1),
        () => (this.integer(0, 3) > 0 ? this.integer(0, size - 1) : L.NOTHING),
      ),
    );
  }

  private gatherTo(
    input: View,
    output: View,
    indices: { rows: number[]; columns: number[]; channels: number[] },
  ): void {
    const fill = this.byte();
    this.step({ kind: L.KIND_GATHER, ...gatherFields(input, output, indices, fill) }, (values) => {
      const result = new Int8Array(viewSize(output));
      const { width: inputWidth, channels: inputChannels } = input;
      gather(values, result, { inputWidth, inputChannels, ...indices, none: L.NOTHING, fill });
      return result;
    });
  }

  /** Any order of any factors of the axes. */
  private permute(input: View): void {
    let step = 1;
    const loops: Loop[] = [];
    for (const axis of [input.channels, input.width, input.height]) {
      for (let rest = axis; rest > 1; ) {
        const count = this.pick(...divisors(rest).slice(1));
        loops.push({ count, step });
        step *= count;
        rest /= count;
      }
    }
    for (let i = loops.length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      [loops[i], loops[j]] = [loops[j], loops[i]];
    }
    const size = viewSize(input);
    const height = this.pick(...divisors(size));
    const channels = this.pick(...divisors(size / height));
    const row = { ...input, height: 1, width: 1, channels: size, pixelStride: size, rowStride: size };
    const fields = permuteFields(input, loops);
    const whole = permuteFields(row, loops);
    if (!whole) return;
    const output = this.tensor(height, size / height / channels, channels);
    const from = fields ? input : row;
    this.step({ kind: L.KIND_PERMUTE, input: from, output, ...(fields ?? whole) }, (values) => {
      const result = new Int8Array(size);
      permute(values, result, loops);
      return result;
    });
  }

  private binary(input: View): void {
    this.binaryTo(input, this.tensor(input.height, input.width, input.channels));
  }

  private binaryTo(input: View, output: View): void {
    const { operation, combine } = this.operation(input, output);
    const shape = [input.height, input.width, input.channels].map((axis) => this.pick(axis, axis, 1));
    const [height, width, channels] = shape;
    const p = combine.parameters;
    const known = this.views.filter(
      (view) => view.height === height && view.width === width && view.channels === channels && view !== output,
    );
    const isSlice = (view: View) => view.buffer === output.buffer;
    const second = this.pick('constant', 'view') === 'view' ? known.find((view) => !isSlice(view)) : undefined;
    const values = second ? undefined : Int8Array.from({ length: height * width * channels }, this.byte);
    const fields = binaryFields(operation, { height, width, channels, zeroPoint: p.zeroPoint2 }, values);
    const words = [p.input1, p.input2, p.output].flatMap(({ multiplier, shift }) => [multiplier, shift]);
    const [clampLow, clampHigh] = [p.clampLow, p.clampHigh];
    const table = new Uint8Array(Int32Array.from(words).buffer);
    const views = { input: { ...input, zeroPoint: p.zeroPoint1 }, output, ...(second && { input2: second }) };
    this.step({ kind: L.KIND_BINARY, ...views, ...fields, table, clampLow, clampHigh }, (a, b) => {
      const result = new Int8Array(viewSize(output));
      const whole = [input.height, input.width, input.channels];
      binary(
        { values: a, shape: whole },
        { values: values ?? b!, shape },
        { values: result, shape: whole },
        combine.of,
      );
      return result;
    });
  }

  private operation(
    input: View,
    output: View,
  ): { operation: number; combine: { parameters: BinaryParameters; of: (a: number, b: number) => number } } {
    const real = () => quantizeMultiplier(2 ** this.integer(-6, -1) * (1 + this.random()), this.rounding);
    const p: BinaryParameters = {
      zeroPoint1: this.pick(input.zeroPoint, 0),
      zeroPoint2: this.pick(this.byte(), 0),
      outputZeroPoint: output.zeroPoint,
      input1: real(),
      input2: real(),
      output: real(),
      clampLow: this.pick(-128, -128, output.zeroPoint),
      clampHigh: this.pick(127, 127, Math.max(output.zeroPoint, 100)),
    };
    // What sums have above 20 bits of headroom.
    const sums = { ...p, output: quantizeMultiplier(2 ** -this.integer(15, 20) * (1 + this.random()), this.rounding) };
    const sum = (sign1: number, sign2: number) => ({ parameters: sums, of: sumOf(sums, sign1, sign2, this.rounding) });
    const { rounding } = this;
    return this.pick(
      { operation: L.BINARY_ADD, combine: sum(1, 1) },
      { operation: L.BINARY_SUBTRACT, combine: sum(1, -1) },
      { operation: L.BINARY_SUBTRACT_FROM, combine: sum(-1, 1) },
      { operation: L.BINARY_MULTIPLY, combine: { parameters: p, of: productOf(p, rounding) } },
      { operation: L.BINARY_PRELU, combine: { parameters: p, of: preluOf(p, rounding) } },
      { operation: L.BINARY_MAXIMUM, combine: { parameters: p, of: Math.max } },
      { operation: L.BINARY_MINIMUM, combine: { parameters: p, of: Math.min } },
    );
  }

  private softmax(input: View): void {
    const output = this.tensor(input.height, input.width, input.channels);
    const p = {
      rows: input.height * input.width,
      depth: input.channels,
      outputZeroPoint: -128,
      // beta * scale = 1/16 in Q5.26, and what gemmlowp leaves out.
      ...quantizeMultiplier(2 ** 22, this.rounding),
      diffMin: -496,
    };
    const table = new Uint8Array(softmaxExpTable(p, this.rounding).buffer);
    this.step({ kind: L.KIND_SOFTMAX_ROWS, input, output, table }, (values) => {
      const result = new Int8Array(viewSize(output));
      softmax(values, result, p, this.rounding);
      return result;
    });
  }

  private run(inputs: readonly Int8Array[]): Int8Array[] {
    const { program } = this;
    const buffers = program.buffers.map(({ bytes }) => new Int8Array(bytes));
    for (const [i, { view }] of program.inputs.entries()) write(buffers, view, inputs[i]);
    for (const { step, compute } of this.computed) {
      const second = step.input2 && read(buffers, step.input2);
      write(buffers, step.output, compute(read(buffers, step.input), second));
    }
    return program.outputs.map(({ view }) => read(buffers, view));
  }
}

const divisors = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1).filter((i) => n % i === 0);

const places = ({ offset, height, width, channels, rowStride, pixelStride }: View): number[] =>
  Array.from({ length: height * width * channels }, (_, i) => {
    const pixel = Math.floor(i / channels);
    return offset + Math.floor(pixel / width) * rowStride + (pixel % width) * pixelStride + (i % channels);
  });

const read = (buffers: readonly Int8Array[], view: View): Int8Array =>
  Int8Array.from(places(view), (at) => buffers[view.buffer][at]);

function write(buffers: readonly Int8Array[], view: View, values: Int8Array): void {
  for (const [i, at] of places(view).entries()) buffers[view.buffer][at] = values[i];
}
