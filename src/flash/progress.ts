/** How far a transfer is, on stderr: one line that is rewritten on a terminal, a line now and then elsewhere. */

/** @param done bytes of `total` that are through. */
export type Progress = (what: string, done: number, total: number) => void;

/** Elsewhere than on a terminal, a line each time this many percent more are done. */
const STEP = 25;

export interface Stream {
  isTTY?: boolean;
  write(text: string): unknown;
}

export function progressOn(stream: Stream): Progress {
  let last = '';
  let shown = -STEP;
  return (what, done, total) => {
    const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
    if (what !== last) shown = -STEP;
    last = what;
    const line = `${what} ${String(percent).padStart(3)} %`;
    if (stream.isTTY) stream.write(`\r${line}${percent === 100 ? '\n' : ''}`);
    else if (percent >= shown + STEP || (percent === 100 && shown < 100)) {
      shown = percent;
      stream.write(`${line}\n`);
    }
  };
}
