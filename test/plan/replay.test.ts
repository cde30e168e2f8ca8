import test from 'ava';
import { writeBlob } from '../../src/format/write.js';
import { plan } from '../../src/plan/plan.js';
import { checkPlans, randomIntegers } from './many.js';
import { randomProgram } from './programs.js';
import { replay } from './replay.js';

for (const first of [1, 251, 501, 751]) {
  test(`1250 random plans of chains from seed ${first} on, byte by byte: every reader finds what was written for it`, (t) => {
    checkPlans(t, first, 250, () => 0);
  });
}

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
