/** The plan with the least RAM: rows placed one by one, steps fused where that saves memory. */
import type { Program } from '../compile/program.js';
import { KIND_CONV } from '../format/layout.js';
import { type Packing, pack } from './pack.js';
import { type RowShape, rowShapes } from './rows.js';
import { joinTasks, schedule } from './schedule.js';
import { cheapestCut, leastPeak, type Priced, possibleSegments } from './segments.js';
import type { Task } from './tasks.js';
import { mostLive, type Timeline, timeline } from './timeline.js';

export interface LeastPlan {
  shapes: RowShape[];
  cut: Priced[];
  tasks: Task[];
  lives: Timeline;
  /** Buffers whose rows stand behind one another. */
  contiguous: Set<number>;
  packing: Packing;
  /** Most live bytes of this order of tasks: no packing can be smaller. */
  lowerBoundBytes: number;
}

/** Limits over the least peak that are tried too, as factors: a cut that packs better may need a little more. */
const LIMITS = [1, 1.03, 1.08, 1.15, 1.25];

export function leastPlan(program: Program, feed: boolean): LeastPlan {
  const shapes = rowShapes(program);
  const segments = possibleSegments(program, shapes, feed);
  const least = leastPeak(segments);
  let best: LeastPlan | undefined;
  for (const factor of LIMITS) {
    const candidate = packed(program, shapes, cheapestCut(segments, least * factor), feed);
    if (!best || candidate.packing.arenaBytes < best.packing.arenaBytes) best = candidate;
  }
  return best!;
}

function packed(program: Program, shapes: RowShape[], cut: Priced[], feed: boolean): LeastPlan {
  const tasks = schedule(program, cut, feed);
  const before = new Set(feed ? [] : program.inputs.map(({ view }) => view.buffer));
  const after = new Set(program.outputs.map(({ view }) => view.buffer));
  const lives = timeline(program, shapes, tasks, before, after);
  const contiguous = new Set([...before, ...after, ...joinedBuffers(program, cut)]);
  const lowerBoundBytes = mostLive(lives);
  const packing = pack(lives.lives, lives.inPlace, contiguous, lowerBoundBytes);
  return { shapes, cut, tasks: joinTasks(tasks), lives, contiguous, packing, lowerBoundBytes };
}

/** Buffers of convolutions that work on several rows at a time: rows behind one another are one long row to them. */
function joinedBuffers(program: Program, cut: readonly Priced[]): number[] {
  return cut.flatMap(({ first, last, rows }) => {
    const { kind, input, output } = program.steps[first];
    return first === last && kind === KIND_CONV && rows[0] > 1 ? [input.buffer, output.buffer] : [];
  });
}
