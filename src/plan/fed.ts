/** A plan with a resident frame, for an input that arrives row by row: all of it arrives before anything else happens. */

import { FEED } from '../program/layout.js';
import type { Program } from '../program/program.js';
import type { RowPlan } from './row-plans.js';
import type { RowLife, Timeline } from './timeline.js';

/** Entries of a row table have 16 bits. */
const MOST_ENTRY = 0xffff;
/** Units of row tables that are tried, as exponents of 2. */
const SHIFTS = [0, 1, 2, 3, 4, 5, 6];

/**
 * @param hasTables whether other rows are in tables too, so that their unit stands
 * @returns undefined where no table can say where the rows of the input stand.
 */
export function fedAtOnce(program: Program, plan: RowPlan, hasTables: boolean): RowPlan | undefined {
  const { buffer } = program.inputs[0].view;
  const places = plan.packing.offsets[buffer];
  const rowShift = (hasTables ? [plan.rowShift] : SHIFTS).find((shift) =>
    places.every((place) => place % 2 ** shift === 0 && place / 2 ** shift <= MOST_ENTRY),
  );
  if (rowShift === undefined) return undefined;
  const arrival = places.map(() => ({ step: FEED, rows: 1, repeat: 1 }));
  return {
    ...plan,
    feed: places.length,
    rowShift,
    tasks: [...arrival, ...plan.tasks],
    lives: fedTimeline(plan.lives, buffer, places.length),
  };
}

/** All that happens comes `rows` tasks later, and rows of the input begin where they arrive. */
function fedTimeline({ lives, inPlace, tasks }: Timeline, input: number, rows: number): Timeline {
  const moved = new Map<RowLife, RowLife>();
  const later = (time: number): number => (time < 0 ? time : time + rows);
  const fed = lives.map((ofBuffer, buffer) =>
    ofBuffer.map((life): RowLife => {
      const arrives = buffer === input ? life.row : -1;
      const found = { ...life, from: Math.max(arrives, later(life.from)), to: Math.max(arrives, later(life.to)) };
      if (life.from <= life.to) moved.set(life, found);
      return life.from <= life.to ? found : life;
    }),
  );
  const pairs = inPlace.map(({ dying, written }) => ({ dying: moved.get(dying)!, written: moved.get(written)! }));
  return { lives: fed, inPlace: pairs, tasks: tasks + rows };
}
