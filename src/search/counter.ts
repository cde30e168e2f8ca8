/**
 * What a model would dispatch in wasm3, without running it: layers are run once, each alone and no more of it than is
 * different, and added up. Exact where ops do not depend on values (docs/search.md says where they do); a model takes
 * milliseconds, and those that share layers share their counts.
 */
import type { CountedStats } from '../budget/cost.js';
import type { Compiled } from '../compile.js';
import { addKinds, type Bench, type Count, measureOverheads, type Overheads, runLayers } from './bench.js';
import { type Layer, layerKey, plannedLayers, terms } from './layer.js';

export class Counter {
  /** Counts by the functions that are compiled, and layerKey. */
  private readonly counts = new Map<string, Count>();
  /** Indices of the functions that a layer calls, by layerKey. */
  private readonly functions = new Map<string, number[]>();
  /** Bytes of compiled code, by the functions. */
  private readonly codeBytes = new Map<string, number>();
  private readonly overheads: Overheads;
  /** The cheapest layer that calls certain functions, by these. */
  private readonly cheapest = new Map<string, { layer: Layer; ops: number }>();

  constructor(private readonly bench: Bench) {
    this.overheads = measureOverheads(bench);
  }

  /** Counts of the model as the simulator would give them. Its input must be resident. */
  count({ program, plan }: Pick<Compiled, 'program' | 'plan'>): CountedStats {
    const layers = plannedLayers(program, plan);
    const parts = layers.map((layer) => terms(layer));
    const code = this.run(parts.flat().map(({ layer }) => layer));
    const { begin, end, stepLoad, taskLoad } = this.overheads;
    const opsByKind: Record<string, number> = {};
    let depth = Math.max(begin.depth, end.depth);
    const opsByStep = layers.map((layer, i) => {
      const kinds: Record<string, number> = {};
      let loaded = 0;
      for (const term of parts[i]) {
        const count = this.counts.get(countKey(term.layer, code))!;
        addKinds(kinds, count.kinds, term.factor);
        depth = Math.max(depth, count.depth);
        // Alone, a layer loads either record once.
        loaded += term.factor;
      }
      addKinds(kinds, stepLoad.kinds, layer.stepLoads - loaded);
      addKinds(kinds, taskLoad.kinds, layer.taskLoads - loaded);
      addKinds(opsByKind, kinds);
      return sumOf(kinds);
    });
    for (const { kinds } of [begin, end]) addKinds(opsByKind, kinds);
    return {
      ops: sumOf(opsByKind),
      opsByKind,
      opsByStep,
      linearMemoryBytes: plan.memoryBytes,
      maxNativeDepth: depth,
      compiledCodeBytes: this.codeBytes.get(code)!,
    };
  }

  /** Runs what has not run yet of the layers of a model. Returns the functions that it compiles, as counts have them. */
  private run(layers: readonly Layer[]): string {
    // Which functions a layer calls is only known once it has run, so these run first, beside all else that is called.
    const isKnown = (layer: Layer) => this.functions.has(layerKey(layer));
    const unknown = withoutKeys(layers, isKnown);
    if (unknown.length > 0) this.runWith(this.callersOf(layers.filter(isKnown)), unknown);
    const code = this.codeOf(layers);
    const missing = withoutKeys(layers, (layer) => this.counts.has(countKey(layer, code)));
    if (missing.length > 0 || !this.codeBytes.has(code)) this.runWith(this.callersOf(layers), missing);
    return code;
  }

  /** Cheap layers that together call what these do. */
  private callersOf(layers: readonly Layer[]): Layer[] {
    const keys = [...new Set(layers.map((layer) => this.functionKey(layer)))];
    return keys.map((functions) => this.cheapest.get(functions)!.layer);
  }

  private runWith(others: readonly Layer[], layers: readonly Layer[]): void {
    const { counts, codeBytes } = runLayers(this.bench, others, layers, this.overheads);
    for (const [i, layer] of layers.entries()) {
      this.functions.set(layerKey(layer), counts[i].functions);
      const ops = sumOf(counts[i].kinds);
      const known = this.cheapest.get(this.functionKey(layer));
      if (!known || ops < known.ops) this.cheapest.set(this.functionKey(layer), { layer, ops });
    }
    const code = this.codeOf([...others, ...layers]);
    for (const [i, layer] of layers.entries()) this.counts.set(countKey(layer, code), counts[i]);
    this.codeBytes.set(code, codeBytes);
  }

  /** All functions that these layers call. */
  private codeOf(layers: readonly Layer[]): string {
    const functions = new Set(layers.flatMap((layer) => this.functions.get(layerKey(layer))!));
    return [...functions].sort((a, b) => a - b).join();
  }

  private functionKey(layer: Layer): string {
    return this.functions.get(layerKey(layer))!.join();
  }
}

const countKey = (layer: Layer, code: string): string => `${code} ${layerKey(layer)}`;

/** Each once, without those that are known. */
function withoutKeys(layers: readonly Layer[], known: (layer: Layer) => boolean): Layer[] {
  const missing = new Map(layers.filter((layer) => !known(layer)).map((layer) => [layerKey(layer), layer]));
  return [...missing.values()];
}

const sumOf = (kinds: Record<string, number>): number => Object.values(kinds).reduce((sum, ops) => sum + ops, 0);
