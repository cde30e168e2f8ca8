/** The emulated boards: how their code is compiled, where their memory lies, and how QEMU is called for them. */

export interface Core {
  id: string;
  /** The board of targets/ whose RAM and flash an image may use. */
  target: string;
  compiler: string;
  flags: readonly string[];
  /** The C file of firmware-glue/qemu with the board's counter and faults. */
  source: string;
  /** Where flash and RAM begin. */
  flash: number;
  ram: number;
  emulator: string;
  machine: readonly string[];
  /** Debian's packages of compiler, C library and emulator. */
  packages: readonly string[];
}

export const CORES = {
  rv32: {
    id: 'rv32',
    target: 'esp32-c3',
    compiler: 'riscv64-unknown-elf-gcc',
    flags: ['-march=rv32imc', '-mabi=ilp32'],
    source: 'board_rv32.c',
    flash: 0x80000000,
    ram: 0x80800000,
    emulator: 'qemu-system-riscv32',
    machine: ['-M', 'virt', '-cpu', 'lowrisc-ibex', '-m', '16M', '-bios', 'none'],
    packages: ['gcc-riscv64-unknown-elf', 'picolibc-riscv64-unknown-elf', 'qemu-system-misc'],
  },
  m4: {
    id: 'm4',
    target: 'stm32f405',
    compiler: 'arm-none-eabi-gcc',
    flags: ['-mcpu=cortex-m4', '-mthumb'],
    source: 'board_m4.c',
    flash: 0x08000000,
    ram: 0x20000000,
    emulator: 'qemu-system-arm',
    machine: ['-M', 'netduinoplus2'],
    packages: ['gcc-arm-none-eabi', 'picolibc-arm-none-eabi', 'qemu-system-arm'],
  },
} as const satisfies Record<string, Core>;
