/** Programs of one step of interest, which every engine runs under every plan. */
import { asset } from '../../src/assets.js';
import { openJs } from '../../src/engines/js.js';
import { openNode } from '../../src/engines/node.js';
import { openWasm3 } from '../../src/engines/wasm3.js';
import { checkBlob } from '../../src/format/check.js';
import { kernelModule } from '../../src/format/kinds.js';
import { writeBlob } from '../../src/format/write.js';
import { type PlanOptions, plan } from '../../src/plan/plan.js';
import { KIND_LUT } from '../../src/program/layout.js';
import { type Kind, PLAIN, type Program, type Step, type View } from '../../src/program/program.js';
import { difference } from '../difference.js';
import type { Random } from '../graph/builder.js';
import { replay } from '../plan/replay.js';

export type Shape = [height: number, width: number, channels: number];

const PLANS: PlanOptions[] = [
  { memory: 'fast', frame: 'resident' },
  { memory: 'min', frame: 'resident' },
  { memory: 'min', frame: 'rows' },
];

/** What a step needs besides its tensors. */
export type StepUnderTest = Pick<Step, 'kind'> & Partial<Step> & { inputZeroPoint?: number; outputZeroPoint?: number };

/** A table on either side of the step, so that rows can stream through it. */
export function stepProgram(
  from: Shape,
  to: Shape,
  { inputZeroPoint = 0, outputZeroPoint = 0, ...step }: StepUnderTest,
  rounding: Program['rounding'] = 'double',
): Program {
  const views = [from, from, to, to].map(([height, width, channels], buffer): View => {
    const zeroPoint = buffer < 2 ? inputZeroPoint : outputZeroPoint;
    return {
      buffer,
      height,
      width,
      channels,
      offset: 0,
      pixelStride: channels,
      rowStride: width * channels,
      zeroPoint,
    };
  });
  const table = Uint8Array.from({ length: 256 }, (_, i) => i);
  const same = { ...PLAIN, name: 'same', operators: [], kind: KIND_LUT as Kind, table };
  const port = (view: View) => ({
    view,
    tensor: 0,
    name: 'port',
    shape: [1, view.height, view.width, view.channels],
    scale: 1,
    zeroPoint: 0,
    dtype: 'int8' as const,
    float32: false,
  });
  return {
    name: 'step',
    buffers: views.map(({ height, width, channels }, index) => ({
      index,
      name: `t${index}`,
      bytes: height * width * channels,
    })),
    steps: [
      { ...same, input: views[0], output: views[1] },
      { ...PLAIN, name: 'tested', operators: [], ...step, input: views[1], output: views[2] },
      { ...same, input: views[2], output: views[3] },
    ],
    inputs: [port(views[0])],
    outputs: [port(views[3])],
    views: new Map(),
    rounding,
  };
}

/**
 * Runs a program everywhere, twice.
 * @throws Error where an engine gives other bytes than expected.
 */
export function runEverywhere(program: Program, input: Int8Array, expected: Int8Array): void {
  const bytes = (values: Int8Array) => new Uint8Array(values.buffer, values.byteOffset, values.length);
  for (const options of PLANS) {
    const blob = writeBlob(program, plan(program, options), 0);
    checkBlob(blob);
    replay(program, blob);
    const native = asset('kernels.native.wasm');
    const sessions = {
      node: () => openNode(blob, asset(kernelModule(blob))),
      native: () => openNode(blob, native),
      'native, wide': () => openNode(blob, native, 'wide'),
      js: () => openJs(blob),
      wasm3: () => openWasm3(blob, asset(kernelModule(blob))),
    };
    for (const [engine, open] of Object.entries(sessions)) {
      const session = open();
      for (const run of [1, 2]) {
        const [output] = session.run([bytes(input)]);
        const found = difference(output, bytes(expected));
        if (found !== 'equal') throw new Error(`${engine}, ${JSON.stringify(options)}, run ${run}: ${found}`);
      }
    }
  }
}

/** Any int8 values. */
export const randomValues = (random: Random, length: number): Int8Array =>
  Int8Array.from({ length }, () => Math.floor(random() * 256) - 128);
