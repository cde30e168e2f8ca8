/** Milliseconds of one inference on a board, as a range: counted work x the board's cycles for it / clock. */

import { opClass } from '../boards/op-class.js';
import type { Figure, FigureKind, Runtime, Target } from '../boards/target.js';
import { formatMillions, formatNumber } from '../report/table.js';
import type { WorkUnit } from '../steps/work.js';
import type { ModelCost } from './cost.js';
import { upper } from './parts.js';
import { jsCycles, jsOf } from './price-js.js';
import type { LatencyVerdict, Limits } from './verdict.js';

/** Cycles of one inference, as a range, and what they rest on. */
interface Cycles {
  low: number;
  estimate: number;
  high: number;
  kinds: Set<FigureKind>;
  from: string;
}

/** Milliseconds of one inference: cycles / clock. */
export function latencyOf(target: Target, cost: ModelCost, limits: Limits, runtime: Runtime): LatencyVerdict {
  const limit = limits.maxLatencyMs ?? null;
  const inference = { js: jsCyclesOf, wasm3: wasm3Cycles, aot: aotCycles }[runtime](target, cost);
  const cycles = inference && runtime !== 'js' ? withHead(inference, target, cost) : inference;
  const clock = target.clockHz;
  if (!cycles || !clock) {
    const ok = limit === null ? null : false;
    return { ok, estimate: null, low: null, high: null, limit, source: null, from: null };
  }
  const ms = (count: number, round: (value: number) => number): number =>
    threeDigits((count / clock.value) * 1000, round);
  const worst = ms(cycles.high, Math.ceil);
  return {
    ok: limit === null ? null : worst <= limit,
    estimate: ms(cycles.estimate, Math.round),
    low: ms(cycles.low, Math.floor),
    high: worst,
    limit,
    source: cycles.kinds.size === 1 ? [...cycles.kinds][0] : 'estimate',
    from: `${cycles.from} at ${clock.value / 1e6} MHz`,
  };
}

/** C beside an inference: instructions x cycles of one, as native kernels have them. */
function cyclesIn(target: Target, instructions: number): Omit<Cycles, 'from'> | undefined {
  const cycles = target.runtimes.aot?.cyclesPerInstruction;
  if (!cycles) return undefined;
  const [low, estimate, high] = [cycles.low ?? cycles.value, cycles.value, upper(cycles)];
  const kinds = new Set<FigureKind>([cycles.kind]);
  return { low: instructions * low, estimate: instructions * estimate, high: instructions * high, kinds };
}

/** An inference, and its answer read out of the outputs. */
function withHead(cycles: Cycles, target: Target, { head }: ModelCost): Cycles {
  const more = head && cyclesIn(target, head.instructions);
  if (!more) return cycles;
  return {
    low: cycles.low + more.low,
    estimate: cycles.estimate + more.estimate,
    high: cycles.high + more.high,
    kinds: new Set([...cycles.kinds, ...more.kinds]),
    from: `${cycles.from} + ${formatNumber(head.instructions)} instructions of the head`,
  };
}

/** Milliseconds that C beside an inference is estimated to take; null where the board's figures do not tell. */
export function besides(target: Target, instructions: number): number | null {
  const cycles = cyclesIn(target, instructions);
  return cycles && target.clockHz ? threeDigits((cycles.estimate / target.clockHz.value) * 1000, Math.round) : null;
}

/** Ops by class x cycles of the class. */
function wasm3Cycles(target: Target, cost: ModelCost): Cycles | undefined {
  const cycles = target.runtimes.wasm3?.cyclesPerOp;
  if (!cycles?.default) return undefined;
  const from = `${formatNumber(cost.ops)} ops counted by kind x cycles per op (${cycles.default.source})`;
  const total: Cycles = { low: 0, estimate: 0, high: 0, kinds: new Set(), from };
  const add = (figure: Figure, count: number): void => {
    total.kinds.add(figure.kind);
    total.low += count * (figure.low ?? figure.value);
    total.estimate += count * figure.value;
    total.high += count * upper(figure);
  };
  let rest = cost.ops;
  for (const [name, count] of Object.entries(cost.opsByKind)) {
    rest -= count;
    add(cycles[opClass(name)] ?? cycles.default, count);
  }
  if (rest > 0) add(cycles.default, rest);
  return total;
}

/** Work x instructions of its unit x cycles per instruction. */
function aotCycles(target: Target, cost: ModelCost): Cycles | undefined {
  const { instructions, cyclesPerInstruction: cycles } = target.runtimes.aot ?? {};
  if (!instructions || !cycles || !cost.work) return undefined;
  const count = Object.entries(cost.work).reduce(
    (sum, [unit, times]) => sum + times * (instructions.value[unit as WorkUnit] ?? 0),
    0,
  );
  return {
    low: count * (cycles.low ?? cycles.value),
    estimate: count * cycles.value,
    high: count * upper(cycles),
    kinds: new Set([instructions.kind, cycles.kind]),
    from: `${formatMillions(count)} instructions (${instructions.source}) x ${cycles.value} cycles (${cycles.source})`,
  };
}

/** Multiply-accumulates by kind x cycles of the kind. */
function jsCyclesOf(target: Target, cost: ModelCost): Cycles | undefined {
  const js = jsOf(target, cost);
  const cycles = js && jsCycles(target.runtimes.js!, js);
  if (!cycles) return undefined;
  const { figures, ...ends } = cycles;
  const macs = formatMillions(js.work.convMac + js.work.depthwiseMac);
  const from = `${macs} MACs counted by kind x cycles per MAC (${figures[0].source})`;
  return { ...ends, kinds: new Set(figures.map(({ kind }) => kind)), from };
}

/** Three significant digits: more would be a lie. The ends are rounded outwards, so that what is printed is compared. */
function threeDigits(ms: number, round: (value: number) => number): number {
  if (ms === 0) return 0;
  const digits = 2 - Math.floor(Math.log10(ms));
  // Twelve digits first: 69.8 must not become 69.7 because it is stored as 69.79999999999999.
  return Number(`${round(Number((ms * 10 ** digits).toPrecision(12)))}e${-digits}`);
}

export function latencyReasons({ ok, estimate, high, limit }: LatencyVerdict): string[] {
  if (estimate === null || high === null) {
    return [`latency: unknown${ok === false ? '; a limit cannot be held against it (--max-latency)' : ''}`];
  }
  if (ok !== false) return [];
  const range = `the upper end of the range, ${formatNumber(high)} ms, is over ${formatNumber(limit!)} ms (--max-latency)`;
  return [
    estimate <= limit!
      ? `latency: only the estimate, ${formatNumber(estimate)} ms, is within the limit; ${range}`
      : `latency: ${range}`,
  ];
}
