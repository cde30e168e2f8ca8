/** Compiles src/kernels/wasm (AssemblyScript) to dist/kernels.wasm: no memory of its own, no data, one import. */
import { mkdirSync } from 'node:fs';
import asc from 'assemblyscript/asc';

const OPTIONS = ['-O3', '--converge', '--runtime', 'stub', '--noAssert', '--initialMemory', '0'];

export async function buildKernels(entry = 'src/kernels/wasm/index.ts', output = 'dist/kernels.wasm'): Promise<void> {
  mkdirSync('dist', { recursive: true });
  const options = [...OPTIONS, '--enable', 'bulk-memory', '--use', 'abort='];
  const { error, stderr } = await asc.main([entry, '-o', output, ...options]);
  if (error) throw new Error(`The kernels do not compile:\n${stderr.toString()}`);
}
