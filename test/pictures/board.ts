/** Runs cases of cases.ts in src/board-js, on any engine: a script that leaves a global `board`. */

import type { Machine } from '../../src/board-js/machine.js';
import { toFrame } from '../../src/board-js/pictures/frame.js';
import { takeFrame } from '../../src/board-js/pictures/picture.js';
import { H_PORTS_OFFSET, HEADER_BYTES, P_ROW_BYTES, PORT_BYTES } from '../../src/program/layout.js';

const DIGITS = '0123456789abcdef';

const PAIRS: string[] = [];
for (let i = 0; i < 256; i++) PAIRS.push(DIGITS.charAt(i >> 4) + DIGITS.charAt(i & 15));

function unhex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = 16 * DIGITS.indexOf(text.charAt(2 * i)) + DIGITS.indexOf(text.charAt(2 * i + 1));
  }
  return bytes;
}

/** A file of nothing but a port. */
function machine(port: Uint8Array, rowBytes: number): Machine {
  const bytes = new Int8Array(HEADER_BYTES + PORT_BYTES);
  bytes[H_PORTS_OFFSET] = HEADER_BYTES;
  for (let i = 0; i < port.length; i++) bytes[HEADER_BYTES + i] = port[i];
  bytes[HEADER_BYTES + P_ROW_BYTES] = rowBytes;
  bytes[HEADER_BYTES + P_ROW_BYTES + 1] = rowBytes >> 8;
  return { _bytes: bytes } as Machine;
}

/**
 * @param port record of a port, in hex.
 * @param rowBytes of a row that is pushed, or 0: the input is resident.
 * @returns the bytes of the input in hex, and the box in the frame.
 */
export default function run(
  port: string,
  shape: { width: number; height: number; format: string; fit: string },
  frame: string,
  inputBytes: number,
  rowBytes: number,
  box: { x: number; y: number; width: number; height: number },
): string {
  // Strings grow by copying: many short ones.
  const texts: string[] = [];
  const add = (bytes: ArrayLike<number>) => {
    for (let i = 0; i < bytes.length; i++) texts.push(PAIRS[bytes[i] & 255]);
  };
  const input = new Int8Array(inputBytes);
  const ranges = takeFrame(machine(unhex(port), rowBytes), unhex(frame), shape, input, add);
  if (!rowBytes) add(input);
  const x = toFrame(ranges[0], box.x);
  const y = toFrame(ranges[1], box.y);
  const width = toFrame(ranges[0], box.x + box.width) - x;
  const height = toFrame(ranges[1], box.y + box.height) - y;
  return [texts.join(''), x, y, width, height].join(' ');
}
