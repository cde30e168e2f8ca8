/**
 * Cutting a model at tensors: what is not needed for them is left out before anything of it is looked at, so that a model
 * whose last operators are not supported gives what stands before them.
 */
import { editDistance } from '../edit-distance.js';
import { DepthwiseError } from '../errors.js';
import type { Graph } from '../graph/graph.js';

/** An operator as its file has it, with tensors by number or by name. */
interface Item<V> {
  readonly inputs: readonly V[];
  readonly outputs: readonly V[];
}

/** The operators that give `outputs`, in their order. */
export function neededFor<V, I extends Item<V>>(items: readonly I[], outputs: readonly V[]): I[] {
  const wanted = new Set(outputs);
  const kept = items.toReversed().filter((item) => {
    const isNeeded = item.outputs.some((output) => wanted.has(output));
    if (isNeeded) for (const input of item.inputs) wanted.add(input);
    return isNeeded;
  });
  return kept.reverse();
}

/**
 * Tensors that can be had without the operators `refused`: those that operators write which need none of them, and that the
 * others read or the model gives. In the order in which they are written; none if all is refused.
 */
export function frontier<V, I extends Item<V>>(
  items: readonly I[],
  refused: ReadonlySet<I>,
  outputs: readonly V[],
): V[] {
  const lost = new Set<V>();
  const written = new Set<V>();
  const read = new Set<V>(outputs);
  for (const item of items) {
    const isLost = refused.has(item) || item.inputs.some((input) => lost.has(input));
    for (const output of item.outputs) (isLost ? lost : written).add(output);
    if (isLost) for (const input of item.inputs) read.add(input);
  }
  return [...written].filter((tensor) => read.has(tensor));
}

/** Tensor that `name` asks for: one of `names`, by tensor, and the last of several. Throws USAGE, which lists near names. */
export function findOutput<V extends number | string>(name: string, names: ReadonlyMap<V, string>): V {
  const found = [...names].filter(([, known]) => known === name).at(-1);
  if (found) return found[0];
  // Files may have no names at all: then operators and tensors are known by their numbers.
  const numbered = [...names.keys()].find((tensor) => typeof tensor === 'number' && String(tensor) === name);
  if (numbered !== undefined) return numbered;
  const known = [...new Set(names.values())].filter((each) => each !== '');
  const near = nearest(name, known).map((each) => `"${each}"`);
  throw new DepthwiseError(
    'USAGE',
    `--outputs: no operator of the model gives a tensor "${name}"; ` +
      (near.length > 0 ? `near it: ${near.join(', ')}.` : 'its tensors have no names: give their numbers.'),
  );
}

const MOST_NEAR = 5;
/** Names and what they are compared with end here: the comparison takes the product of their lengths. */
const MOST_COMPARED = 120;

/** Names that hold what was asked for come first, then those that take the fewest changes. */
function nearest(name: string, known: readonly string[]): string[] {
  const asked = name.toLowerCase().slice(-MOST_COMPARED);
  const distance = (each: string) => {
    const other = each.toLowerCase();
    return asked !== '' && other.includes(asked) ? 0 : editDistance(asked, other.slice(-MOST_COMPARED));
  };
  return known
    .map((each): [string, number] => [each, distance(each)])
    .sort(([, a], [, b]) => a - b)
    .slice(0, MOST_NEAR)
    .map(([each]) => each);
}

/** A graph that no file holds, cut as one of a file is. */
export function cutGraph(graph: Graph, names: readonly string[]): Graph {
  const written = graph.operators.flatMap(({ outputs }) => outputs);
  const known = new Map(written.map((index) => [index, graph.tensors[index].name]));
  const outputs = names.map((name) => findOutput(name, known));
  const operators = neededFor<number, Graph['operators'][number]>(graph.operators, outputs);
  const read = new Set(operators.flatMap(({ inputs }) => inputs));
  return { ...graph, operators, inputs: graph.inputs.filter((index) => read.has(index)), outputs };
}
