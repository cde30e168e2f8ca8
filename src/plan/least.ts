/** Plans with row granularity: rows placed one by one, steps fused where that saves memory. */
import type { Program } from '../compile/program.js';
import { KIND_CONV } from '../format/layout.js';
import { type Packing, pack } from './pack.js';
import { type RowShape, rowShapes } from './rows.js';
import { restOfFeed, schedule } from './schedule.js';
import { cheapestCut, leastPeak, type Priced, possibleSegments } from './segments.js';
import type { Task } from './tasks.js';
import { mostLive, type Timeline, timeline } from './timeline.js';

export interface RowPlan {
  shapes: RowShape[];
  cut: Priced[];
  /** One by one, not joined. */
  tasks: Task[];
  lives: Timeline;
  packing: Packing;
  /** Rows of the input that arrive one by one; 0 where it is resident. */
  feed: number;
  /** Rows that are placed alone stand at multiples of 2^rowShift. */
  rowShift: number;
  /** Most live bytes of this order of tasks: no packing can be smaller. */
  lowerBoundBytes: number;
  /** Ops, roughly. */
  ops: number;
}

/** Limits over the least peak that are tried too, as factors: a cut that packs better may need a little more. */
const LIMITS = [1, 1.03, 1.08, 1.15, 1.25];
/**
 * Rows per task of steps that stand alone: big tasks read weights less often, small ones leave more room to rows that
 * take the place of others.
 */
const BLOCKS = [
  [255, 12, 6, 3, 1],
  [3, 1],
];
/** An arena smaller by less than this is not worth more ops. */
const WORTH = 0.01;
/** Rows of a streamed first segment: at most so many at a time. */
const STREAMED_ROWS = 3;

/** The plan with the least RAM. */
export function leastPlan(program: Program, feed: boolean): RowPlan {
  const shapes = rowShapes(program);
  const rows = feedRows(program, shapes, feed);
  const plans: RowPlan[] = [];
  const tried = new Set<string>();
  for (const blocks of BLOCKS) {
    const segments = possibleSegments(program, shapes, rows, blocks);
    const least = leastPeak(segments);
    for (const factor of LIMITS) {
      const cut = cheapestCut(segments, least * factor);
      const key = cut.map((segment) => `${segment.last}x${segment.rows}`).join(' ');
      if (!tried.has(key)) plans.push(packed(program, shapes, cut, rows));
      tried.add(key);
    }
  }
  const least = Math.min(...plans.map(({ packing }) => packing.arenaBytes));
  const small = plans.filter(({ packing }) => packing.arenaBytes <= least * (1 + WORTH));
  return small.reduce((best, candidate) => (candidate.ops < best.ops ? candidate : best));
}

/** The plan with the fewest ops whose first steps take the input's rows as they come. */
export function streamedPlan(program: Program): RowPlan {
  const shapes = rowShapes(program);
  const rows = feedRows(program, shapes, true);
  const segments = possibleSegments(program, shapes, rows, BLOCKS[0]);
  const input = program.inputs[0].view.buffer;
  const streams = ({ first, last, rows: block }: Priced) =>
    first > 0 || (block[0] <= STREAMED_ROWS && program.steps[last].output.buffer !== input);
  const streaming = segments.map((ending) => ending.filter(streams));
  // A first step that needs all of the input at once, or has others beside it, leaves no choice.
  const possible = Number.isFinite(leastPeak(streaming)) ? streaming : segments;
  return packed(program, shapes, cheapestCut(possible, Number.POSITIVE_INFINITY), rows);
}

const feedRows = (program: Program, shapes: readonly RowShape[], feed: boolean): number =>
  feed ? shapes[program.inputs[0].view.buffer].rows : 0;

function packed(program: Program, shapes: RowShape[], cut: Priced[], feed: number): RowPlan {
  const tasks = schedule(program, cut, feed);
  tasks.push(...restOfFeed(tasks, feed));
  const fed = program.inputs[0].view.buffer;
  const before = new Set(program.inputs.map(({ view }) => view.buffer));
  if (feed > 0) before.delete(fed);
  const after = new Set(program.outputs.map(({ view }) => view.buffer));
  const lives = timeline(program, shapes, tasks, before, after);
  const contiguous = new Set([...before, ...after, ...joinedBuffers(program, cut)]);
  // Where the rows of the input go is in a table of its own.
  if (feed > 0 && !after.has(fed)) contiguous.delete(fed);
  const lowerBoundBytes = mostLive(lives);
  const ops = cut.reduce((sum, segment) => sum + segment.ops, 0);
  const common = { shapes, cut, tasks, lives, feed, lowerBoundBytes, ops };
  for (let rowShift = 0; ; rowShift++) {
    const packing = pack(lives.lives, lives.inPlace, contiguous, lowerBoundBytes, 2 ** rowShift);
    // Table entries have 16 bits.
    if (packing.arenaBytes <= 2 ** (16 + rowShift)) return { ...common, packing, rowShift };
    while (2 ** (17 + rowShift) < packing.arenaBytes) rowShift++;
  }
}

/** Buffers of convolutions that work on several rows at a time: rows behind one another are one long row to them. */
function joinedBuffers(program: Program, cut: readonly Priced[]): number[] {
  return cut.flatMap(({ first, last, rows }) => {
    const { kind, input, output } = program.steps[first];
    return first === last && kind === KIND_CONV && rows[0] > 1 ? [input.buffer, output.buffer] : [];
  });
}
