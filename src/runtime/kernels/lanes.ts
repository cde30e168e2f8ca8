/**
 * Two sums in one double: lower + upper * 2^26. A product of such a pair and a weight is two multiply-accumulates.
 * The lanes are plain integers added together, so borrows are no problem while summing: at the end the lower one must
 * lie in [-2^25, 2^25), and no sum may leave 53 bits.
 */
import { power } from '../powers.js';

/** One in the upper lane. */
export const UPPER = power(26);
/** A pair of ones. */
export const BOTH = UPPER + 1;
/** Magnitude that a lane must stay below. */
export const LANE_LIMIT = UPPER / 2;
export const TO_UPPER = 1 / UPPER;
/**
 * Makes a pair positive, so that `| 0` is the floor, and rounds the lower lane's sign away: the upper lane is
 * ((pair + LANE_OFFSET) * TO_UPPER | 0) - UPPER.
 */
export const LANE_OFFSET = UPPER * UPPER + LANE_LIMIT;
