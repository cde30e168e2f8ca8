/** Scripts that run a network so many times and print its output: on plain loops (loops.ts), and on the runtime. */
import type { Compiled } from '../../../src/compile.js';
import * as L from '../../../src/program/layout.js';
import { type Step, viewSize } from '../../../src/program/program.js';
import { es5Script } from '../../../tools/build/runtime.js';
import { bundle } from '../engine.js';

/** [ceil(k / 8)][outputs][8] to [outputs][k]. */
function unblocked(weights: Int8Array, outputs: number): Int8Array {
  const k = weights.length / outputs;
  const plain = new Int8Array(weights.length);
  let at = 0;
  for (let from = 0; from < k; from += 8) {
    for (let o = 0; o < outputs; o++) {
      for (let i = from; i < Math.min(k, from + 8); i++) plain[o * k + i] = weights[at++];
    }
  }
  return plain;
}

const KERNELS: Record<number, string> = {
  [L.KIND_CONV]: 'conv',
  [L.KIND_FULLY_CONNECTED]: 'conv',
  [L.KIND_DEPTHWISE]: 'depthwise',
  [L.KIND_MEAN]: 'mean',
  [L.KIND_SOFTMAX]: 'softmax',
};

function record({ input, output, window, clampLow, clampHigh, weightZeroPoint }: Step): number[] {
  if (weightZeroPoint !== 0) throw new Error('plain loops have no zero points of weights');
  const fields: [number, number][] = [
    [L.S_IN_HEIGHT, input.height],
    [L.S_IN_WIDTH, input.width],
    [L.S_IN_CHANNELS, input.channels],
    [L.S_IN_ZERO_POINT, input.zeroPoint],
    [L.S_OUT_HEIGHT, output.height],
    [L.S_OUT_WIDTH, output.width],
    [L.S_OUT_CHANNELS, output.channels],
    [L.S_OUT_PIXEL_STRIDE, output.channels],
    [L.S_OUT_ZERO_POINT, output.zeroPoint],
    [L.S_KERNEL_H, window.kernelH],
    [L.S_KERNEL_W, window.kernelW],
    [L.S_STRIDE_H, window.strideH],
    [L.S_STRIDE_W, window.strideW],
    [L.S_PAD_TOP, window.padTop],
    [L.S_PAD_LEFT, window.padLeft],
    [L.S_CLAMP_LOW, clampLow],
    [L.S_CLAMP_HIGH, clampHigh],
  ];
  const step = new Array<number>(L.S_K / 2).fill(0);
  for (const [field, value] of fields) step[field / 2] = value;
  return step;
}

/** A call of a kernel of loops.ts with its layer; tensors are named by their buffers. */
function layer(step: Step, index: number): { define: string; call: string } {
  const kernel = KERNELS[step.kind];
  if (!kernel) throw new Error(`no plain loop for kind ${step.kind}`);
  const outputs = step.output.channels;
  const table = new DataView(step.table!.slice().buffer);
  const weighted = step.weights !== undefined;
  const n = weighted ? outputs : step.kind === L.KIND_MEAN ? 1 : 0;
  const word = (at: number) => table.getInt32(at, true);
  const each = <T>(read: (i: number) => T) => Array.from({ length: n }, (_, i) => read(i));
  const shifts = weighted ? each((i) => table.getInt8(8 * n + i)) : each(() => word(4));
  const weights = step.kind === L.KIND_DEPTHWISE ? step.weights! : unblocked(step.weights ?? new Int8Array(), outputs);
  const fields = [
    `step: [${record(step)}]`,
    `input: t${step.input.buffer}`,
    `output: t${step.output.buffer}`,
    `weights: new Int8Array([${weights}])`,
    `biases: new Int32Array([${each((i) => (weighted ? word(4 * i) : 0))}])`,
    `multipliers: new Int32Array([${each((i) => word(weighted ? 4 * (n + i) : 0))}])`,
    `shifts: new Int8Array([${shifts}])`,
    `table: new Int8Array([${step.kind === L.KIND_SOFTMAX ? new Int8Array(table.buffer) : ''}])`,
  ];
  return { define: `var l${index} = { ${fields.join(', ')} };`, call: `plain.${kernel}(l${index});` };
}

const PRINT = (values: string) =>
  `var text = []; for (var i = 0; i < ${values}.length; i++) text.push(${values}[i] & 255); print('[' + text.join() + ']');`;

let loops: Promise<string> | undefined;

/** The network on plain loops, `times` times. */
export async function plainScript({ program }: Compiled, input: Uint8Array, times: number): Promise<string> {
  loops ??= es5Script('test/board-js/plain/loops.ts', 'plain');
  const layers = program.steps.map(layer);
  const [from, to] = [program.inputs[0].view, program.outputs[0].view];
  return [
    await loops,
    ...program.buffers.map(({ index, bytes }) => `var t${index} = new Int8Array(${bytes});`),
    ...layers.map(({ define }) => define),
    `var input = new Int8Array([${new Int8Array(input)}]);`,
    `for (var n = 0; n < ${times}; n++) { t${from.buffer}.set(input); ${layers.map(({ call }) => call).join(' ')} }`,
    PRINT(`t${to.buffer}.subarray(0, ${viewSize(to)})`),
  ].join('\n');
}

/** The network on a flavour of the runtime, `times` times. */
export function runtimeScript(file: string, { blob }: Compiled, input: Uint8Array, times: number): string {
  return [
    bundle(file),
    `var net = depthwise.open(new Uint8Array([${blob}]));`,
    `var input = new Int8Array([${new Int8Array(input)}]);`,
    `for (var n = 0; n < ${times}; n++) { net.input().set(input); net.invoke(); }`,
    PRINT('net.output()'),
  ].join('\n');
}
