/** What a model's inference takes on an emulated core, beside the counts that it is to be predicted from. */
import { asset } from '../../src/assets.js';
import { opClass } from '../../src/boards/op-class.js';
import { workOf } from '../../src/budget/work.js';
import { openFirmware } from '../../src/engines/qemu.js';
import { openWasm3 } from '../../src/engines/wasm3.js';
import { kernelModule } from '../../src/format/kinds.js';
import { readBlob } from '../../src/format/read.js';
import type { Core } from '../../src/qemu/cores.js';
import type { FirmwareRuntime } from '../../src/qemu/runtimes.js';
import { roomOf } from '../bench/room.js';
import type { Sample } from './fit.js';

/** The units of a runtime's model: classes of wasm3 ops, or work. */
export function countsOf(blob: Uint8Array, runtime: FirmwareRuntime): Record<string, number> {
  if (runtime === 'aot') return workOf(blob);
  const session = openWasm3(blob, asset(kernelModule(blob)));
  session.run(inputsOf(blob));
  const counts: Record<string, number> = {};
  for (const [name, ops] of Object.entries(session.stats().opsByKind!)) {
    counts[opClass(name)] = (counts[opClass(name)] ?? 0) + ops;
  }
  session.close();
  return counts;
}

/** Room for wasm3's ops where they call one another. */
const STACK_BYTES = 20_480;

/** With the sizes of the firmware; RAM besides linear memory and compiled code. */
export interface Measured extends Sample {
  codeBytes: number;
  ramBytes: number;
  stackBytes: number;
}

export function measure(title: string, blob: Uint8Array, core: Core, runtime: FirmwareRuntime): Measured {
  const session = openFirmware(blob, core, runtime, { ...roomOf(core), stackBytes: STACK_BYTES });
  session.run(inputsOf(blob));
  const stats = session.stats();
  const { rowBytes } = readBlob(blob).inputs[0];
  return {
    title,
    counts: countsOf(blob, runtime),
    measured: stats.instructions!,
    codeBytes: stats.codeBytes!,
    ramBytes:
      stats.staticBytes! + stats.heapBytes! - rowBytes - stats.linearMemoryBytes! - (stats.compiledCodeBytes ?? 0),
    stackBytes: stats.stackBytes!,
  };
}

/** Bytes from all of their range. */
function inputsOf(blob: Uint8Array): Uint8Array[] {
  return readBlob(blob).inputs.map(({ bytes }) => new Uint8Array(bytes).map((_, i) => (i * 37) & 255));
}
