/** Links a model with the firmware of firmware-glue/qemu, inside the RAM and flash of a board. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assetPath, glueFolder } from '../assets.js';
import { loadTarget } from '../boards/target.js';
import { DepthwiseError } from '../errors.js';
import { kernelModule, stepKinds } from '../format/kinds.js';
import { BlobView } from '../program/blob-view.js';
import { H_HEAD_BYTES } from '../program/layout.js';
import { formatNumber } from '../report/table.js';
import type { Core } from './cores.js';
import { objectFiles } from './objects.js';
import { type FirmwareRuntime, imageSources } from './runtimes.js';
import { runTool } from './tools.js';

/** Flash and RAM that the linker lets an image have. The stack is part of the RAM. */
export interface Memory {
  flashBytes: number;
  ramBytes: number;
  stackBytes: number;
}

/** wasm3 takes 2.4 KB of it, most of that while it compiles. */
const STACK_BYTES = 4096;

/** Flash and RAM that the board offers an application. */
export function boardMemory(core: Core): Memory {
  const { flashBytes, ramBytes } = loadTarget(core.target);
  return {
    flashBytes: flashBytes.application!.value,
    ramBytes: ramBytes.application!.value,
    stackBytes: STACK_BYTES,
  };
}

/**
 * Writes `firmware.elf` into `folder` and returns its path.
 * @param kinds kinds of steps whose native kernels are linked, 1 << KIND_* each: those of the model, where it is not said.
 * @param program C file with main(); by default that of firmware-glue/qemu, which emulate runs.
 * @throws DepthwiseError TOOL_MISSING; MODEL_TOO_LARGE where flash or RAM do not hold it.
 */
export function linkImage(
  core: Core,
  runtime: FirmwareRuntime,
  blob: Uint8Array,
  folder: string,
  memory: Memory = boardMemory(core),
  kinds = stepKinds(blob),
  program?: string,
): string {
  const heads = `-DDW_HEADS=${hasHead(blob) ? 1 : 0}`;
  const sources = imageSources(core, runtime, kinds, program).map(({ files, flags }) => ({
    files,
    flags: [...flags, heads],
  }));
  const objects = objectFiles(core, sources);
  writeFileSync(join(folder, 'model.dw'), blob);
  const files = ['-DMODEL="model.dw"'];
  if (runtime === 'wasm3') files.push(`-DKERNELS="${assetPath(kernelModule(blob))}"`);
  const args = [
    ...core.flags,
    ...core.headers,
    ...files,
    join(glueFolder(), 'qemu', 'model.S'),
    ...objects,
    ...core.library,
    ...symbols(core, memory),
    '-o',
    'firmware.elf',
  ];
  const { status, stderr } = runTool(core.compiler, args, core.packages, { folder });
  if (status !== 0) throw refused(core, memory, stderr);
  return join(folder, 'firmware.elf');
}

const hasHead = (blob: Uint8Array): boolean => new BlobView(blob).u32(H_HEAD_BYTES) > 0;

/** Symbols of picolibc's linker script, and of ours. */
function symbols(core: Core, { flashBytes, ramBytes, stackBytes }: Memory): string[] {
  const values = {
    __flash: core.flash,
    __flash_size: flashBytes,
    __ram: core.ram,
    __ram_size: ramBytes,
    __stack_size: stackBytes,
    __heap_end: core.ram + ramBytes - stackBytes,
  };
  return Object.entries(values).map(([name, value]) => `-Wl,--defsym=${name}=0x${value.toString(16)}`);
}

function refused(core: Core, memory: Memory, stderr: string): DepthwiseError {
  const overflow = /region `(flash|ram)' overflowed by (\d+) bytes/.exec(stderr);
  if (!overflow) return new DepthwiseError('CHECK_FAILED', `${core.compiler} cannot link the firmware:\n${stderr}`);
  const [, region, bytes] = overflow;
  const [what, room] = region === 'flash' ? ['flash', memory.flashBytes] : ['RAM', memory.ramBytes];
  return new DepthwiseError(
    'MODEL_TOO_LARGE',
    `The firmware with this model is ${formatNumber(Number(bytes))} B too large for the ${what} of ${core.target}, ` +
      `${formatNumber(room)} B: see depthwise budget --target ${core.target}.`,
  );
}
