import test from 'ava';
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

function randomIntegers(seed: number) {
  const random = seededRandom(seed);
  return { integer: (low: number, high: number) => low + Math.floor(random() * (high - low + 1)) };
}

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

const PROGRAMS = 1500;

test('6000 random plans, byte by byte: every reader finds what was written for it', (t) => {
  let [min, fast, bound] = [0, 0, 0];
  for (let seed = 1; seed <= PROGRAMS; seed++) {
    const program = randomProgram(randomIntegers(seed));
    const sizes = ALL.map((options) => {
      try {
        return planned(program, options);
      } catch (error) {
        throw new Error(`seed ${seed}, ${JSON.stringify(options)}: ${(error as Error).message}`, { cause: error });
      }
    });
    min += sizes[0].arenaBytes;
    bound += sizes[0].lowerBoundBytes;
    fast += sizes[3].arenaBytes;
  }
  t.log(`least RAM ${min} B in all, bound ${bound} B, whole tensors ${fast} B`);
  t.true(min < 0.9 * fast);
});

test('a plan that is wrong in one address is found', (t) => {
  let found = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const program = randomProgram(randomIntegers(seed));
    if (program.steps.length === 0) continue;
    const result = plan(program, { memory: 'min' });
    const { integer } = randomIntegers(seed + 1000);
    const { buffer } = program.steps[integer(0, program.steps.length - 1)].output;
    const offsets = result.offsets.map((rows) => [...rows]);
    const row = integer(0, offsets[buffer].length - 1);
    const other = offsets[integer(0, offsets.length - 1)][0];
    if (offsets[buffer][row] === other) continue;
    offsets[buffer][row] = other;
    t.notThrows(() => writeBlob(program, { ...result, offsets }, 0));
    try {
      replay(program, writeBlob(program, { ...result, offsets }, 0));
    } catch {
      found++;
    }
  }
  // Some changes are other right answers.
  t.true(found > 80, `${found}`);
});
