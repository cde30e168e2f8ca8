/**
 * What a model would dispatch in wasm3, without running it: layers are run once, each alone and no more of it than is
 * different, and added up. Exact where ops do not depend on values (docs/search.md says where they do); a model takes
 * milliseconds, and those that share layers share their counts.
 */
import type { CountedStats } from '../budget/cost.js';
import type { Compiled } from '../compile/compile.js';
import { addKinds, type Bench, type Count, measureOverheads, type Overheads, runLayers } from './bench.js';
import { type Layer, layerKey, plannedLayers, terms } from './layer.js';

/**
 * The layers of a model that bring functions which none before them calls, and which these are: so they are compiled, and so
 * their code lies in pages.
 */
interface CodeOrder {
  layers: Layer[];
  added: number[][];
  /** What is compiled up to each of them, and before the first. */
  prefixes: string[];
}

export class Counter {
  /** By what was compiled before and with it, and layerKey. */
  private readonly counts = new Map<string, Count>();
  /** Indices of the functions that a layer calls, by layerKey. */
  private readonly functions = new Map<string, number[]>();
  /** Bytes of compiled code, by order. */
  private readonly codeBytes = new Map<string, number>();
  private readonly overheads: Overheads;
  /** The cheapest layer that calls certain functions, by these. */
  private readonly cheapest = new Map<string, { layer: Layer; ops: number }>();
  private last: CodeOrder = { layers: [], added: [], prefixes: [''] };

  constructor(private readonly bench: Bench) {
    this.overheads = measureOverheads(bench);
  }

  /** As the simulator would count the model. Its input must be resident. */
  count({ program, plan }: Pick<Compiled, 'program' | 'plan'>): CountedStats {
    const layers = plannedLayers(program, plan);
    const parts = layers.map((layer) => terms(layer));
    const order = this.run(parts.flat().map(({ layer }) => layer));
    const { begin, end, stepLoad, taskLoad } = this.overheads;
    const opsByKind: Record<string, number> = {};
    let depth = Math.max(begin.depth, end.depth);
    const opsByStep = layers.map((layer, i) => {
      const kinds: Record<string, number> = {};
      let loaded = 0;
      for (const term of parts[i]) {
        const count = this.counts.get(this.countKey(term.layer, order))!;
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
      compiledCodeBytes: this.codeBytes.get(order.prefixes.at(-1)!)!,
    };
  }

  /** Runs what has not run yet of the layers of a model, which are given in order. */
  private run(layers: readonly Layer[]): CodeOrder {
    // Which functions a layer calls is only known once it has run: behind the layers of the model before, often rightly.
    const unknown = withoutKeys(layers, (layer) => this.functions.has(layerKey(layer)));
    if (unknown.length > 0) this.runBehind(this.last, unknown);
    const order = this.orderOf(layers);
    const missing = withoutKeys(layers, (layer) => this.counts.has(this.countKey(layer, order)));
    if (missing.length > 0 || !this.codeBytes.has(order.prefixes.at(-1)!)) this.runBehind(order, missing);
    this.last = order;
    return order;
  }

  private runBehind(before: CodeOrder, layers: readonly Layer[]): void {
    const brief = before.layers.map((layer) => this.cheapest.get(this.functionKey(layer))!.layer);
    const { counts, codeBytes } = runLayers(this.bench, brief, layers, this.overheads);
    for (const [i, layer] of layers.entries()) {
      this.functions.set(layerKey(layer), counts[i].functions);
      const ops = sumOf(counts[i].kinds);
      const known = this.cheapest.get(this.functionKey(layer));
      if (!known || ops < known.ops) this.cheapest.set(this.functionKey(layer), { layer, ops });
    }
    const order = this.orderOf([...before.layers, ...layers]);
    for (const [i, layer] of layers.entries()) this.counts.set(this.countKey(layer, order), counts[i]);
    this.codeBytes.set(order.prefixes.at(-1)!, codeBytes);
  }

  private orderOf(layers: readonly Layer[]): CodeOrder {
    const compiled = new Set<number>();
    const order: CodeOrder = { layers: [], added: [], prefixes: [''] };
    for (const layer of layers) {
      const fresh = this.functions.get(layerKey(layer))!.filter((index) => !compiled.has(index));
      if (fresh.length === 0) continue;
      for (const index of fresh) compiled.add(index);
      order.layers.push(layer);
      order.added.push(fresh);
      order.prefixes.push(`${order.prefixes.at(-1)} ${fresh}`);
    }
    return order;
  }

  private functionKey(layer: Layer): string {
    return this.functions.get(layerKey(layer))!.join();
  }

  /** What is compiled later does not move the functions that a layer calls. */
  private countKey(layer: Layer, { added, prefixes }: CodeOrder): string {
    const called = this.functions.get(layerKey(layer))!;
    const latest = added.findLastIndex((functions) => functions.some((index) => called.includes(index)));
    return `${prefixes[latest + 1]} ${layerKey(layer)}`;
  }
}

/** Each once, without those that are known. */
function withoutKeys(layers: readonly Layer[], known: (layer: Layer) => boolean): Layer[] {
  const missing = new Map(layers.filter((layer) => !known(layer)).map((layer) => [layerKey(layer), layer]));
  return [...missing.values()];
}

const sumOf = (kinds: Record<string, number>): number => Object.values(kinds).reduce((sum, ops) => sum + ops, 0);
