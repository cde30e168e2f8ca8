/** Runs an image under QEMU: records in, outputs and a report back, by files in a folder (firmware-glue/qemu/main.c). */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DepthwiseError } from '../errors.js';
import type { Core } from './cores.js';
import { type Ran, runTool } from './tools.js';

/** Report of one run of the firmware; sizes in bytes. */
export interface FirmwareReport {
  openInstructions: number;
  /** Instructions of the first inference, in which wasm3 finishes its calls. */
  firstInstructions: number;
  /** Instructions of each record's inference, when that is done. */
  instructions: number[];
  /** Flash of everything but the .dw file. */
  codeBytes: number;
  /** RAM: variables of the program; what the net took of the memory it was given; the deepest stack. */
  staticBytes: number;
  heapBytes: number;
  stackBytes: number;
  linearMemoryBytes: number;
  streamedBytes: number;
  compiledCodeBytes?: number;
}

export interface FirmwareRun {
  outputs: Uint8Array;
  report: FirmwareReport;
}

/** DW_ERROR_MEMORY of firmware-glue/core/dw.h. */
const ERROR_MEMORY = 8;

/**
 * Runs `elf` on records that stand one behind the other in `inputs`.
 * @throws DepthwiseError MODEL_TOO_LARGE where the RAM does not suffice, ENGINE_TRAP for every other failure of the
 *   firmware, ENGINE_LIMIT after `seconds`, TOOL_MISSING.
 */
export function emulate(core: Core, elf: string, inputs: Uint8Array, seconds = 600): FirmwareRun {
  const folder = dirname(elf);
  writeFileSync(join(folder, 'inputs'), inputs);
  writeFileSync(join(folder, 'report'), '');
  const { status, stderr, timedOut } = runEmulator(core, elf, seconds);
  if (timedOut)
    throw new DepthwiseError('ENGINE_LIMIT', `The firmware was stopped after ${seconds} s in ${core.emulator}.`);
  const lines = readReport(join(folder, 'report'));
  if (status !== 0) throw failure(core, stderr, lines.get('error')?.[0]);
  return { outputs: new Uint8Array(readFileSync(join(folder, 'outputs'))), report: toReport(lines) };
}

/** Runs an image, whatever it does, in its folder. */
export function runEmulator(core: Core, elf: string, seconds: number): Ran {
  const args = [
    ...core.machine,
    ...['-nographic', '-monitor', 'none', '-serial', 'none'],
    ...['-semihosting-config', 'enable=on,target=native', '-icount', `shift=${core.icount}`, '-kernel', elf],
  ];
  return runTool(core.emulator, args, core.packages, { folder: dirname(elf), seconds });
}

/** Lines of "name value"; a name may come more than once. */
function readReport(file: string): Map<string, number[]> {
  const lines = new Map<string, number[]>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [name, value] = line.split(' ');
    if (name !== '') lines.set(name, [...(lines.get(name) ?? []), Number(value)]);
  }
  return lines;
}

function toReport(lines: Map<string, number[]>): FirmwareReport {
  const one = (name: string): number => lines.get(name)![0];
  return {
    openInstructions: one('open_instructions'),
    firstInstructions: one('first_instructions'),
    instructions: lines.get('instructions')!,
    codeBytes: one('code_bytes'),
    staticBytes: one('static_bytes'),
    heapBytes: one('heap_bytes'),
    stackBytes: one('stack_bytes'),
    linearMemoryBytes: one('linear_memory_bytes'),
    streamedBytes: one('streamed_bytes'),
    compiledCodeBytes: lines.get('compiled_code_bytes')?.[0],
  };
}

function failure(core: Core, stderr: string, error: number | undefined): DepthwiseError {
  const text = stderr.trim().split('\n').join(': ') || 'it ended without a word';
  if (error !== ERROR_MEMORY)
    return new DepthwiseError('ENGINE_TRAP', `The firmware failed under ${core.emulator}: ${text}.`);
  return new DepthwiseError(
    'MODEL_TOO_LARGE',
    `The RAM of ${core.target} does not hold this model: ${text}. --memory min and --frame rows take less; ` +
      `depthwise budget --target ${core.target} says what is needed.`,
  );
}
