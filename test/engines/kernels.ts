/**
 * Every engine that runs .dw files here, and V8 twice more with the kernels that boards have as native code: as they are for
 * machines that add products to 32 bits, and to 64.
 */
import { asset } from '../../src/assets.js';
import type { Compiled } from '../../src/compile.js';
import type { EngineName } from '../../src/engines/engine.js';
import { openNode } from '../../src/engines/node.js';
import { compiledRunner, openRunner, type Runner } from '../../src/engines/run.js';
import type { Graph } from '../../src/graph/graph.js';

export const NATIVE = ['native', 'native, wide'] as const;
export type TestedEngine = EngineName | (typeof NATIVE)[number];

const isNative = (engine: TestedEngine): engine is (typeof NATIVE)[number] => engine.startsWith('native');

export function openTested(graph: Graph, compiled: Compiled, engine: TestedEngine): Runner {
  if (!isNative(engine)) return openRunner(graph, compiled, engine);
  const session = openNode(compiled.blob, asset('kernels.native.wasm'), engine === 'native, wide');
  return compiledRunner(graph, compiled, session);
}
