/** Values in another order: those of the result are counted by loops, the last of which runs fastest. */

/** `step`: how far apart in the source the values are that follow one another in it. */
export interface Loop {
  count: number;
  step: number;
}

/** All of `values` as they are. */
export const unmoved = (values: number): Loop[] => [{ count: values, step: values > 1 ? 1 : 0 }];

export const isUnmoved = (loops: readonly Loop[]): boolean => loops.length === 1 && loops[0].step <= 1;

/** An order with as few loops as possible: one in the place of two where the outer one goes on where the inner one ends. */
export function joined(loops: readonly Loop[]): Loop[] {
  const found: Loop[] = [];
  for (const { count, step } of loops.filter((loop) => loop.count > 1)) {
    const outer = found.at(-1);
    if (outer && outer.step === count * step) found[found.length - 1] = { count: outer.count * count, step };
    else found.push({ count, step });
  }
  return found.length > 0 ? found : unmoved(1);
}

/** First one order, then another of its result; undefined where no loops say that. */
export function composed(first: readonly Loop[], then: readonly Loop[]): Loop[] | undefined {
  const parts = then.map((loop) => partOf(first, loop));
  return parts.includes(undefined) ? undefined : joined(parts.flatMap((part) => part ?? []));
}

/** The rest of loops that count to `count` in steps of `step` values; undefined where none of them ends there. */
function partOf(loops: readonly Loop[], { count, step }: Loop): Loop[] | undefined {
  if (count === 1) return [];
  const found: Loop[] = [];
  let [below, rest] = [step, count];
  for (let { count: n, step: distance } of loops.toReversed()) {
    const skipped = Math.min(n, below);
    if (n % skipped !== 0 || below % skipped !== 0) return undefined;
    below /= skipped;
    n /= skipped;
    distance *= skipped;
    const taken = Math.min(n, rest);
    if (n % taken !== 0 || rest % taken !== 0) return undefined;
    rest /= taken;
    found.unshift({ count: taken, step: distance });
  }
  return rest === 1 ? found : undefined;
}
