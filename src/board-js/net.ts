/** A program's view of an open network on a board. */
import { DTYPE_INT32, DTYPE_UINT8 } from '../program/layout.js';
import { begin, tick } from './execute.js';
import { expect, fail, refuseLayout } from './fail.js';
import { rowOffset } from './kernels/rows.js';
import type { Machine } from './machine.js';
import { min } from './powers.js';
import { readString, skipStrings } from './text.js';

export interface Port {
  /** A view of the arena. */
  _values: Int8Array | Uint8Array;
  /** real = scale * (value - zeroPoint) */
  _scale: number;
  _zeroPoint: number;
  /** DTYPE_*, of the full flavour. Values of more than a byte stand as bytes, little-endian. */
  _dtype?: number;
}

/** One class of the first output. */
export interface Answer {
  /** Empty where the model brings no name for it. */
  label: string;
  /** In the model's own units: a probability behind a softmax; 1 where the model has chosen the class itself. */
  score: number;
  index: number;
}

export interface Net {
  /**
   * Raw bytes of input i (0 if left out), to be filled before every inference: the arena uses the place again. None of an
   * input that comes row by row.
   */
  input(i?: number): Int8Array | Uint8Array;
  /**
   * Raw bytes of output i (0 if left out), of int32 and int64 values the lowest first; there from the end of an inference to the
   * beginning of the next.
   */
  output(i?: number): Int8Array | Uint8Array;
  /**
   * One inference.
   * @throws Error with code ORDER where the input comes row by row.
   */
  invoke(): void;
  /**
   * The next row of the first input, top row first, of a model compiled with `--frame rows`: computes what can be computed
   * with it.
   * @returns true with the last row: the outputs are there, and the next row begins a new inference.
   * @throws Error with code ORDER where the model takes its input as a whole, LENGTH where these are not the bytes of a row.
   */
  push(row: ArrayLike<number>): boolean;
  /** A part of an inference, some rows of one layer. False when all were done (the next tick begins anew) or a row is missing. */
  tick(): boolean;
  /** Forgets the ticks of an inference that shall not be finished. */
  begin(): void;
  /**
   * One inference of the first input.
   * @param pixels raw bytes, in the model's own dtype.
   * @throws Error with code LENGTH.
   */
  classify(pixels: ArrayLike<number>): Answer;
  /**
   * The k classes with the highest scores (all, if left out), best first; of equal ones the first comes first. None of a map of
   * classes that the model has chosen.
   */
  top(k?: number): Answer[];
}

/**
 * @param ports `inputs` inputs, then the outputs.
 * @param end of the strings in the file, which begin at `strings`.
 */
export function makeNet(m: Machine, ports: Port[], inputs: number, strings: number, end: number): Net {
  // The model's name and one name per port stand before the labels.
  const labels = skipStrings(m, strings, end, 1 + ports.length);
  const net: Net = {
    input: (i) => ports[i || 0]._values,
    output: (i) => ports[inputs + (i || 0)]._values,
    begin: () => {
      begin(m);
    },
    tick: () => tick(m),
    invoke: () => {
      if (m._rowBytes) fail('ORDER', m._rowBytes);
      begin(m);
      while (tick(m));
    },
    push: (row) => {
      const bytes = m._rowBytes as number;
      expect(bytes ? 'LENGTH' : 'ORDER', (row || []).length, bytes || -1);
      // To the first task that waits for a row.
      while (tick(m));
      const at = rowOffset(m, m._inputRows, m._pushed++) >>> 0;
      refuseLayout(at + bytes > m._arenaBytes, at);
      m._arena.set(row, at);
      m._waiting++;
      while (tick(m));
      // A task that waits is to be repeated still.
      return !m._repeat;
    },
    classify: (pixels) => {
      const input = ports[0]._values;
      expect('LENGTH', (pixels || []).length, input.length);
      input.set(pixels);
      net.invoke();
      return net.top(1)[0];
    },
    top: (k) => {
      const port = ports[inputs];
      const values = port._values;
      const answers: Answer[] = [];
      const n = values.length;
      // Orders by value, then by index: no two ranks are equal.
      let last = Infinity;
      let left = k === undefined ? n : min(k, n);
      const chosen = FULL && (port._dtype as number) > DTYPE_UINT8;
      // One value, of 4 or 8 bytes.
      if (chosen) left = n === (port._dtype === DTYPE_INT32 ? 4 : 8) ? min(left, 1) : 0;
      while (left-- > 0) {
        let best = 0;
        let highest = -Infinity;
        for (let i = 0; i < n; i++) {
          const rank = values[i] * n - i;
          if (rank < last && rank > highest) {
            highest = rank;
            best = i;
          }
        }
        last = highest;
        if (chosen) best = values[0] | (values[1] << 8) | (values[2] << 16) | (values[3] << 24);
        answers.push({
          label: readString(m, skipStrings(m, labels, end, best), end),
          score: chosen ? 1 : port._scale * (values[best] - port._zeroPoint),
          index: best,
        });
      }
      return answers;
    },
  };
  return net;
}
