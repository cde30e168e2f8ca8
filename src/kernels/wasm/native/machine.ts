// Instructions that native kernels ask of their machine. In C all of it is known when it is compiled (firmware-glue/core/dw_kernel.h).

/** Values are multiplied as 16-bit halves of words: signed bytes cost two instructions or three each time they are loaded. */
export const HALVES = 1;
/** The same, and dot() is fast. */
export const DOT = 2;

/** 0, HALVES or DOT. */
// @ts-ignore: decorator
@external('dw', 'halves')
export declare function halves(): i32;

/**
 * `sum` plus the dot product of 4 * quads int16 values, which stand from x and from w on. It may read the word behind either.
 */
// @ts-ignore: decorator
@external('dw', 'dot')
export declare function dot(x: i32, w: i32, quads: i32, sum: i32): i32;

/** 128, as a number that the C compiler does not know: with a known one it makes two instructions of an XOR. */
// @ts-ignore: decorator
@external('dw', 'flip')
export declare function flip(): i32;
