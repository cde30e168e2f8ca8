/** Counts what a model costs: compiles it, runs it once in wasm3 and adds up. */
import { asset } from '../assets.js';
import { type CountedStats, type ModelCost, modelCost } from '../budget/cost.js';
import { jsCosts } from '../budget/js-cost.js';
import { openWasm3 } from '../engines/wasm3.js';
import { kernelModule } from '../format/kinds.js';
import { readBlob } from '../format/read.js';
import { type CompileFlags, compileModel, refuseCompileFlags } from './compile-options.js';
import type { Model } from './model.js';

/**
 * The cost of one inference on an input of mid-range bytes. Ops hardly depend on the input: only clamps and the softmax
 * of a uint8 model take other paths for other values.
 */
export async function costOf(model: Model, flags: CompileFlags): Promise<ModelCost> {
  refuseCompileFlags(model, flags);
  const compiled = model.kind === 'graph' ? compileModel(model.graph, flags) : undefined;
  const blob = model.kind === 'dw' ? model.blob : compiled!.blob;
  const contents = readBlob(blob);
  const kernels = asset(kernelModule(blob));
  const session = openWasm3(blob, kernels);
  session.run(contents.inputs.map((port) => new Uint8Array(port.bytes).map((_, i) => (i * 37) & 255)));
  const stats = session.stats();
  session.close();
  return {
    ...modelCost(contents, blob, stats as CountedStats, compiled),
    isPlanned: compiled === undefined,
    js: jsCosts(blob),
  };
}
