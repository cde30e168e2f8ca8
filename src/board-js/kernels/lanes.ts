/**
 * Two sums in one double: lower + upper * 2^26. A product of such a pair and a weight is two multiply-accumulates.
 * The lanes are plain integers added together, so borrows are no problem while summing: at the end the lower one must
 * lie between -2^25 and 2^25, and no sum may leave 53 bits.
 */
/** One in the upper lane. */
export const UPPER = 1 << 26;
/** A pair of ones. */
export const BOTH = UPPER + 1;
export const TO_UPPER = 1 / UPPER;
/** 3 * 2^51. Added to a number below 2^51 and taken off again, it rounds it to an integer: pair * TO_UPPER to the upper lane. */
export const ROUNDER = (3 * UPPER * UPPER) / 2;
