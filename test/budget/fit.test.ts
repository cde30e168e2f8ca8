import test from 'ava';
import { loadTarget } from '../../src/boards/target.js';
import type { ModelCost } from '../../src/budget/cost.js';
import { ramOf } from '../../src/budget/price-memory.js';
import { costOf } from '../../src/cli/cost.js';
import { fittingCost } from '../../src/cli/fit.js';
import { loadModel } from '../../src/cli/model.js';
import type { Memory } from '../../src/plan/planner.js';

const target = loadTarget('esp32-c3');
const model = loadModel('mobilenet:0.25@96x96x1,2');
const known = new Map<Memory | undefined, Promise<ModelCost>>();

function planned(memory?: Memory): Promise<ModelCost> {
  const cost = known.get(memory) ?? costOf(model, { memory });
  known.set(memory, cost);
  return cost;
}

const ram = (cost: ModelCost): number => ramOf(target, cost, {}, 'wasm3').total!;
const fit = (maxRam?: number) => fittingCost(planned, target, maxRam === undefined ? {} : { maxRam }, 'wasm3');

test('a board with room gets the fewest ops, one with less the fewest that fit, and one with too little the least RAM', async (t) => {
  const [fast, least] = [await planned(), await planned('min')];
  t.is(await fit(), fast);
  t.is(await fit(ram(fast)), fast);
  const between = Math.round((ram(fast) + ram(least)) / 2);
  const chosen = await fit(between);
  t.true(
    ram(chosen) <= between && chosen.ops < least.ops && chosen.ops > fast.ops,
    `${ram(chosen)} B, ${chosen.ops} ops`,
  );
  t.true(ram(await fit(ram(least))) <= ram(least));
  t.is(await fit(ram(least) - 1), least);
});

test('a .dw file is planned already', async (t) => {
  const fast = { ...(await planned()), isPlanned: true };
  t.is(await fittingCost(async () => fast, target, { maxRam: 1000 }, 'wasm3'), fast);
});
