/** A project for ESP-IDF and PlatformIO: component, example, model partition, partition table. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asset, assetPath, glueFolder, readTree } from '../../assets.js';
import { nativeStack } from '../../budget/price.js';
import type { Runtime } from '../../budget/target.js';
import { openSession } from '../../engines/run.js';
import { DepthwiseError } from '../../errors.js';
import { SLOT_SECTOR } from '../../format/slot-layout.js';
import type { Bundle, BundleRequest } from '../bundle.js';
import type { BundleFile } from '../folder.js';
import { CHIPS } from './chips.js';
import { modelFacts, testInputs, wasm3Kernels } from './facts.js';
import { MODEL_PARTITION, partitionsCsv, partitionsFor } from './partitions.js';
import { type ProjectFacts, platformioIni, readme, sdkconfigDefaults } from './project.js';
import { slotImage } from './slot.js';

/** Stack of the example besides the model's: its messages. */
const EXAMPLE_STACK = 4096;

const COMPONENT = 'components/depthwise';

const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

export function makeEsp32Bundle(request: BundleRequest): Bundle {
  const { target, runtime, blob, contents } = request;
  const chip = CHIPS[target.id];
  const flash = target.flashBytes.total;
  if (!flash)
    throw new DepthwiseError('USAGE', `Nobody knows how much flash ${target.id} has: targets/${target.id}.json`);
  const partitions = partitionsFor(blob.length, flash.value);
  const { address, bytes } = partitions.find(({ name }) => name === MODEL_PARTITION)!;

  const session = openSession(blob, 'wasm3');
  const [expected] = session.run(testInputs(contents));
  const { heapBytes, maxNativeDepth } = session.stats();
  const stack = nativeStack(target, { maxNativeDepth: maxNativeDepth! }, runtime).bytes ?? 0;
  const facts: ProjectFacts = {
    target: target.id,
    model: contents.name,
    chip,
    flashBytes: flash.value,
    linearMemoryBytes: contents.memoryBytes,
    runtimeBytes: roundUp(heapBytes! - contents.memoryBytes, 1024),
    stackBytes: roundUp(stack + EXAMPLE_STACK, 1024),
    randomWeights: contents.randomWeights,
  };
  const files: BundleFile[] = [
    { path: 'README.md', content: readme(facts) },
    { path: 'platformio.ini', content: platformioIni(facts) },
    { path: 'sdkconfig.defaults', content: sdkconfigDefaults(facts) },
    { path: 'partitions.csv', content: partitionsCsv(partitions) },
    ...exampleFiles(),
    { path: 'main/model_facts.h', content: modelFacts(blob, contents, expected) },
    ...componentFiles(runtime),
    { path: 'model.dw', content: blob },
    { path: 'model.bin', content: slotImage(blob), address },
    // Behind the model, so that the slot that was in use before stays whole until this one is.
    { path: 'other-slot.bin', content: new Uint8Array(SLOT_SECTOR).fill(0xff), address: address + bytes / 2 },
  ];
  return {
    files,
    flash: { kind: 'esp32', chip: chip.name, flashBytes: flash.value, partitions },
    next: ['cd DIR && pio run', 'depthwise flash DIR --port PORT'],
  };
}

/** CMakeLists.txt and main/ of the example, which become the project's. */
const exampleFiles = (): BundleFile[] => filesOf(join(glueFolder(), 'esp32', 'example'));

/** The component: firmware-glue/esp32 and core, and the runtime's sources. */
function componentFiles(runtime: Runtime): BundleFile[] {
  if (runtime !== 'wasm3') throw new DepthwiseError('USAGE', `There is no ${runtime} runtime for ESP32 yet.`);
  return [
    ...filesOf(join(glueFolder(), 'esp32'), COMPONENT).filter(({ path }) => !path.startsWith(`${COMPONENT}/example/`)),
    ...filesOf(join(glueFolder(), 'core'), `${COMPONENT}/core`),
    ...filesOf(assetPath('wasm3'), `${COMPONENT}/wasm3`),
    { path: `${COMPONENT}/model_kernels.c`, content: wasm3Kernels(asset('kernels.wasm')) },
    { path: `${COMPONENT}/LICENSE`, content: readFileSync(join(glueFolder(), '..', 'LICENSE')) },
  ];
}

function filesOf(folder: string, into = ''): BundleFile[] {
  const prefix = into === '' ? '' : `${into}/`;
  return [...readTree(folder)].map(([path, content]) => ({ path: `${prefix}${path}`, content }));
}
