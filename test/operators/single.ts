/** Models of one operator: every engine against the reference kernels, and the reference kernels against LiteRT. */
import { validateGraph } from '../../src/analysis/validate.js';
import { asset } from '../../src/assets.js';
import { compile } from '../../src/compile.js';
import { openJs } from '../../src/engines/js.js';
import { openNode } from '../../src/engines/node.js';
import { runReference } from '../../src/engines/reference.js';
import { openWasm3 } from '../../src/engines/wasm3.js';
import { writeTflite } from '../../src/export/tflite/write.js';
import { kernelModule } from '../../src/format/kinds.js';
import type { Graph, OperatorKind } from '../../src/graph/graph.js';
import { importTflite } from '../../src/import/tflite/import.js';
import type { Rounding } from '../../src/kernels/reference/fixedpoint.js';
import { difference } from '../difference.js';
import { type Kernels, openLiteRt } from '../export/tflite/litert.js';
import type { Random } from '../graph/builder.js';
import { type TinyTensor, tinyGraph } from '../kernels/reference/tiny.js';

export type Byte = 'int8' | 'uint8';

export const chance = (random: Random) => ({
  integer: (low: number, high: number) => low + Math.floor(random() * (high - low + 1)),
  pick: <T>(...from: readonly T[]): T => from[Math.floor(random() * from.length)],
  /** A scale from 2^-8 to 2^-2, and any zero point. */
  map: (dtype: Byte) => ({
    dtype,
    scale: 2 ** (-2 - 6 * random()),
    zeroPoint: Math.floor(random() * 256) - (dtype === 'int8' ? 128 : 0),
  }),
});

export const bytesOf = (random: Random, length: number): Uint8Array =>
  Uint8Array.from({ length }, () => Math.floor(random() * 256));

/** As tinyGraph, through a .tflite file: what is written is read again. */
export function single(kind: OperatorKind, inputs: TinyTensor[], ...outputs: TinyTensor[]): Graph {
  const graph = validateGraph(tinyGraph(kind, inputs, ...outputs));
  return importTflite(writeTflite(graph));
}

/** @throws Error where an engine gives other bytes than the reference kernels, under any plan. */
export function everywhere(graph: Graph, input: Uint8Array, rounding: Rounding = 'double'): void {
  const expected = runReference(graph, [input], { rounding });
  for (const options of [{ memory: 'fast' }, { memory: 'min' }, { memory: 'min', frame: 'rows' }] as const) {
    const { blob } = compile(graph, { ...options, rounding });
    const kernels = asset(kernelModule(blob));
    const sessions = [openNode(blob, kernels), openJs(blob), openWasm3(blob, kernels)];
    for (const session of [...sessions, openNode(blob, asset('kernels.native.wasm'))]) {
      for (const [i, output] of session.run([input]).entries()) {
        const found = difference(output, expected[i]);
        const where = `${session.constructor.name}, ${JSON.stringify(options)}, output ${i}`;
        if (found !== 'equal') throw new Error(`${where}: ${found}`);
      }
    }
  }
}

/** How far LiteRT's bytes are from ours, at most, and the part that differs at all. Its XNNPACK rounds once, in float32. */
export async function fromLiteRt(
  graph: Graph,
  inputs: readonly Uint8Array[],
  kernels: Kernels = 'xnnpack',
  rounding: Rounding = 'single',
): Promise<{ most: number; part: number }> {
  const ours = runReference(graph, [...inputs], { rounding });
  const run = await openLiteRt(writeTflite(graph), kernels);
  const theirs = await run(inputs);
  const off = graph.outputs.flatMap((index, i) => {
    const { name, dtype } = graph.tensors[index];
    const value = (byte: number) => (dtype === 'int8' ? (byte << 24) >> 24 : byte);
    const other = theirs.get(name)!;
    return Array.from(ours[i], (byte, at) => Math.abs(value(byte) - value(other[at])));
  });
  return { most: Math.max(...off), part: off.filter((each) => each > 0).length / off.length };
}
