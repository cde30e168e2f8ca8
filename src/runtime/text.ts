/** The strings of the file: UTF-8, each ended by a 0 byte. */
import { byte } from './bytes.js';
import type { Machine } from './machine.js';

/** Offset behind `count` strings from `at` on, at most `end`. */
export function skipStrings(m: Machine, at: number, end: number, count: number): number {
  for (; count > 0 && at < end; at++) if (!byte(m, at)) count--;
  return at;
}

/** The string at `at`; empty from `end` on. */
export function readString(m: Machine, at: number, end: number): string {
  let text = '';
  while (at < end) {
    let code = byte(m, at++);
    if (!code) break;
    let more = code < 128 ? 0 : code < 224 ? 1 : code < 240 ? 2 : 3;
    if (more) code &= 63 >> more;
    for (; more; more--) code = (code << 6) | (byte(m, at++) & 63);
    if (code > 65535) {
      text += String.fromCharCode(55232 + (code >> 10));
      code = 56320 | (code & 1023);
    }
    text += String.fromCharCode(code);
  }
  return text;
}
