/** Many random plans, each replayed byte by byte, and held against those of the same program with less freedom. */
import type { ExecutionContext } from 'ava';
import { writeBlob } from '../../src/format/write.js';
import { pieces } from '../../src/plan/pieces.js';
import { type Plan, type PlanOptions, plan } from '../../src/plan/plan.js';
import type { Program } from '../../src/program/program.js';
import { seededRandom } from '../graph/builder.js';
import { randomProgram } from './programs.js';
import { replay } from './replay.js';

const ALL: PlanOptions[] = [
  { memory: 'min', frame: 'resident' },
  { memory: 'min', frame: 'rows' },
  { memory: 'fast', frame: 'rows' },
  { memory: 'fast', frame: 'resident' },
];

export function randomIntegers(seed: number) {
  const random = seededRandom(seed);
  return { integer: (low: number, high: number) => low + Math.floor(random() * (high - low + 1)) };
}

/** What a plan takes besides the executor's own state. */
const need = ({ arenaBytes, scratchBytes }: Plan): number => arenaBytes + scratchBytes;

/** A plan and what is wrong with it, if anything. */
function planned(program: Program, options: PlanOptions): Plan {
  const result = plan(program, options);
  replay(program, writeBlob(program, result, 0));
  if (result.arenaBytes < result.lowerBoundBytes) throw new Error('an arena below its bound');
  const all = pieces(program, result);
  for (const [i, a] of all.entries()) {
    for (const b of all.slice(i + 1)) {
      if (a.from > b.to || b.from > a.to || a.offset >= b.offset + b.bytes || b.offset >= a.offset + a.bytes) continue;
      throw new Error(`pieces of ${a.tensor} and ${b.tensor} meet`);
    }
  }
  return result;
}

/**
 * Five plans of each program.
 * @param branches of a program, by its seed
 */
export function checkPlans(
  t: ExecutionContext,
  first: number,
  programs: number,
  branches: (seed: number) => number,
): void {
  let [min, fast, bound] = [0, 0, 0];
  for (let seed = first; seed < first + programs; seed++) {
    const program = randomProgram(randomIntegers(seed), branches(seed));
    const made = (options: PlanOptions): Plan => {
      try {
        return planned(program, options);
      } catch (error) {
        throw new Error(`seed ${seed}, ${JSON.stringify(options)}: ${(error as Error).message}`, { cause: error });
      }
    };
    const [least, leastRows, fastRows, whole] = ALL.map(made);
    const frame = seed % 3 ? 'resident' : 'rows';
    const most = (frame === 'rows' ? [leastRows, fastRows] : [least, whole]).map(need);
    const between = Math.round(most[0] + ((most[1] - most[0]) * (seed % 11)) / 10);
    const given = made({ memory: between, frame });
    const allowed: [Plan, number][] = [
      [least, need(whole)],
      [leastRows, need(least)],
      [leastRows, need(fastRows)],
      [fastRows, need(whole)],
      [given, between],
    ];
    for (const [i, [plan, limit]] of allowed.entries())
      if (need(plan) > limit) throw new Error(`seed ${seed}, comparison ${i}: ${need(plan)} B, ${limit} at most`);
    min += least.arenaBytes;
    bound += least.lowerBoundBytes;
    fast += whole.arenaBytes;
  }
  t.log(`least RAM ${min} B in all, bound ${bound} B, whole tensors ${fast} B`);
  t.true(min < 0.7 * fast);
  t.true(min < 1.02 * bound);
}
