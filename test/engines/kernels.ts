/** Every engine that runs .dw files here, and V8 a second time with the kernels that boards have as native code. */
import type { Compiled } from '../../src/compile/compile.js';
import type { EngineName } from '../../src/engines/engine.js';
import { openRunner, type Runner } from '../../src/engines/run.js';
import type { Graph } from '../../src/graph/graph.js';

export type TestedEngine = EngineName | 'native';

export function openTested(graph: Graph, compiled: Compiled, engine: TestedEngine): Runner {
  return engine === 'native' ? openRunner(graph, compiled, 'node', 'aot') : openRunner(graph, compiled, engine);
}
