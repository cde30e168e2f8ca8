/** npm run build: everything that is made from source, into dist/. */
import { buildBundle } from './bundle.js';
import { writeCHeader } from './c-header.js';
import { buildKernels } from './kernels.js';
import { buildNative } from './native.js';
import { buildRuntime } from './runtime.js';
import { buildWasm3 } from './wasm3.js';

await writeCHeader();
await buildKernels();
await buildNative();
await buildWasm3();
await buildRuntime();
await buildBundle();
