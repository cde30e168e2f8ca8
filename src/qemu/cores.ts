/** The emulated boards: how their code is compiled, where their memory lies, and how QEMU is called for them. */
import { join } from 'node:path';
import { glueFolder } from '../assets.js';

export interface Core {
  id: string;
  /** The board of targets/ whose RAM and flash an image may use. */
  target: string;
  compiler: string;
  flags: readonly string[];
  /** How its C library's headers are found, and what begins a program and is linked with it. */
  headers: readonly string[];
  library: readonly string[];
  /** Files of firmware-glue/qemu with the board's counter and faults. */
  sources: readonly string[];
  /** Where flash and RAM begin. */
  flash: number;
  ram: number;
  emulator: string;
  machine: readonly string[];
  /** An instruction takes 2^icount ns of emulated time. */
  icount: number;
  /** Debian's packages of compiler, C library and emulator. */
  packages: readonly string[];
}

const PICOLIBC = {
  headers: ['--specs=picolibc.specs'],
  library: ['--crt0=hosted', '--oslib=semihost'],
};

const xtensa = (name: string): string => join(glueFolder(), 'qemu', 'xtensa', name);

/** Debian's compiler of the ESP8266. Its library serves one of the two ABIs, and the compiler does not find its headers. */
const XTENSA = {
  compiler: 'xtensa-lx106-elf-gcc',
  headers: ['-isystem', '/usr/lib/xtensa-lx106-elf/include', `-I${xtensa('')}`],
  library: ['-nostdlib', '-Wl,--gc-sections', '-T', xtensa('memory.ld')],
  sources: ['vectors.S', 'board.c', 'support.c', 'jump.S'].map((name) => join('xtensa', name)),
  emulator: 'qemu-system-xtensa',
  packages: ['gcc-xtensa-lx106', 'picolibc-xtensa-lx106-elf', 'qemu-system-misc'],
};

export const CORES = {
  rv32: {
    id: 'rv32',
    target: 'esp32-c3',
    compiler: 'riscv64-unknown-elf-gcc',
    flags: ['-march=rv32imc', '-mabi=ilp32'],
    ...PICOLIBC,
    sources: ['board_rv32.c'],
    flash: 0x80000000,
    ram: 0x80800000,
    emulator: 'qemu-system-riscv32',
    machine: ['-M', 'virt', '-cpu', 'lowrisc-ibex', '-m', '16M', '-bios', 'none'],
    icount: 0,
    packages: ['gcc-riscv64-unknown-elf', 'picolibc-riscv64-unknown-elf', 'qemu-system-misc'],
  },
  m4: {
    id: 'm4',
    target: 'stm32f405',
    compiler: 'arm-none-eabi-gcc',
    flags: ['-mcpu=cortex-m4', '-mthumb'],
    ...PICOLIBC,
    sources: ['board_m4.c'],
    flash: 0x08000000,
    ram: 0x20000000,
    emulator: 'qemu-system-arm',
    machine: ['-M', 'netduinoplus2'],
    icount: 0,
    packages: ['gcc-arm-none-eabi', 'picolibc-arm-none-eabi', 'qemu-system-arm'],
  },
  /** The ABI of an ESP32, on a core of QEMU that has its register windows, MAC16 and loops. */
  xtensa: {
    id: 'xtensa',
    target: 'esp32',
    ...XTENSA,
    flags: [
      '-mabi=windowed',
      '-mlongcalls',
      '-DDW_MAC16=1',
      '-DDW_MAC16_STRETCH="j 9f\\n9:\\n\\t"',
      `-Wa,${xtensa('windowed.inc')}`,
    ],
    flash: 0xfe000000,
    ram: 0x00100000,
    machine: ['-M', 'sim', '-cpu', 'dc233c'],
    icount: 8,
  },
  lx106: {
    id: 'lx106',
    target: 'esp8266',
    ...XTENSA,
    flags: [],
    flash: 0x50000000,
    ram: 0x60000000,
    machine: ['-M', 'sim', '-cpu', 'lx106'],
    icount: 6,
  },
} as const satisfies Record<string, Core>;
