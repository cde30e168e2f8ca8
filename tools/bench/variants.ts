/** Other builds of the kernels, to compare with or to measure a part of them. */
import { compileKernels } from '../build/kernels.js';

/** Plain loops (tools/bench/naive), the same executor and files. */
export const naiveKernels = (): Promise<Uint8Array> => compileKernels('tools/bench/naive/index.ts');

const PACKING = 'packPixels(k0, k1 - k0, pixels, step);';

/**
 * The kernels, but every convolution gathers and packs its pixels twice, with the same result: what that costs more
 * is the cost of packing.
 */
export async function packingTwice(): Promise<Uint8Array> {
  let edits = 0;
  const kernels = await compileKernels(undefined, (file, text) => {
    if (!file.endsWith('src/kernels/wasm/conv.ts')) return text;
    edits += text.split(PACKING).length - 1;
    return text.replace(PACKING, `${PACKING}\n    ${PACKING}`);
  });
  if (edits !== 1) throw new Error(`src/kernels/wasm/conv.ts packs at ${edits} places, expected one: "${PACKING}"`);
  return kernels;
}
