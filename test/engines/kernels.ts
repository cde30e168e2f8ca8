/**
 * Every engine that runs .dw files here, and V8 once more for each form of the kernels that boards have as native code.
 */
import { asset } from '../../src/assets.js';
import type { Compiled } from '../../src/compile.js';
import type { EngineName } from '../../src/engines/engine.js';
import { NATIVE_MACHINES, type NativeMachine, openNode } from '../../src/engines/node.js';
import { compiledRunner, openRunner, type Runner } from '../../src/engines/run.js';
import type { Graph } from '../../src/graph/graph.js';

export const NATIVE = NATIVE_MACHINES.map((machine) => `native, ${machine}` as const);
export type TestedEngine = EngineName | (typeof NATIVE)[number];

const isNative = (engine: TestedEngine): engine is (typeof NATIVE)[number] => engine.startsWith('native');

export function openTested(graph: Graph, compiled: Compiled, engine: TestedEngine): Runner {
  if (!isNative(engine)) return openRunner(graph, compiled, engine);
  const machine = engine.slice('native, '.length) as NativeMachine;
  const session = openNode(compiled.blob, asset('kernels.native.wasm'), machine);
  return compiledRunner(graph, compiled, session);
}
