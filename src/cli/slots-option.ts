/** `--slots`, of the commands that lay out the flash of an ESP32. */
import { InvalidArgumentError, Option } from 'commander';
import { DEFAULT_SLOTS, SLOTS, type Slots } from '../boards/esp32-flash.js';

export function slotsOption(): Option {
  return new Option(
    '--slots <number>',
    'models that the flash of an ESP32 holds: 2, so that one can be replaced; 1: no rollback',
  )
    .argParser((text): Slots => {
      const slots = SLOTS.find((known) => String(known) === text);
      if (!slots) throw new InvalidArgumentError(`"${text}" is not 1 or 2`);
      return slots;
    })
    .default(DEFAULT_SLOTS);
}
