/** What `budget` says of the flash of an ESP32 is what `bundle` writes. */
import test from 'ava';
import { mostModel, partitionsFor, SLOTS } from '../../src/boards/esp32-flash.js';
import { listTargets, loadTarget } from '../../src/boards/target.js';
import { price } from '../../src/budget/price.js';
import { modelCost } from './cost.js';

const ESP = listTargets()
  .map(loadTarget)
  .filter(({ esp32 }) => esp32);

for (const target of ESP) {
  for (const slots of SLOTS) {
    test(`${target.id}, ${slots} slots: a model is refused for flash exactly where its partitions do not fit`, (t) => {
      const flash = target.flashBytes.total!.value;
      const most = mostModel(flash, slots);
      t.true(most > 1_000_000);
      for (const runtime of ['wasm3', 'aot'] as const) {
        for (const blobBytes of [1000, most - 1, most, most + 1, flash]) {
          const { flash: verdict, reasons, advice } = price(target, modelCost({ blobBytes }), { slots }, runtime);
          t.like(verdict, { modelLimit: most, slots });
          if (blobBytes <= most) {
            const model = partitionsFor(blobBytes, flash, slots).at(-1)!;
            t.true(model.bytes >= slots * blobBytes && model.address + model.bytes <= flash);
            t.true(verdict.ok, `${blobBytes} B: ${reasons}`);
          } else {
            t.throws(() => partitionsFor(blobBytes, flash, slots), { code: 'MODEL_TOO_LARGE' });
            t.false(verdict.ok);
            t.regex(
              reasons.join(),
              slots === 2 ? /each of two slots for models has room/ : /the one slot for models has/,
            );
            const one = blobBytes <= mostModel(flash, 1) && slots === 2;
            t.is(/--slots 1 has room/.test(advice.join()), one);
          }
        }
      }
    });
  }
}

test('esp32: 291,256 B in one piece are not there; PSRAM, another plan and pushed rows are what helps', (t) => {
  const cost = modelCost({
    arenaBytes: 270_000,
    scratchBytes: 20_256,
    stateBytes: 1000,
    linearMemoryBytes: 291_256,
    memory: 'fast',
    frame: 'resident',
  });
  const { ok, ram, reasons, advice } = price(loadTarget('esp32'), cost, {}, 'aot');
  t.false(ok);
  t.like(ram.piece, { bytes: 291_256, limit: 163_840 });
  t.regex(reasons.join(), /291,256 B in one piece, of which there are 163,840 B/);
  for (const help of [/--memory min/, /--frame rows/, /PSRAM/]) t.regex(advice.join('\n'), help);
  const camera = price(loadTarget('esp32-cam'), cost, {}, 'aot');
  t.true(camera.ram.ok !== false, camera.reasons.join());
});
