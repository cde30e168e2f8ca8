/** Facts of each chip for bundling and flashing; boards name their chip in targets/ID.json. */
import type { Target } from '../../boards/target.js';

export interface Chip {
  /** ESP-IDF's name (IDF_TARGET). */
  idf: string;
  /** Espressif's name, which esptool prints. */
  name: string;
  /** Where the second-stage bootloader stands in flash: ESP-IDF's "Bootloader" page of each chip. */
  bootloader: number;
}

/** Chips by the target id of their own development kit. */
export const CHIPS: Readonly<Record<string, Chip>> = {
  esp32: { idf: 'esp32', name: 'ESP32', bootloader: 0x1000 },
  'esp32-s3': { idf: 'esp32s3', name: 'ESP32-S3', bootloader: 0 },
  'esp32-c3': { idf: 'esp32c3', name: 'ESP32-C3', bootloader: 0 },
  'esp32-c6': { idf: 'esp32c6', name: 'ESP32-C6', bootloader: 0 },
  'esp32-p4': { idf: 'esp32p4', name: 'ESP32-P4', bootloader: 0x2000 },
};

/** Chip of a board whose bundle is a project for ESP-IDF. */
export const chipOf = (target: Target): Chip => CHIPS[target.esp32!.chip];

/** The chip that esptool calls so. */
export const chipNamed = (name: string): Chip => Object.values(CHIPS).find((chip) => chip.name === name)!;
