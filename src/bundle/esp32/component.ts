/** The component of a project: firmware-glue/esp32, the parts of firmware-glue/core that a runtime takes, its kernels. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asset, assetPath, glueFolder, readTree } from '../../assets.js';
import type { Runtime } from '../../boards/target.js';
import { kernelModule } from '../../format/kinds.js';
import type { BlobContents } from '../../format/read.js';
import type { BundleFile } from '../folder.js';
import { byteArray } from './facts.js';

const COMPONENT = 'components/depthwise';

/** Files of firmware-glue/core that belong to one backend. */
const OF_WASM3 = /^(wasm3_|dw_wasm3)/;
const OF_AOT = /^dw_(aot|check|check_\w+|kernel)\./;

type Files = Map<string, Uint8Array | string>;

/** @param runtime wasm3 or aot. */
export function componentFiles(runtime: Runtime, blob: Uint8Array, contents: BlobContents): BundleFile[] {
  const glue = [...readTree(join(glueFolder(), 'esp32'))].filter(([path]) => !path.startsWith('example/'));
  const core = [...readTree(join(glueFolder(), 'core'))];
  const files: Files = new Map(glue);
  const others = runtime === 'wasm3' ? OF_AOT : OF_WASM3;
  for (const [path, content] of core) if (!others.test(path)) files.set(`core/${path}`, content);
  files.set('LICENSE', readFileSync(join(glueFolder(), '..', 'LICENSE')));
  if (runtime === 'wasm3') addWasm3(files, kernelModule(blob));
  else addAot(files, contents);
  return [...files].map(([path, content]) => ({ path: `${COMPONENT}/${path}`, content }));
}

function addWasm3(files: Files, module: string): void {
  for (const [path, content] of readTree(assetPath('wasm3'))) files.set(`wasm3/${path}`, content);
  files.set(
    'model_kernels.c',
    `/* ${module} of depthwise, and the interpreter that runs it. */
#include "dw_model.h"

${byteArray('static const uint8_t', 'kernels_wasm', asset(module))}
const dw_kernels dw_model_kernels = {&dw_wasm3, kernels_wasm, sizeof kernels_wasm};
`,
  );
}

/** Kernels of kinds of steps that the model does not have are not compiled. */
function addAot(files: Files, { steps }: BlobContents): void {
  const kinds = steps.reduce((mask, { kind }) => mask | (1 << kind), 0) >>> 0;
  const header = new TextDecoder().decode(files.get('core/dw_kernel.h') as Uint8Array);
  const own = `/* Of the bundled model. A model with other kinds of layers, coming over the air, is refused. */
#define DW_KINDS 0x${kinds.toString(16)}u

`;
  files.set('core/dw_kernel.h', own + header);
  files.set('core/kernels.c', asset('kernels.c'));
  files.set(
    'model_kernels.c',
    `/* The kernels are linked in: core/kernels.c. */
#include "dw_model.h"

const dw_kernels dw_model_kernels = {&dw_aot, NULL, 0};
`,
  );
  // PlatformIO's file has one list of flags for all sources.
  const library = JSON.parse(new TextDecoder().decode(files.get('library.json') as Uint8Array));
  library.build.flags = library.build.flags.filter((flag: string) => !flag.includes('wasm3'));
  files.set('library.json', `${JSON.stringify(library, null, 2)}\n`);
}
