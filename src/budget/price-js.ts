/** Prices of the JavaScript runtime: the heap of the board's engine, its storage, and time by kind of work. */

import type { Figure, JsRuntime, Target } from '../boards/target.js';
import { JS_WORK } from '../steps/work.js';
import type { ModelCost } from './cost.js';
import { arrayVariables, moduleVariables, NET_VARIABLES, VIEW_VARIABLES, variableBytes } from './espruino-heap.js';
import type { JsCost } from './js-cost.js';
import { counted, NONE, type Part, type RamPart, UNKNOWN, upper } from './parts.js';

/** The cost in the board's engine; undefined where the board runs no JavaScript. */
export const jsOf = ({ runtimes }: Target, { js }: ModelCost): JsCost | undefined =>
  runtimes.js ? js?.[runtimes.js.engine] : undefined;

/**
 * RAM of an open network. Native stack and the firmware's own memory are outside the heap, which is the limit; its own
 * variables are inside.
 */
export function jsRam(runtime: JsRuntime | null | undefined, cost: JsCost, arenaBytes: number): Record<RamPart, Part> {
  const { arena, scratch } = splitArena(cost.arrays, arenaBytes);
  const none = { compiledCode: NONE, nativeStack: counted(0, 'outside the heap') };
  const variables = runtime?.heap?.variables?.value;
  if (variables === undefined) {
    const bytes = scratch.reduce((sum, array) => sum + array, 0);
    const arrays = { arena: counted(arenaBytes, 'plan'), scratch: counted(bytes, 'arrays that opening takes') };
    return { ...none, ...arrays, state: UNKNOWN, runtime: UNKNOWN };
  }
  const size = variableBytes(variables);
  const heap = (count: number, from: string): Part => counted(count * size, `${count} variables of ${size} B: ${from}`);
  const array = (bytes: number): number => arrayVariables(bytes, variables);
  const own = runtime?.heap?.ownVariables;
  const module = moduleVariables(cost.scriptBytes);
  return {
    ...none,
    arena: heap(array(arena), 'the plan and padding, in one run of variables'),
    scratch: heap(
      scratch.reduce((sum, bytes) => sum + array(bytes), 0),
      'arrays that opening takes',
    ),
    state: heap(NET_VARIABLES + cost.views * VIEW_VARIABLES, 'the open network'),
    runtime: own
      ? heap(
          module + own.value,
          `the runtime, ${cost.flavour}, and ${own.value} that the firmware has in use (${own.source})`,
        )
      : UNKNOWN,
  };
}

/** The arena is taken with padding: one byte, or as many as a pixel has channels. */
function splitArena(arrays: readonly number[], arenaBytes: number): { arena: number; scratch: number[] } {
  const at = arrays.findIndex((bytes) => bytes > arenaBytes);
  return { arena: arrays[at], scratch: arrays.filter((_, i) => i !== at) };
}

/** Cycles of one inference, and figures they rest on; nothing where one of them is unknown. */
export function jsCycles(
  { cycles }: JsRuntime,
  { work }: JsCost,
): { low: number; estimate: number; high: number; figures: Figure[] } | undefined {
  const used = JS_WORK.filter((kind) => work[kind] > 0);
  if (!cycles || used.some((kind) => !cycles[kind])) return undefined;
  const figures = used.map((kind) => cycles[kind]!);
  const sum = (end: (figure: Figure) => number): number =>
    used.reduce((total, kind, i) => total + work[kind] * end(figures[i]), 0);
  return {
    low: sum((figure) => figure.low ?? figure.value),
    estimate: sum((figure) => figure.value),
    high: sum(upper),
    figures,
  };
}
