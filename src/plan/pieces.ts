/** A plan as pieces of the arena with lifetimes, for reports. */

import { FEED } from '../program/layout.js';
import type { Program } from '../program/program.js';
import type { Plan } from './plan.js';

/** Rows of a tensor that stand behind one another and live as long. */
export interface Piece {
  /** Step that is the first to write them; -1 for what is there before the first task, null for rows that are pushed. */
  step: number | null;
  tensor: string;
  /** First row and how many; a tensor that is placed as a whole is one row. */
  row: number;
  rows: number;
  /** Byte in the arena. */
  offset: number;
  bytes: number;
  /** Tasks [from, to], both included; -1 is before the first one. */
  from: number;
  to: number;
}

/** No two pieces hold a byte at the same time. */
export function pieces(program: Program, { lives, offsets, taskSteps }: Plan): Piece[] {
  // A row whose place is taken in a task is gone when that task begins, as far as memory goes.
  const taken = new Map(lives.inPlace.map(({ dying, written }) => [dying, written]));
  const found: Piece[] = [];
  for (const rows of lives.lives) {
    for (const life of rows) {
      const { buffer, row, bytes, from } = life;
      if (from > life.to) continue;
      const written = taken.get(life);
      const offset = offsets[buffer][row];
      const to = written && offsets[written.buffer][written.row] === offset ? life.to - 1 : life.to;
      const last = found.at(-1);
      const tensor = program.buffers[buffer].name;
      if (last && last.tensor === tensor && follows(last, row, offset) && last.from === from && last.to === to) {
        last.rows++;
        last.bytes += bytes;
      } else {
        const step = from < 0 ? -1 : taskSteps[from] === FEED ? null : taskSteps[from];
        found.push({ step, tensor, row, rows: 1, offset, bytes, from, to });
      }
    }
  }
  return found;
}

const follows = (last: Piece, row: number, offset: number): boolean =>
  last.row + last.rows === row && last.offset + last.bytes === offset;
