import test from 'ava';
import { lower } from '../../src/compile/lower.js';
import { lifetimes, liveBytes } from '../../src/plan/lifetimes.js';
import { plan } from '../../src/plan/plan.js';
import * as L from '../../src/program/layout.js';
import type { Program } from '../../src/program/program.js';
import { GraphBuilder, seededRandom } from '../graph/builder.js';
import { makeGraph } from '../graphs.js';

/** Input 128 B -> conv 256 B -> conv 64 B, and the input once more. */
function shortcut(): Program {
  const b = new GraphBuilder(seededRandom(1));
  const x = b.input([1, 4, 4, 8]);
  const wide = b.conv(x, 16, { kernel: [1, 1] });
  const narrow = b.conv(wide, 8, { kernel: [1, 1] });
  return lower(b.graph([b.add({ op: 'ADD', activation: 'none' }, [x, narrow])]), { rounding: 'double', fuse: true });
}

test('a buffer lives from the step that writes it to the last one that reads it; inputs from before the first', (t) => {
  const spans = lifetimes(shortcut());
  t.deepEqual(
    spans.map(({ bytes, from, to }) => [bytes, from, to]),
    [
      [128, -1, 2],
      [256, 0, 1],
      [128, 1, 2],
      [128, 2, 2],
    ],
  );
  t.deepEqual(liveBytes(spans, 3), [384, 512, 384]);
});

test('outputs live to the end, even those of an early step', (t) => {
  const b = new GraphBuilder(seededRandom(1));
  const first = b.conv(b.input([1, 4, 4, 2]), 2, { kernel: [1, 1] });
  const last = b.conv(b.conv(first, 2, { kernel: [1, 1] }), 2, { kernel: [1, 1] });
  const program = lower(b.graph([first, last]), { rounding: 'double', fuse: true });
  t.is(lifetimes(program).find(({ buffer }) => buffer === program.views.get(first)!.buffer)!.to, 2);
});

test('memory is state, arena, scratch, in this order, each from a multiple of 8 on', (t) => {
  const program = shortcut();
  const p = plan(program);
  t.true(p.stateBytes >= L.STATE_ROWS_DONE + 2 * program.steps.length);
  t.is(p.arenaAddress, p.stateBytes);
  t.true(p.scratchAddress >= p.arenaAddress + p.arenaBytes);
  t.is(p.memoryBytes, p.scratchAddress + p.scratchBytes);
  for (const bytes of [p.arenaAddress, p.scratchAddress, p.memoryBytes]) t.is(bytes % 8, 0);
  t.is(p.lowerBoundBytes, 512);
  t.is(p.arenaBytes, 512);
  t.is(p.peakStep, 1);
});

test('tasks compute every row of every step once, layer after layer', (t) => {
  const random = seededRandom(8);
  const integer = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  for (let i = 0; i < 50; i++) {
    const program = lower(makeGraph({ integer }, i + 1), { rounding: 'double', fuse: true });
    const done = program.steps.map(() => 0);
    for (const { step, rows, repeat } of plan(program).tasks) {
      t.true(rows >= 1 && rows <= 255 && repeat >= 1 && repeat <= 255);
      t.true(done.slice(0, step).every((count, before) => count === program.steps[before].output.height));
      // The last repetition may find fewer rows left, but none of them finds nothing.
      t.true(done[step] + rows * (repeat - 1) < program.steps[step].output.height);
      done[step] = Math.min(program.steps[step].output.height, done[step] + rows * repeat);
    }
    t.deepEqual(
      done,
      program.steps.map((step) => step.output.height),
    );
  }
});

test('a model of one reshape has no steps and needs its input alone', (t) => {
  const b = new GraphBuilder(seededRandom(1));
  const y = b.reshape(b.input([1, 2, 3, 4]), [1, 24]);
  const p = plan(lower(b.graph([y]), { rounding: 'double', fuse: true }));
  t.deepEqual(p.tasks, []);
  t.is(p.arenaBytes, 24);
  t.is(p.lowerBoundBytes, 24);
});
