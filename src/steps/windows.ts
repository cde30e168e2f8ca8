/** Which input rows stream by while output rows are computed that read them in any order. */

/** Input rows [first, end) of one output row; first === end where it reads none. */
export type RowRange = readonly [first: number, end: number];

/** Input rows to keep for output rows [first, end): neither end of them ever moves back. */
export type RowWindow = (first: number, end: number) => [first: number, end: number];

/** Rows are kept from the first output row that reads one of them or of those before it, to the last. */
export function rowWindow(ranges: readonly RowRange[]): RowWindow {
  const ends: number[] = [];
  const firsts = new Array<number>(ranges.length);
  for (const [y, [first, end]] of ranges.entries()) ends.push(Math.max(y > 0 ? ends[y - 1] : 0, first < end ? end : 0));
  let next = Number.POSITIVE_INFINITY;
  for (let y = ranges.length - 1; y >= 0; y--) {
    const [first, end] = ranges[y];
    if (first < end) next = Math.min(next, first);
    firsts[y] = Math.min(next, ends[y]);
  }
  return (first, end) => [firsts[first], ends[end - 1]];
}

/** Made once for a step: planning asks for the same rows again and again. */
export function onceFor<T extends object, R>(make: (of: T) => R): (of: T) => R {
  const made = new WeakMap<T, R>();
  return (of) => {
    const known = made.get(of);
    if (known !== undefined) return known;
    const result = make(of);
    made.set(of, result);
    return result;
  };
}
