import test from 'ava';
import fc from 'fast-check';
import type { Target } from '../../src/boards/target.js';
import { price } from '../../src/budget/price.js';
import { board, figure, modelCost, step } from './cost.js';

const wasm3 = board().runtimes.wasm3!;

test('flash is model, kernels and runtime; each with its source', (t) => {
  const { flash, ok } = price(board(), modelCost(), {}, 'wasm3');
  t.like(flash, { model: 90_000, kernels: 10_000, runtime: 40_000, total: 140_000, limit: 150_000, ok: true });
  t.deepEqual(flash.source, { model: 'counted', kernels: 'counted', runtime: 'qemu' });
  t.is(flash.from.runtime, 'made for this test');
  t.true(ok);
});

test('RAM is arena, scratch, state, compiled code, runtime and native stack', (t) => {
  const { ram } = price(board(), modelCost(), {}, 'wasm3');
  t.is(ram.total, 30_000 + 4_000 + 1_000 + 5_000 + 8_000 + 1_000);
  t.true(ram.ok);
  t.is(ram.source.nativeStack, 'published');
});

test('linear memory beyond arena, scratch and state is RAM too', (t) => {
  const { ram } = price(board(), modelCost({ linearMemoryBytes: 36_000 }), {}, 'wasm3');
  t.is(ram.total, 50_000);
});

test('without tail calls the native stack grows with the nested dispatches, at the upper end', (t) => {
  const tailCalls = { value: false, source: 'made for this test', kind: 'counted' as const };
  const runtimes = { wasm3: { ...wasm3, tailCalls, stackBytesPerDispatch: figure(30, { low: 16, high: 48 }) } };
  t.is(price(board({ runtimes }), modelCost(), {}, 'wasm3').ram.nativeStack, 1_000 + 100 * 48);
  const unknown = { wasm3: { ...runtimes.wasm3, stackBytesPerDispatch: null } };
  t.is(price(board({ runtimes: unknown }), modelCost(), {}, 'wasm3').ram.nativeStack, null);
});

test('latency is ops by class x cycles of the class / clock, as a range', (t) => {
  const { latencyMs } = price(board(), modelCost(), {}, 'wasm3');
  // 600k x 10 + 400k x 20 = 14 M cycles at 100 MHz.
  t.like(latencyMs, { estimate: 140, low: 112, high: 280, ok: null, source: 'estimate' });
});

test('the head is part of the latency, a frame of the camera comes on top', (t) => {
  const aot = {
    codeBytes: figure(20_000),
    instructions: { value: {}, source: 'made for this test', kind: 'qemu' as const },
    cyclesPerInstruction: figure(2, { low: 1, high: 3, kind: 'estimate' }),
  };
  const esp32 = { chip: 'esp32', platformio: 'esp32cam', camera: {} } as const;
  const runtimes = { ...board().runtimes, aot } as unknown as Target['runtimes'];
  const target = { ...board(), runtimes, esp32 };
  const picture = { height: 96, width: 96, channels: 1 };
  const cost = modelCost({ head: { name: 'centroids', instructions: 500_000 }, picture });
  const verdict = price(target, cost, {}, 'wasm3');
  // 14 M cycles and 0.5 M instructions of 1 to 3 cycles, at 100 MHz.
  t.like(verdict.latencyMs, { estimate: 150, low: 117, high: 295 });
  t.deepEqual(verdict.head, { name: 'centroids', instructions: 500_000, ms: 10 });
  t.deepEqual(verdict.picture, { frame: '96x96 grey', instructions: 967_680, ms: 19.4 });
  t.like(price(board(), cost, {}, 'wasm3'), { head: { ms: null }, picture: null, latencyMs: { estimate: 140 } });
  t.like(price(target, modelCost(), {}, 'wasm3'), { head: null, picture: null });
});

test('ops that no kind accounts for cost the default', (t) => {
  const { latencyMs } = price(board(), modelCost({ opsByKind: {} }), {}, 'wasm3');
  t.like(latencyMs, { estimate: 100, low: 80, high: 200 });
});

test('a latency limit is held against the upper end; where only the estimate is under it the reason says so', (t) => {
  t.true(price(board(), modelCost(), { maxLatencyMs: 280 }, 'wasm3').ok);
  const between = price(board(), modelCost(), { maxLatencyMs: 200 }, 'wasm3');
  t.false(between.ok);
  t.regex(between.reasons.join(), /only the estimate, 140 ms, is within .* 280 ms, is over 200 ms/);
  const over = price(board(), modelCost(), { maxLatencyMs: 100 }, 'wasm3');
  t.false(over.ok);
  t.notRegex(over.reasons.join(), /only the estimate/);
});

test('a limit that is tighter than the board fails, one that is wider does not loosen it', (t) => {
  const tight = price(board(), modelCost(), { maxRam: 48_000 }, 'wasm3');
  t.false(tight.ok);
  t.deepEqual(tight.reasons, ['RAM: 49,000 B, 1,000 B over 48,000 B (--max-ram)']);
  const large = modelCost({ blobBytes: 110_000 });
  const wide = price(board(), large, { maxFlash: 1_000_000 }, 'wasm3');
  t.like(wide.flash, { ok: false, limit: 150_000 });
  t.regex(wide.reasons.join(), /10,000 B over 150,000 B \(made for this test\)/);
});

test('an unknown part makes the total unknown, which fails only if it is limited', (t) => {
  const target = board({ runtimes: { wasm3: { ...wasm3, flashBytes: null, cyclesPerOp: null } } });
  const free = price(target, modelCost(), {}, 'wasm3');
  t.true(free.ok);
  t.like(free.flash, { total: null, atLeast: 100_000, ok: null, runtime: null });
  t.is(free.flash.source.runtime, null);
  t.like(free.latencyMs, { estimate: null, ok: null, source: null });
  t.false(price(target, modelCost(), { maxFlash: 120_000 }, 'wasm3').ok);
  t.false(price(target, modelCost(), { maxLatencyMs: 1e6 }, 'wasm3').ok);
  t.true(price(target, modelCost(), { maxRam: 60_000 }, 'wasm3').ok);
});

test('an unknown total fails without a limit where the known parts alone are too much', (t) => {
  const target = board({ runtimes: { wasm3: { ...wasm3, flashBytes: null } } });
  const { ok, reasons } = price(target, modelCost({ blobBytes: 145_000 }), {}, 'wasm3');
  t.false(ok);
  t.regex(reasons.join(), /at least 155,000 B, 5,000 B over 150,000 B/);
});

test('a runtime that is null is unknown; one without a key cannot run there', (t) => {
  const aot = price(board(), modelCost(), {}, 'aot');
  t.true(aot.ok);
  t.like(aot.flash, { total: null, kernels: 0, ok: null });
  const js = price(board(), modelCost(), {}, 'js');
  t.false(js.ok);
  t.deepEqual(js.reasons, ['board has no js runtime: it offers wasm3, aot']);
});

test('the peak is the step with the most arena, and the advice begins with it', (t) => {
  const { peak, advice } = price(board(), modelCost(), {}, 'wasm3');
  t.deepEqual(peak, { step: 1, name: 'pw1', kind: 'conv', bytes: 28_000 });
  t.regex(advice[0], /step 1 pw1 .*28,000 B of the 30,000 B arena/);
  t.is(advice.length, 1);
});

test('advice for RAM is computed from the plan: what is over comes out of the arena', (t) => {
  // 49,000 B of 41,500: 22,500 B of the 30,000 B arena would fit, which is 0.75.
  const { advice } = price(
    board(),
    modelCost({ memory: 'fast', frame: 'resident', inputBytes: 9_216 }),
    { maxRam: 41_500 },
    'wasm3',
  );
  const text = advice.join('\n');
  t.regex(text, /--memory min/);
  t.regex(text, /--frame rows .*9,216 B/);
  t.regex(text, /22,500 B would fit: alpha times 0\.75 or the resolution times 0\.86 \(estimate/);
});

test('advice for a described MobileNet names the numbers to try', (t) => {
  const cost = modelCost({ name: 'mobilenet:0.25@96x96x1,2' });
  const ram = price(board(), cost, { maxRam: 41_500 }, 'wasm3').advice.join();
  t.regex(ram, /alpha 0\.25 -> 0\.18 or 96x96 -> 83x83/);
  const latency = price(board(), cost, { maxLatencyMs: 70 }, 'wasm3').advice.join();
  t.regex(latency, /step 1 pw1 \(conv\) takes 50 % of the ops, 2\.00 ops per MAC/);
  t.regex(latency, /alpha 0\.25 -> 0\.12 or 96x96 -> 48x48 would fit 70 ms/);
});

test('advice says so where no smaller model would help', (t) => {
  const ram = price(board(), modelCost(), { maxRam: 10_000 }, 'wasm3').advice.join();
  t.regex(ram, /without any arena it would still be 9,000 B over 10,000 B/);
  const flash = price(board(), modelCost(), { maxFlash: 40_000 }, 'wasm3').advice.join();
  t.regex(flash, /without any model it would still be 10,000 B over/);
});

test('plans that are already small get no advice to plan small', (t) => {
  const { advice } = price(board(), modelCost({ memory: 'min', frame: 'rows' }), { maxRam: 41_500 }, 'wasm3');
  t.notRegex(advice.join(), /--memory min|--frame rows/);
});

test('a model without steps has no peak', (t) => {
  t.is(price(board(), modelCost({ steps: [] }), { maxLatencyMs: 1 }, 'wasm3').peak, null);
});

test('low <= estimate <= high, totals are the sum of their parts, and more work never costs less', (t) => {
  const property = fc.property(fc.nat(1e9), fc.nat(1e9), fc.nat(1e6), (a, b, more) => {
    const opsByKind = { i32_Add_rs: a, i64_Multiply_rs: b };
    const cost = modelCost({ ops: a + b, opsByKind, steps: [step(0, 's', 1, a + b)] });
    const now = price(board(), cost, {}, 'wasm3');
    const then = price(board(), { ...cost, ops: a + b + more, arenaBytes: cost.arenaBytes + more }, {}, 'wasm3');
    const { low, estimate, high } = now.latencyMs;
    const parts = Object.keys(now.ram.source).map((part) => now.ram[part as 'arena']!);
    return (
      low! <= estimate! &&
      estimate! <= high! &&
      then.latencyMs.high! >= high! &&
      then.ram.total! >= now.ram.total! &&
      now.ram.total === parts.reduce((x, y) => x + y)
    );
  });
  t.notThrows(() => fc.assert(property));
});
