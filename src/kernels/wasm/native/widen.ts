// Bytes become 16-bit halves of words, four at a time: bytes 0 and 2 in one word, 1 and 3 in the next. In that order values and
// weights meet all the same, and no byte has to be taken out alone.

/** Addend of `widen` for values as they are; less 0x10001 * z, for values less z, |z| <= 128. */
export const AS_THEY_ARE = 0x7f807f80;

/**
 * Widens 4 * quads bytes at `from`, a multiple of 4, to twice as many at `to`, `step` bytes from one quad to the next. `from` may
 * be the upper half of where they go.
 */
// @ts-ignore: decorator
@inline export function widen(from: i32, to: i32, quads: i32, step: i32, less: i32): void {
  const end = from + 4 * quads;
  let at = from, place = to;
  do {
    // Unsigned, and 0x8000 more than it shall be: nothing is carried or borrowed from half to half.
    const values = load<i32>(at) ^ 0x80808080;
    store<i32>(place, ((values & 0xff00ff) + less) ^ 0x80008000);
    store<i32>(place, (((values >>> 8) & 0xff00ff) + less) ^ 0x80008000, 4);
    at += 4;
    place += step;
  } while (at != end);
}

/** The same, each 128 more than it is: the sum over weights is then 128 times the weights' more. */
export function widenMore(from: i32, to: i32, quads: i32): void {
  const end = from + 4 * quads;
  if (quads & 1) {
    spread(from, to);
    from += 4;
    to += 8;
  }
  for (; from != end; from += 8, to += 16) {
    spread(from, to);
    spread(from + 4, to + 8);
  }
}

// @ts-ignore: decorator
@inline function spread(from: i32, to: i32): void {
  const values = load<i32>(from) ^ 0x80808080;
  store<i32>(to, values & 0xff00ff);
  store<i32>(to, (values >>> 8) & 0xff00ff, 4);
}
