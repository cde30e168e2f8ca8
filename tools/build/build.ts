/** npm run build: everything that is made from source, into dist/. */
import { writeCHeader } from './c-header.js';
import { buildKernels } from './kernels.js';
import { buildWasm3 } from './wasm3.js';

writeCHeader();
await buildKernels();
await buildWasm3();
