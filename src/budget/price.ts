/** What a model costs on a board, from counted work and the board's figures: pure, nothing is run or measured here. */
import { formatMillions, formatNumber } from '../report/table.js';
import { advise, bytes } from './advice.js';
import type { JsCost } from './js-cost.js';
import { opClass } from './op-class.js';
import { counted, given, NONE, type Part, type RamPart, UNKNOWN, upper } from './parts.js';
import { jsCycles, jsRam } from './price-js.js';
import type { Figure, FigureKind, JsEngine, Runtime, Target } from './target.js';
import type { Work, WorkUnit } from './work.js';

type WasmRuntime = Exclude<Runtime, 'js'>;

/** One step of the blob. */
export interface StepCost {
  index: number;
  name: string;
  kind: string;
  /** Arena bytes that are live while it runs. */
  arenaBytes: number;
  ops: number;
  macs: number;
  /** Bytes of the blob that are the step's own: weights, biases and tables. */
  weightBytes?: number;
}

/** What compiling a model and running it once in the simulator counts. */
export interface ModelCost {
  name: string;
  blobBytes: number;
  arenaBytes: number;
  scratchBytes: number;
  stateBytes: number;
  /** Size of kernels.wasm, which lies in the board's flash. */
  kernelBytes: number;
  /** RAM of the code that wasm3 compiles. */
  compiledCodeBytes: number;
  maxNativeDepth: number;
  linearMemoryBytes: number;
  /** Dispatched wasm3 ops of one inference. */
  ops: number;
  opsByKind: Record<string, number>;
  steps: StepCost[];
  macs: number;
  randomWeights?: boolean;
  randomRanges?: boolean;
  /** How it was planned and fed: advice is about what could be changed. */
  memory?: 'min' | 'fast';
  frame?: 'resident' | 'rows';
  inputBytes?: number;
  /** What native kernels are priced by. */
  work?: Work;
  /** What the JavaScript runtime takes and does in each engine. */
  js?: Record<JsEngine, JsCost>;
}

export interface Limits {
  maxFlash?: number;
  maxRam?: number;
  maxLatencyMs?: number;
}

/** Three answers: yes, no, and null for what cannot be told. */
export type Ok = boolean | null;

interface MemoryVerdict {
  ok: Ok;
  /** null where a part is unknown; atLeast is then the sum of the others. */
  total: number | null;
  atLeast: number;
  limit: number | null;
  limitSource: string | null;
}

export interface FlashVerdict extends MemoryVerdict {
  model: number;
  kernels: number | null;
  runtime: number | null;
  source: Record<'model' | 'kernels' | 'runtime', FigureKind | null>;
  from: Record<'model' | 'kernels' | 'runtime', string | null>;
}

export interface RamVerdict extends MemoryVerdict, Record<RamPart, number | null> {
  source: Record<RamPart, FigureKind | null>;
  from: Record<RamPart, string | null>;
}

export interface LatencyVerdict {
  ok: Ok;
  estimate: number | null;
  low: number | null;
  high: number | null;
  limit: number | null;
  source: FigureKind | null;
  from: string | null;
}

export interface TargetVerdict {
  target: string;
  name: string;
  runtime: Runtime;
  ok: boolean;
  flash: FlashVerdict;
  ram: RamVerdict;
  latencyMs: LatencyVerdict;
  limits: Limits;
  /** The step that needs the most arena. */
  peak: { step: number; name: string; kind: string; bytes: number } | null;
  advice: string[];
  /** Why ok is false, and what could not be told. */
  reasons: string[];
  notes: string[];
}

/**
 * Prices `cost` on `target`. Without limits, ok means that it fits the flash and RAM the board leaves to an application;
 * a limit may only be tighter than the board. A latency limit is compared with the upper end of the range. What is
 * unknown fails only if it is limited.
 */
export function price(target: Target, cost: ModelCost, limits: Limits, runtime: Runtime): TargetVerdict {
  const flash = flashOf(target, cost, limits, runtime);
  const ram = ramOf(target, cost, limits, runtime);
  const latencyMs = latencyOf(target, cost, limits, runtime);
  const offered = runtime in target.runtimes;
  const peak = cost.steps.reduce<StepCost | null>((a, b) => (a && a.arenaBytes >= b.arenaBytes ? a : b), null);
  const verdict: TargetVerdict = {
    target: target.id,
    name: target.name,
    runtime,
    ok: offered && flash.ok !== false && ram.ok !== false && latencyMs.ok !== false,
    flash,
    ram,
    latencyMs,
    limits,
    peak: peak && { step: peak.index, name: peak.name, kind: peak.kind, bytes: peak.arenaBytes },
    advice: [],
    reasons: [],
    notes: target.notes,
  };
  verdict.reasons = offered
    ? [...memoryReasons('flash', flash), ...memoryReasons('RAM', ram), ...latencyReasons(latencyMs)]
    : [`${target.id} has no ${runtime} runtime: it offers ${Object.keys(target.runtimes).join(', ')}`];
  verdict.advice = advise(cost, verdict, jsOf(target, cost));
  return verdict;
}

function flashOf(target: Target, cost: ModelCost, limits: Limits, runtime: Runtime): FlashVerdict {
  const parts = {
    model: counted(cost.blobBytes, 'size of the .dw file'),
    // Ahead of time, the kernels become part of the runtime's code.
    kernels: runtime === 'wasm3' ? counted(cost.kernelBytes, 'size of kernels.wasm') : NONE,
    runtime: runtime === 'js' ? script(jsOf(target, cost)) : given(target.runtimes[runtime]?.flashBytes),
  };
  const memory = sum(parts, target.flashBytes.application, limits.maxFlash, '--max-flash');
  return {
    ...memory,
    ...(bytesOf(parts) as Record<'kernels' | 'runtime', number | null>),
    ...sourcesOf(parts),
    model: cost.blobBytes,
  };
}

/** In the board's engine. */
const jsOf = ({ runtimes }: Target, { js }: ModelCost): JsCost | undefined =>
  runtimes.js ? js?.[runtimes.js.engine] : undefined;

const script = (js?: JsCost): Part => (js ? counted(js.scriptBytes, `size of ${js.flavour}`) : UNKNOWN);

function ramOf(target: Target, cost: ModelCost, limits: Limits, runtime: Runtime): RamVerdict {
  const parts = runtime === 'js' ? jsParts(target, cost) : wasmParts(target, cost, runtime);
  const memory = sum(parts, target.ramBytes.application, limits.maxRam, '--max-ram');
  return { ...memory, ...(bytesOf(parts) as Record<RamPart, number | null>), ...sourcesOf(parts) };
}

function jsParts(target: Target, cost: ModelCost): Record<RamPart, Part> {
  const js = jsOf(target, cost);
  if (js) return jsRam(target.runtimes.js, js, cost.arenaBytes);
  const arena = counted(cost.arenaBytes, 'plan');
  return { arena, scratch: UNKNOWN, state: UNKNOWN, compiledCode: NONE, runtime: UNKNOWN, nativeStack: NONE };
}

function wasmParts(target: Target, cost: ModelCost, runtime: WasmRuntime): Record<RamPart, Part> {
  return {
    arena: counted(cost.arenaBytes, 'plan'),
    scratch: counted(Math.max(cost.scratchBytes, cost.linearMemoryBytes - cost.arenaBytes - cost.stateBytes), 'plan'),
    state: counted(cost.stateBytes, 'plan'),
    compiledCode: runtime === 'wasm3' ? counted(cost.compiledCodeBytes, 'simulator, 32-bit words, whole pages') : NONE,
    runtime: given(target.runtimes[runtime]?.ramBytes),
    nativeStack: nativeStack(target, cost, runtime),
  };
}

/** The upper end of the range: a stack that is too small does not fail, it overwrites. */
export function nativeStack(target: Target, cost: Pick<ModelCost, 'maxNativeDepth'>, runtime: Runtime): Part {
  if (runtime === 'aot') return given(target.runtimes.aot?.stackBytes);
  const figures = runtime === 'wasm3' ? target.runtimes.wasm3 : undefined;
  if (!figures?.stackBytes || !figures.tailCalls) return UNKNOWN;
  const base = upper(figures.stackBytes);
  if (figures.tailCalls.value) {
    return { bytes: base, source: figures.stackBytes.kind, from: figures.stackBytes.source };
  }
  const each = figures.stackBytesPerDispatch;
  if (!each) return UNKNOWN;
  return {
    bytes: Math.ceil(base + cost.maxNativeDepth * upper(each)),
    source: each.kind,
    from: `${cost.maxNativeDepth} nested dispatches (counted) x ${upper(each)} B (${each.source}) + ${base} B`,
  };
}

/** Adds the parts and holds them against the tighter of the board and the user's limit. */
function sum(
  parts: Record<string, Part>,
  board: Figure | null,
  limit: number | undefined,
  option: string,
): MemoryVerdict {
  const all = Object.values(parts);
  const atLeast = all.reduce((bytes, part) => bytes + (part.bytes ?? 0), 0);
  const total = all.every((part) => part.bytes !== null) ? atLeast : null;
  const boardIsTighter = board !== null && (limit === undefined || board.value < limit);
  const bound = boardIsTighter ? board.value : (limit ?? null);
  let ok: Ok = null;
  if (bound !== null && atLeast > bound) ok = false;
  else if (total === null) ok = limit === undefined ? null : false;
  else if (bound !== null) ok = true;
  const limitSource = boardIsTighter ? board.source : limit === undefined ? null : option;
  return { ok, total, atLeast, limit: bound, limitSource };
}

const bytesOf = (parts: Record<string, Part>): Record<string, number | null> =>
  Object.fromEntries(Object.entries(parts).map(([key, part]) => [key, part.bytes]));

function sourcesOf<K extends string>(parts: Record<K, Part>) {
  const pick = <F extends 'source' | 'from'>(field: F) =>
    Object.fromEntries(Object.entries<Part>(parts).map(([key, part]) => [key, part[field]])) as Record<K, Part[F]>;
  return { source: pick('source'), from: pick('from') };
}

/** Cycles of one inference, as a range, and what they rest on. */
interface Cycles {
  low: number;
  estimate: number;
  high: number;
  kinds: Set<FigureKind>;
  from: string;
}

/** Milliseconds of one inference: cycles / clock. */
function latencyOf(target: Target, cost: ModelCost, limits: Limits, runtime: Runtime): LatencyVerdict {
  const limit = limits.maxLatencyMs ?? null;
  const cycles = { js: jsCyclesOf, wasm3: wasm3Cycles, aot: aotCycles }[runtime](target, cost);
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

function memoryReasons(what: string, { ok, total, atLeast, limit, limitSource }: MemoryVerdict): string[] {
  if (total === null) {
    if (limit !== null && atLeast > limit) {
      return [`${what}: at least ${bytes(atLeast)}, ${bytes(atLeast - limit)} over ${bytes(limit)} (${limitSource})`];
    }
    return [
      `${what}: unknown, at least ${bytes(atLeast)}${ok === false ? `; a limit cannot be held against it (${limitSource})` : ''}`,
    ];
  }
  if (ok !== false) return [];
  return [`${what}: ${bytes(total)}, ${bytes(total - limit!)} over ${bytes(limit!)} (${limitSource})`];
}

function latencyReasons({ ok, estimate, high, limit }: LatencyVerdict): string[] {
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
