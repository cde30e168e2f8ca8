/**
 * The real firmware under QEMU, on an instruction set that boards have: rv32imc (ESP32-C3), Cortex-M4 (STM32F405), Xtensa with
 * register windows (ESP32, ESP32-S3) and without (ESP8266). What it counts are instructions, which say nothing of caches, wait
 * states and clocks.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concatUint8Arrays } from 'typed-array-utils';
import { DepthwiseError } from '../errors.js';
import { checkBlob } from '../format/check.js';
import { CORES, type Core } from '../qemu/cores.js';
import { emulate, type FirmwareReport } from '../qemu/emulate.js';
import { linkImage, type Memory } from '../qemu/image.js';
import type { FirmwareRuntime } from '../qemu/runtimes.js';
import { type BlobInfo, blobInfo, checkInputs } from './blob.js';
import type { EngineStats, QemuEngineName, Session } from './engine.js';

export const QEMU_ENGINES = Object.values(CORES).map(({ id }): QemuEngineName => `qemu-${id}`);

/** The core of an engine's name; undefined where it is none of these. */
export function coreOf(engine: string): Core | undefined {
  return Object.values(CORES).find(({ id }) => engine === `qemu-${id}`);
}

/**
 * Opens a .dw file: the image is linked for every run.
 * @param memory what the image may use; by default what the board offers an application.
 * @throws DepthwiseError BLOB_INVALID, BLOB_VERSION, BLOB_CRC. run throws INPUT_SIZE, MODEL_TOO_LARGE where flash or RAM do
 *   not suffice, ENGINE_TRAP, TOOL_MISSING with the command that installs what is missing.
 */
export function openFirmware(blob: Uint8Array, core: Core, runtime: FirmwareRuntime, memory?: Memory): Session {
  checkBlob(blob);
  return new QemuSession(blob, core, runtime, memory);
}

class QemuSession implements Session {
  private readonly info: BlobInfo;
  private report: FirmwareReport | undefined;

  constructor(
    private readonly blob: Uint8Array,
    private readonly core: Core,
    private readonly runtime: FirmwareRuntime,
    private readonly memory?: Memory,
  ) {
    this.info = blobInfo(blob);
  }

  run(inputs: readonly Uint8Array[]): Uint8Array[] {
    return this.runAll([inputs])[0];
  }

  /** All records in one run of the firmware. */
  runAll(records: readonly (readonly Uint8Array[])[]): Uint8Array[][] {
    for (const inputs of records) checkInputs(inputs, this.info);
    const folder = mkdtempSync(join(tmpdir(), 'depthwise-qemu-'));
    try {
      const elf = linkImage(this.core, this.runtime, this.blob, folder, this.memory);
      const { outputs, report } = emulate(this.core, elf, concatUint8Arrays(...records.flat()));
      this.report = report;
      return split(outputs, records.length, this.info.outputBytes);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  push(): never {
    throw new DepthwiseError(
      'USAGE',
      'An engine under QEMU takes whole inputs; the firmware pushes their rows itself.',
    );
  }

  stats(): EngineStats {
    if (!this.report) return {};
    const { instructions, ...rest } = this.report;
    return { ...rest, instructions: instructions.at(-1)! };
  }
}

/** The records' outputs, which stand one behind the other. */
function split(bytes: Uint8Array, records: number, sizes: readonly number[]): Uint8Array[][] {
  let at = 0;
  return Array.from({ length: records }, () =>
    sizes.map((size) => {
      at += size;
      return bytes.slice(at - size, at);
    }),
  );
}
