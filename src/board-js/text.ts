/** The strings of the file: UTF-8, each ended by a 0 byte. */
import { byte } from './bytes.js';
import type { Machine } from './machine.js';

/** Offset behind `count` strings from `at` on, at most `end`. */
export function skipStrings(m: Machine, at: number, end: number, count: number): number {
  while (count > 0 && at < end) if (!byte(m, at++)) count--;
  return at;
}

/** The string at `at`; empty from `end` on, and percent-encoded where it is not UTF-8. */
export function readString(m: Machine, at: number, end: number): string {
  let escaped = '';
  for (; at < end; at++) {
    const code = byte(m, at);
    if (!code) break;
    escaped += (256 + code).toString(16).replace('1', '%');
  }
  try {
    return decodeURIComponent(escaped);
  } catch (_e) {
    return escaped;
  }
}
