/** Random programs without weights: chains of layers with branches, strides and paddings, for tests of the planner. */

import { bilinearPlaces } from '../../src/kernels/reference/resize-bilinear.js';
import { words } from '../../src/lower/tables.js';
import * as L from '../../src/program/layout.js';
import { type Kind, POINT, type Port, type Program, type Step, type View } from '../../src/program/program.js';
import type { Choices } from '../graphs.js';

type Shape = [height: number, width: number, channels: number];

/** @param branches for every one a residual sum, a concatenation or an output beside the last one. */
export function randomProgram(choices: Choices, branches = 0): Program {
  return new ProgramMaker(choices).make(branches);
}

class ProgramMaker {
  private readonly program: Program = {
    name: 'random',
    buffers: [],
    steps: [],
    inputs: [],
    outputs: [],
    views: new Map(),
    rounding: 'double',
  };
  private readonly views: View[] = [];

  constructor(private readonly choices: Choices) {}

  make(branches: number): Program {
    const { program } = this;
    const inputs = this.oneIn(6) ? 2 : 1;
    for (let i = 0; i < inputs; i++) {
      const view = this.tensor([this.integer(1, 24), this.integer(1, 12), this.integer(1, 8)]);
      this.port(program.inputs, view);
      if (this.oneIn(5)) this.step({ kind: L.KIND_FLIP, input: view, output: view });
    }
    for (let steps = this.integer(1, branches ? 5 : 10); steps > 0; steps--) this.append();
    for (; branches > 0; branches--) {
      this.branch();
      if (this.oneIn(2)) this.append();
    }
    const last = this.views[this.views.length - 1];
    this.port(program.outputs, last);
    if (this.oneIn(6)) this.port(program.outputs, this.pick(...this.views));
    return program;
  }

  private integer = (low: number, high: number): number => this.choices.integer(low, high);
  private oneIn = (n: number): boolean => this.integer(1, n) === n;
  private pick = <T>(...from: readonly T[]): T => from[this.integer(0, from.length - 1)];

  private port(ports: { push(port: Port<'int8'>): unknown }, view: View): void {
    const shape = [1, view.height, view.width, view.channels];
    ports.push({ view, tensor: 0, name: 'port', shape, scale: 1, zeroPoint: 0, dtype: 'int8', float32: false });
  }

  private tensor([height, width, channels]: Shape): View {
    const buffer = this.program.buffers.length;
    this.program.buffers.push({ index: buffer, name: `t${buffer}`, bytes: height * width * channels });
    const view = {
      buffer,
      height,
      width,
      channels,
      offset: 0,
      pixelStride: channels,
      rowStride: width * channels,
      zeroPoint: 0,
    };
    this.views.push(view);
    return view;
  }

  private step(step: Partial<Step> & Pick<Step, 'kind' | 'input' | 'output'>): void {
    this.program.steps.push({
      name: `t${step.output.buffer}`,
      operators: [],
      window: POINT,
      depthMultiplier: 1,
      weightZeroPoint: 0,
      clampLow: -128,
      clampHigh: 127,
      flags: 0,
      outChunk: 8,
      kChunk: 8,
      laneK: 8,
      macs: 1,
      ...step,
    });
  }

  /** One more operator, mostly behind the last tensor. */
  private append(): void {
    const input = this.oneIn(6) ? this.pick(...this.views) : this.views[this.views.length - 1];
    const [height, width, channels]: Shape = [input.height, input.width, input.channels];
    const alike = this.views.filter((view) => view.height === height && view.width === width);
    switch (
      this.pick(
        'conv',
        'conv',
        'depthwise',
        'depthwise',
        'depthwise',
        'point',
        'point',
        'add',
        'concat',
        'pool',
        'pad',
        'lut',
        'mean',
        'fc',
        'reshape',
        'reduce',
        'resize',
        'normalize',
        'gaps',
      )
    ) {
      case 'point':
        this.step({ kind: L.KIND_CONV, input, output: this.tensor([height, width, this.integer(1, 24)]) });
        return;
      case 'conv':
        this.windowed(L.KIND_CONV, input, this.integer(1, 5), this.integer(1, 24));
        return;
      case 'depthwise':
        this.windowed(L.KIND_DEPTHWISE, input, this.pick(3, 3, 3, 3, 5), channels);
        return;
      case 'pool':
        this.windowed(this.pick(L.KIND_AVERAGE_POOL, L.KIND_MAX_POOL), input, this.integer(1, 3), channels);
        return;
      case 'add': {
        const input2 = this.pick(...alike.filter((view) => view.channels === channels));
        this.step({ kind: L.KIND_ADD, input, input2, output: this.tensor([height, width, channels]) });
        return;
      }
      case 'concat':
        this.concatenate([input, this.pick(...alike)]);
        return;
      case 'pad': {
        const [top, left] = [this.integer(0, 2), this.integer(0, 2)];
        const output = this.tensor([height + top + this.integer(0, 2), width + left + this.integer(0, 2), channels]);
        this.step({ kind: L.KIND_PAD, input, output, window: { ...POINT, padTop: top, padLeft: left } });
        return;
      }
      case 'lut':
        this.step({ kind: L.KIND_LUT, input, output: this.tensor([height, width, channels]) });
        return;
      case 'mean':
        if (this.oneIn(3)) this.step({ kind: L.KIND_MEAN, input, output: this.tensor([1, 1, channels]) });
        return;
      case 'fc': {
        const k = height * width * channels;
        if (!this.oneIn(3)) return;
        const flat = { ...input, height: 1, width: 1, channels: k, pixelStride: k, rowStride: k };
        this.step({ kind: L.KIND_FULLY_CONNECTED, input: flat, output: this.tensor([1, 1, this.integer(1, 9)]) });
        return;
      }
      case 'reduce': {
        const over = (length: number) => (this.oneIn(2) ? 1 : length);
        const output = this.tensor([over(height), over(width), over(channels)]);
        this.step({ kind: L.KIND_REDUCE, flags: L.STEP_GREATEST, input, output });
        return;
      }
      case 'resize': {
        const output = this.tensor([this.integer(1, 24), this.integer(1, 12), channels]);
        const mode = { alignCorners: this.oneIn(3), halfPixelCenters: this.oneIn(3) };
        const rows = bilinearPlaces(height, output.height, mode);
        const columns = bilinearPlaces(width, output.width, mode);
        const table = words(rows.distance, rows.start, columns.distance, columns.start);
        this.step({ kind: L.KIND_RESIZE_BILINEAR, input, output, table });
        return;
      }
      case 'normalize':
        this.step({ kind: L.KIND_L2_NORMALIZE, input, output: this.tensor([height, width, channels]) });
        return;
      case 'gaps':
        this.gapped(input);
        return;
      default:
        // The same bytes in another shape.
        this.views.push({ ...input, height: width, width: height, rowStride: height * channels });
    }
  }

  private gapped(input: View): void {
    const transposed = this.oneIn(2);
    const gap = this.integer(2, 3);
    const kernel = this.integer(1, 3);
    const pad = this.integer(0, kernel - 1);
    const size = (length: number) => (transposed ? length * gap : length) + this.integer(0, 2);
    const output = this.tensor([size(input.height), size(input.width), this.integer(1, 8)]);
    const [dilation, spread] = transposed ? [1, gap] : [gap, 1];
    this.step({
      kind: L.KIND_GENERAL_CONV,
      input,
      output,
      outChunk: 1,
      flags: L.STEP_GENERAL_REQUANTIZE,
      window: { ...POINT, kernelH: kernel, kernelW: kernel, padTop: pad, padLeft: pad },
      gaps: { dilationH: dilation, dilationW: dilation, spreadH: spread, spreadW: spread },
    });
  }

  /** A few layers that keep height and width, and what has become of their input beside them. */
  private branch(): void {
    const input = this.views[this.views.length - 1];
    const [height, width]: Shape = [input.height, input.width, input.channels];
    let last = input;
    for (let layers = this.integer(1, 4); layers > 0; layers--) {
      const rest = layers === 1 ? input.channels : this.integer(1, 16);
      const shape: Shape = [height, width, this.oneIn(2) ? last.channels : rest];
      const output = this.tensor(shape);
      const window = { ...POINT, kernelH: 3, kernelW: 3, padTop: 1, padLeft: 1 };
      if (shape[2] === last.channels && this.oneIn(2))
        this.step({ kind: L.KIND_DEPTHWISE, input: last, output, window });
      else this.step({ kind: L.KIND_CONV, input: last, output, window: this.oneIn(4) ? window : POINT });
      last = output;
    }
    switch (this.pick('sum', 'sum', 'sum', 'concatenation', 'output')) {
      case 'sum': {
        if (last.channels !== input.channels) {
          const output = this.tensor([height, width, input.channels]);
          this.step({ kind: L.KIND_CONV, input: last, output });
          last = output;
        }
        const [a, b] = this.oneIn(2) ? [input, last] : [last, input];
        this.step({ kind: L.KIND_ADD, input: a, input2: b, output: this.tensor([height, width, input.channels]) });
        return;
      }
      case 'concatenation':
        this.concatenate([input, last]);
        return;
      default:
        this.port(this.program.outputs, last);
        this.views.push(input);
    }
  }

  private concatenate(parts: readonly View[]): void {
    const channels = parts.reduce((sum, part) => sum + part.channels, 0);
    const output = this.tensor([parts[0].height, parts[0].width, channels]);
    let offset = 0;
    for (const part of parts) {
      this.step({ kind: L.KIND_LUT, input: part, output: { ...output, channels: part.channels, offset } });
      offset += part.channels;
    }
  }

  private windowed(kind: Kind, input: View, kernel: number, channels: number): void {
    const stride = this.pick(1, 1, 1, 2, 2, 3);
    const size = (length: number): { output: number; before: number } => {
      const before = this.integer(0, Math.min(1, kernel - 1));
      const after = this.integer(0, Math.min(2, kernel - 1));
      return { output: Math.max(1, Math.floor((length + before + after - kernel) / stride) + 1), before };
    };
    const [rows, columns] = [size(input.height), size(input.width)];
    const flags = kind !== L.KIND_MAX_POOL && this.oneIn(6) ? L.STEP_GENERAL_REQUANTIZE : 0;
    this.step({
      kind,
      input,
      output: this.tensor([rows.output, columns.output, channels]),
      flags,
      window: {
        kernelH: kernel,
        kernelW: kernel,
        strideH: stride,
        strideW: stride,
        padTop: rows.before,
        padLeft: columns.before,
      },
    });
  }
}
