/** Flashing by Espressif's esptool (version 4 or newer), where it is installed and our own packages are not. */
import { spawnSync } from 'node:child_process';
import { DepthwiseError } from '../errors.js';
import type { Image } from './esp32-images.js';
import type { Progress } from './progress.js';

const NAMES = ['esptool', 'esptool.py'];

/** The command, where it is on PATH. */
export const findEsptool = (): string | undefined =>
  NAMES.find((name) => spawnSync(name, ['version']).error === undefined);

export interface EsptoolJob {
  tool: string;
  port: string;
  /** ESP-IDF's name of the chip. */
  chip: string;
  baud: number;
  progress: Progress;
}

/**
 * Writes the images that the flash does not hold; esptool compares each with an MD5 of the flash after writing.
 * @returns those that were written.
 * @throws DepthwiseError BOARD_FAILED with what esptool says.
 */
export function flashWithEsptool(images: readonly Image[], job: EsptoolJob): Image[] {
  return images.filter((image) => {
    job.progress(image.name, 0, image.data.length);
    const holds = esptool(job, 'verify_flash', image).status === 0;
    if (!holds) {
      const { status, stdout } = esptool(job, 'write_flash', image);
      if (status !== 0) throw failed(job, image, stdout);
    }
    job.progress(image.name, image.data.length, image.data.length);
    return !holds;
  });
}

function esptool({ tool, port, chip, baud }: EsptoolJob, command: string, { address, file }: Image) {
  const args = ['--chip', chip, '--port', port, '--baud', String(baud), command, `0x${address.toString(16)}`, file];
  return spawnSync(tool, args, { encoding: 'utf8' });
}

function failed({ tool, port }: EsptoolJob, { name }: Image, said: string): DepthwiseError {
  const lines = said.trim().split('\n');
  const why = lines.find((line) => /fatal error|failed|could not open/i.test(line)) ?? lines.at(-1);
  return new DepthwiseError(
    'BOARD_FAILED',
    `${port}: ${tool} could not write ${name}: ${why?.trim()} Hold the board's BOOT button, press RESET, and flash again.`,
  );
}
