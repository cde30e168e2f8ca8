/** A project for ESP-IDF and PlatformIO: component, example, model partition, partition table. */
import { join } from 'node:path';
import { asset, glueFolder, readTree } from '../../assets.js';
import { MODEL_PARTITION, partitionsCsv, partitionsFor } from '../../boards/esp32-flash.js';
import { nativeStack } from '../../budget/price-memory.js';
import { openSession } from '../../engines/run.js';
import { DepthwiseError } from '../../errors.js';
import { kernelModule } from '../../format/kinds.js';
import { SLOT_SECTOR } from '../../format/slot-layout.js';
import { madeUp } from '../../report/made-up.js';
import type { BundleFile } from '../folder.js';
import type { Bundle, BundleRequest } from '../request.js';
import { testInputs } from '../selftest.js';
import { chipOf } from './chips.js';
import { componentFiles } from './component.js';
import { modelFacts } from './facts.js';
import { type ProjectFacts, platformioIni, readme, sdkconfigDefaults } from './project.js';
import { slotImage } from './slot.js';

/** Where targets/ID.json has none: several times what native kernels take under QEMU. */
const UNKNOWN_STACK = 4096;

/** Stack of the example besides the model's: its messages. */
const EXAMPLE_STACK = 4096;

const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

export function makeEsp32Bundle(request: BundleRequest): Bundle {
  const { target, runtime, blob, contents, slots } = request;
  const chip = chipOf(target);
  const { clockHz, flashBytes } = target;
  const flash = flashBytes.total;
  if (!flash || !clockHz) {
    throw new DepthwiseError('CONFIG_INVALID', `targets/${target.id}.json lacks clock or flash: a project needs both.`);
  }
  const partitions = partitionsFor(blob.length, flash.value, slots);
  const { address, bytes } = partitions.find(({ name }) => name === MODEL_PARTITION)!;

  const session = openSession(blob, 'wasm3');
  const [expected] = session.run(testInputs(contents));
  const { heapBytes, maxNativeDepth } = session.stats();
  const stack = nativeStack(target, { maxNativeDepth: maxNativeDepth! }, runtime).bytes ?? UNKNOWN_STACK;
  const facts: ProjectFacts = {
    target: target.id,
    model: contents.name,
    chip,
    flashBytes: flash.value,
    clockHz: clockHz.value,
    linearMemoryBytes: contents.memoryBytes,
    // Kernels that are linked in take linear memory, on a multiple of 8, and nothing else.
    runtimeBytes: runtime === 'wasm3' ? roundUp(heapBytes! - contents.memoryBytes, 1024) : 8,
    stackBytes: roundUp(stack + EXAMPLE_STACK, 1024),
    madeUp: madeUp(contents),
    kernels: runtime === 'wasm3',
    slots,
    board: target.esp32!,
  };
  const files: BundleFile[] = [
    { path: 'README.md', content: readme(facts) },
    { path: 'platformio.ini', content: platformioIni(facts) },
    { path: 'sdkconfig.defaults', content: sdkconfigDefaults(facts) },
    { path: 'partitions.csv', content: partitionsCsv(partitions) },
    ...exampleFiles(),
    { path: 'main/model_facts.h', content: modelFacts(blob, contents, expected) },
    ...componentFiles(runtime, blob, contents),
    { path: 'model.dw', content: blob },
    ...(runtime === 'wasm3' ? [{ path: 'kernels.wasm', content: asset(kernelModule(blob)) }] : []),
    { path: 'model.bin', content: slotImage(blob), address },
    // Behind the model, so that the slot that was in use before stays whole until this one is.
    ...(slots === 2
      ? [{ path: 'other-slot.bin', content: new Uint8Array(SLOT_SECTOR).fill(0xff), address: address + bytes / 2 }]
      : []),
  ];
  return {
    files,
    flash: { kind: 'esp32', chip: chip.name, flashBytes: flash.value, partitions },
    next: ['cd DIR && pio run', 'depthwise flash DIR --port PORT'],
  };
}

/** CMakeLists.txt and main/ of the example, which become the project's. */
const exampleFiles = (): BundleFile[] =>
  [...readTree(join(glueFolder(), 'esp32', 'example'))].map(([path, content]) => ({ path, content }));
