/** Text files of a project for ESP-IDF and PlatformIO. */

import type { Slots } from '../../boards/esp32-flash.js';
import type { Esp32Board } from '../../boards/target.js';
import { type MadeUp, madeUpLines } from '../../report/made-up.js';
import { formatNumber } from '../../report/table.js';
import type { Chip } from './chips.js';

/** Facts of one model on one board that the files state. */
export interface ProjectFacts {
  target: string;
  model: string;
  chip: Chip;
  flashBytes: number;
  clockHz: number;
  /** RAM of the runtime besides linear memory. */
  runtimeBytes: number;
  linearMemoryBytes: number;
  /** Stack of the task that runs the model. */
  stackBytes: number;
  madeUp: MadeUp;
  /** Are kernels data, which an update may bring? */
  kernels: boolean;
  slots: Slots;
  board: Esp32Board;
}

const megabytes = (bytes: number): string => `${Math.floor(bytes / 1024 / 1024)}MB`;

export function sdkconfigDefaults(facts: ProjectFacts): string {
  const { chip, flashBytes, clockHz, runtimeBytes, stackBytes, board } = facts;
  return `CONFIG_IDF_TARGET="${chip.idf}"
CONFIG_ESPTOOLPY_FLASHSIZE_${megabytes(flashBytes)}=y
CONFIG_PARTITION_TABLE_CUSTOM=y
CONFIG_PARTITION_TABLE_CUSTOM_FILENAME="partitions.csv"
CONFIG_ESP_DEFAULT_CPU_FREQ_MHZ_${clockHz / 1e6}=y
CONFIG_COMPILER_OPTIMIZATION_PERF=y
# The example runs the model in the main task.
CONFIG_ESP_MAIN_TASK_STACK_SIZE=${stackBytes}
# What the bundled model takes besides its linear memory. Models with other kinds of layers may need more.
CONFIG_DEPTHWISE_RUNTIME_BYTES=${runtimeBytes}
${psram(board)}${camera(board)}`;
}

/** PSRAM of the board is heap, where a model goes that does not fit inside the chip. */
function psram({ psram: mode }: Esp32Board): string {
  if (!mode) return '';
  const octal = mode === 'octal' ? 'CONFIG_SPIRAM_MODE_OCT=y\n' : '';
  return `# A model that does not fit inside the chip goes into the board's PSRAM.\nCONFIG_SPIRAM=y\n${octal}`;
}

/** The board's camera, as the example's menu has it. */
function camera({ camera: pins }: Esp32Board): string {
  if (!pins) return '';
  const lines = Object.entries(pins).map(([name, pin]) => `CONFIG_EXAMPLE_PIN_${name.toUpperCase()}=${pin}\n`);
  return `# The board's camera.\nCONFIG_EXAMPLE_CAMERA=y\n${lines.join('')}`;
}

export function platformioIni({ target, flashBytes, board }: ProjectFacts): string {
  return `[platformio]
src_dir = main

[env:${target}]
platform = espressif32 @ ^6.4.0
board = ${board.platformio}
framework = espidf
board_build.partitions = partitions.csv
board_upload.flash_size = ${megabytes(flashBytes)}
monitor_speed = 115200
`;
}

export function readme(facts: ProjectFacts): string {
  const { target, model, chip, slots, linearMemoryBytes, runtimeBytes, stackBytes } = facts;
  const random = madeUpLines(facts.madeUp).map((line) => `\nIts ${line}.\n`);
  return `# ${model.replace(/\p{Cc}/gu, ' ') || 'A model'} on ${chip.name}

Written by depthwise for the target ${target}.
${random.join('')}
Build it, with PlatformIO or with ESP-IDF 5:

    pio run
    idf.py build

Put it on the board, and look at what it prints:

    npx depthwise flash . --port PORT
    npx depthwise monitor --port PORT

\`flash\` writes what the board does not hold yet: where the firmware is there, only the model. The board then prints, each
second, the label of the test picture, its score and the milliseconds, and whether the output is the one that was computed
when the model was bundled. With \`idf.py menuconfig\`, "depthwise example": a camera instead of the test picture, and a new
model over Wi-Fi.

| file | is |
|---|---|
| \`components/depthwise\` | component for ESP-IDF, and library for PlatformIO: runtime, kernels, model slots |
| \`main\` | the example application |
| \`partitions.csv\` | partition table; \`model\` has ${slots === 2 ? 'two slots for models' : 'one slot for a model: no other one to go back to, and no update over the air'} |
| \`model.dw\` | the model; what a server offers for an update |
${facts.kernels ? '| `kernels.wasm` | the kernels, which may stand behind the model in an update |\n' : ''}${slots === 2 ? "| `model.bin`, `other-slot.bin` | the partition's first slot with the model, and the beginning of the second, empty |" : "| `model.bin` | the partition's slot with the model |"}
| \`bundle.json\` | target, addresses, SHA-256 of every file |

RAM in one piece: ${formatNumber(linearMemoryBytes + runtimeBytes)} B (linear memory ${formatNumber(linearMemoryBytes)}, runtime ${formatNumber(runtimeBytes)}), and a stack of ${formatNumber(stackBytes)} B.
`;
}
