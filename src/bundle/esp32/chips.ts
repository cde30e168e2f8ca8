/** What bundling and flashing have to know of each chip, besides targets/ID.json. */

export interface Chip {
  /** As ESP-IDF names it (IDF_TARGET). */
  idf: string;
  /** As the chip is called, and esptool says it. */
  name: string;
  /** Where the second-stage bootloader stands in flash: ESP-IDF's "Bootloader" page of each chip. */
  bootloader: number;
  /** PlatformIO's board of targets/ID.json. */
  board: string;
}

/** By target id. */
export const CHIPS: Readonly<Record<string, Chip>> = {
  esp32: { idf: 'esp32', name: 'ESP32', bootloader: 0x1000, board: 'esp32dev' },
  'esp32-s3': { idf: 'esp32s3', name: 'ESP32-S3', bootloader: 0, board: 'esp32-s3-devkitc-1' },
  'esp32-c3': { idf: 'esp32c3', name: 'ESP32-C3', bootloader: 0, board: 'esp32-c3-devkitm-1' },
};
