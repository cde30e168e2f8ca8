/**
 * Google's LiteRT, from npm: a runtime that has nothing in common with ours. The package is for browsers, and its
 * JavaScript takes no int8 tensors; its Emscripten module loads in Node, and the functions it binds take any.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import vm from 'node:vm';

interface Vector<T> {
  size(): number;
  get(index: number): T;
  delete(): void;
}

interface TensorBuffer {
  lock(mode: unknown): number;
  unlock(): void;
  packedSize(): number;
  delete(): void;
}

interface Model {
  getSignature(index: number): { outputNames(): Vector<string> };
  getInputTensorType(signature: number, index: number): { bytes(): number };
}

/** What the module binds, as far as it is used here. */
interface Module {
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  LiteRtEnvironment: { create(gpu: null): unknown };
  LiteRtTensorBuffer: { createManaged(env: unknown, memory: unknown, type: unknown, bytes: number): TensorBuffer };
  LiteRtTensorBufferType: { HOST_MEMORY: unknown };
  LiteRtTensorBufferLockMode: { READ: unknown; WRITE: unknown };
  loadModel(env: unknown, file: number, bytes: number): Model;
  compileModel(env: unknown, model: Model, options: object): Promise<CompiledModel>;
}

interface CompiledModel {
  run(signature: number, inputs: TensorBuffer[]): TensorBuffer[] | Promise<TensorBuffer[]>;
}

const require = createRequire(import.meta.url);
/** The build without relaxed SIMD, whose results may depend on the processor. */
const FILE = require.resolve('@litertjs/core/wasm/litert_wasm_compat_internal.js');

/** XNNPACK's where it has one, as everybody gets them, or TFLite's own alone. */
export type Kernels = 'xnnpack' | 'builtin';

/** kLiteRtCpuKernelModeBuiltin of litert_cpu_options.h. */
const BUILTIN = 2;

const loaded = new Map<Kernels, ReturnType<typeof load>>();

/** Without XNNPACK, the number of threads is passed on as the mode of kernels, an option that the package does not offer. */
async function load(kernels: Kernels) {
  // A script of CommonJS in a package of ES modules: `require` would not take it for one.
  const wrapped = `(function (module, exports, require, __filename, __dirname) {${readFileSync(FILE, 'utf8')}\n})`;
  const script: { exports: any } = { exports: {} };
  vm.runInThisContext(wrapped, { filename: FILE })(script, script.exports, require, FILE, '');
  const wasmBinary = readFileSync(FILE.replace(/\.js$/, '.wasm'));
  if (kernels === 'builtin') {
    const at = wasmBinary.indexOf('num_threads = %d\n');
    if (at < 0) throw new Error('LiteRT has no option num_threads: its kernels cannot be chosen');
    wasmBinary.write('kernel_mode', at, 'latin1');
  }
  const module: Module = await script.exports({ wasmBinary, print() {}, printErr() {} });
  return { module, environment: module.LiteRtEnvironment.create(null) };
}

/** Runs a .tflite file: raw bytes of its inputs to those of its outputs, by name. */
export type LiteRt = (inputs: readonly Uint8Array[]) => Promise<Map<string, Uint8Array>>;

export async function openLiteRt(file: Uint8Array, kernels: Kernels = 'xnnpack'): Promise<LiteRt> {
  if (!loaded.has(kernels)) loaded.set(kernels, load(kernels));
  const { module, environment } = await loaded.get(kernels)!;
  const at = module._malloc(file.length);
  module.HEAPU8.set(file, at);
  const model = module.loadModel(environment, at, file.length);
  const options = {
    environment: {},
    accelerator: 'wasm',
    cpuOptions: { numThreads: kernels === 'builtin' ? BUILTIN : 1 },
    gpuOptions: {},
    webNNOptions: {},
  };
  const compiled = await module.compileModel(environment, model, options);
  const vector = model.getSignature(0).outputNames();
  const names = Array.from({ length: vector.size() }, (_, i) => vector.get(i));
  const { READ, WRITE } = module.LiteRtTensorBufferLockMode;
  return async (inputs) => {
    const buffers = inputs.map((bytes, i) => {
      const type = model.getInputTensorType(0, i);
      if (type.bytes() !== bytes.length) throw new RangeError(`input ${i}: ${bytes.length} B, not ${type.bytes()} B`);
      const memory = module.LiteRtTensorBufferType.HOST_MEMORY;
      const buffer = module.LiteRtTensorBuffer.createManaged(environment, memory, type, bytes.length);
      module.HEAPU8.set(bytes, buffer.lock(WRITE));
      buffer.unlock();
      return buffer;
    });
    const outputs = new Map<string, Uint8Array>();
    for (const [i, buffer] of (await compiled.run(0, buffers)).entries()) {
      const from = buffer.lock(READ);
      outputs.set(names[i], module.HEAPU8.slice(from, from + buffer.packedSize()));
      buffer.unlock();
      buffer.delete();
    }
    for (const buffer of buffers) buffer.delete();
    return outputs;
  };
}
