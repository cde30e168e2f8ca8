/**
 * What a selftest script runs on the board (src/bundle/selftest.ts writes one): takes files in pieces of base64, so that
 * the text of none of them is in memory as a whole, then runs the network once and says PASS or what differs.
 */
import type { Net } from './net.js';

declare const console: { log(text: string): void } | undefined;
declare const print: ((text: string) => void) | undefined;
/** Espruino's base64 and conversions, in C. */
declare const E: { toUint8Array(text: string): Uint8Array } | undefined;
declare function atob(text: string): string;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

const FAIL = 'FAIL';
const SPACE = ' ';

export interface Selftest {
  /** The next piece: a multiple of four characters, of one file only. */
  add(text: string): void;
  run(): void;
}

function say(text: string): void {
  if (typeof console !== 'undefined') console.log(text);
  else if (typeof print !== 'undefined') print(text);
}

/** Writes the bytes of `text` to `bytes` from `at` on, and returns where they end. */
function decode(text: string, bytes: Uint8Array, at: number): number {
  if (typeof E !== 'undefined' && typeof atob !== 'undefined') {
    const part = E.toUint8Array(atob(text));
    bytes.set(part, at);
    return at + part.length;
  }
  for (let i = 0; i < text.length; i += 4) {
    let bits = 0;
    for (let j = i; j < i + 4; j++) bits = (bits << 6) | (ALPHABET.indexOf(text.charAt(j)) & 63);
    for (let shift = 16; shift >= 0; shift -= 8) if (at < bytes.length) bytes[at++] = bits >> shift;
  }
  return at;
}

/** A description of the differences; empty if there are none. */
function difference(index: number, actual: ArrayLike<number>, expected: Uint8Array): string {
  let count = 0;
  let first = 0;
  for (let i = expected.length; i--; ) {
    if ((actual[i] & 255) === expected[i]) continue;
    count++;
    first = i;
  }
  if (!count) return '';
  const found = actual[first] & 255;
  return [' output', index, 'byte', first, 'is', found, 'not', expected[first], 'differing', count].join(' ');
}

/** Rows of an input one by one, through one array. */
function pushRows(net: Net, bytes: Uint8Array, rowBytes: number): void {
  const row = new Uint8Array(rowBytes);
  for (let at = 0; at < bytes.length; ) {
    for (let i = 0; i < rowBytes; i++) row[i] = bytes[at++];
    net.push(row);
  }
}

/**
 * @param open of the runtime.
 * @param sizes bytes of the files: the .dw file, the inputs, the outputs that are expected of them.
 * @param inputs how many of them are inputs.
 * @param rowBytes of a row of the first input, where it is pushed; or 0.
 */
export default function selftest(
  open: (blob: Uint8Array) => Net,
  sizes: number[],
  inputs: number,
  rowBytes: number,
): Selftest {
  const files: Uint8Array[] = [];
  let file = 0;
  let at = 0;
  for (let i = 0; i < sizes.length; i++) files.push(new Uint8Array(sizes[i]));
  return {
    add: (text) => {
      if (at === sizes[file]) {
        file++;
        at = 0;
      }
      at = decode(text, files[file], at);
    },
    run: () => {
      let result = '';
      try {
        const net = open(files[0]);
        for (let i = rowBytes ? 1 : 0; i < inputs; i++) net.input(i).set(files[1 + i]);
        if (rowBytes) pushRows(net, files[1], rowBytes);
        else net.invoke();
        for (let i = 0; i + 1 + inputs < files.length; i++)
          result += difference(i, net.output(i), files[1 + inputs + i]);
      } catch (error) {
        result = SPACE + (error as Error).message;
      }
      say(result ? FAIL + result : 'PASS');
    },
  };
}
