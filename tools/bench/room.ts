/** What models are counted in: an ESP8266 does not hold every one that its instruction set is asked about. */
import { CORES, type Core } from '../../src/qemu/cores.js';
import { boardMemory, type Memory } from '../../src/qemu/image.js';

/** The memory of the core's board, but for the ESP8266: of an ESP32. */
export function roomOf(core: Core): Memory {
  return boardMemory(core.id === CORES.lx106.id ? CORES.xtensa : core);
}
