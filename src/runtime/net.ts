/** What a program on a board sees of an open network. */
import { begin, tick } from './execute.js';
import { fail } from './fail.js';
import type { Machine } from './machine.js';
import { readString, skipStrings } from './text.js';

export interface Port {
  /** A view of the arena. */
  _values: Int8Array | Uint8Array;
  /** real = scale * (value - zeroPoint) */
  _scale: number;
  _zeroPoint: number;
}

/** One class of the first output. */
export interface Answer {
  /** Empty where the model brings no name for it. */
  label: string;
  /** In the model's own units: a probability behind a softmax. */
  score: number;
  index: number;
}

export class Net {
  /** Where the labels begin and end in the file. */
  private _labels: number;

  constructor(
    private _m: Machine,
    private _ports: Port[],
    private _inputs: number,
    strings: number,
    private _end: number,
  ) {
    // The model's name and one name per port stand before the labels.
    this._labels = skipStrings(_m, strings, _end, 1 + _ports.length);
  }

  /** Raw bytes of input i (0 if left out), to be filled before every inference: the arena uses the place again. */
  input(i?: number): Int8Array | Uint8Array {
    return this._ports[i || 0]._values;
  }

  /** Raw bytes of output i (0 if left out), there from the end of an inference to the beginning of the next. */
  output(i?: number): Int8Array | Uint8Array {
    return this._ports[this._inputs + (i || 0)]._values;
  }

  /** One inference. */
  invoke(): void {
    begin(this._m);
    while (tick(this._m));
  }

  /** A part of an inference, some rows of one layer. False when all were done; the next tick begins anew. */
  tick(): boolean {
    return tick(this._m);
  }

  /** Forgets the ticks of an inference that shall not be finished. */
  begin(): void {
    begin(this._m);
  }

  /**
   * One inference of the first input.
   * @param pixels raw bytes, in the model's own dtype.
   * @throws Error with code LENGTH.
   */
  classify(pixels: ArrayLike<number>): Answer {
    var input = this.input();
    if (pixels.length !== input.length) fail('LENGTH', pixels.length + ' bytes, not ' + input.length);
    input.set(pixels);
    this.invoke();
    return this.top(1)[0];
  }

  /** The k classes with the highest scores, best first; of equal ones the first comes first. */
  top(k: number): Answer[] {
    var port = this._ports[this._inputs];
    var values = port._values;
    var answers: Answer[] = [];
    var last = -1;
    while (answers.length < k && answers.length < values.length) {
      // The best of those that come after the last one in the order of value, then of index.
      var best = -1;
      for (var i = 0; i < values.length; i++) {
        var value = values[i];
        if (last >= 0 && (value > values[last] || (value === values[last] && i <= last))) continue;
        if (best < 0 || value > values[best]) best = i;
      }
      answers.push({
        label: readString(this._m, skipStrings(this._m, this._labels, this._end, best), this._end),
        score: port._scale * (values[best] - port._zeroPoint),
        index: best,
      });
      last = best;
    }
    return answers;
  }
}
