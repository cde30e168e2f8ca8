/** Flash and RAM that a model takes on a board, part by part, held against the board and the user's limits. */

import { DEFAULT_SLOTS, mostModel } from '../boards/esp32-flash.js';
import type { Figure, Runtime, Target } from '../boards/target.js';
import { bytes } from './advice.js';
import type { ModelCost } from './cost.js';
import type { JsCost } from './js-cost.js';
import { counted, given, NONE, type Part, type RamPart, UNKNOWN, upper } from './parts.js';
import { jsOf, jsRam } from './price-js.js';
import {
  type FlashVerdict,
  isTooLarge,
  type Limits,
  type MemoryVerdict,
  type Ok,
  type PieceVerdict,
  type RamVerdict,
} from './verdict.js';

type WasmRuntime = Exclude<Runtime, 'js'>;

export function flashOf(target: Target, cost: ModelCost, limits: Limits, runtime: Runtime): FlashVerdict {
  const parts = {
    model: counted(cost.blobBytes, 'size of the .dw file'),
    // Ahead of time, the kernels become part of the runtime's code.
    kernels: runtime === 'wasm3' ? counted(cost.kernelBytes, 'size of the kernel module') : NONE,
    runtime: runtime === 'js' ? script(jsOf(target, cost)) : given(target.runtimes[runtime]?.flashBytes),
  };
  const memory = sum(parts, target.flashBytes.application, limits.maxFlash, '--max-flash');
  const slots = target.esp32 && runtime !== 'js' ? (limits.slots ?? DEFAULT_SLOTS) : null;
  const total = target.flashBytes.total;
  const modelLimit = slots && total ? mostModel(total.value, slots) : null;
  return {
    ...memory,
    ok: modelLimit !== null && cost.blobBytes > modelLimit ? false : memory.ok,
    modelLimit,
    slots,
    ...(bytesOf(parts) as Record<'kernels' | 'runtime', number | null>),
    ...sourcesOf(parts),
    model: cost.blobBytes,
  };
}

const script = (js?: JsCost): Part => (js ? counted(js.scriptBytes, `size of ${js.flavour}`) : UNKNOWN);

export function ramOf(target: Target, cost: ModelCost, limits: Limits, runtime: Runtime): RamVerdict {
  const parts = runtime === 'js' ? jsParts(target, cost) : wasmParts(target, cost, runtime);
  const memory = sum(parts, target.ramBytes.application, limits.maxRam, '--max-ram');
  const piece = pieceOf(target, parts, runtime);
  const ok = isTooLarge(piece) ? false : memory.ok;
  return { ...memory, ok, piece, ...(bytesOf(parts) as Record<RamPart, number | null>), ...sourcesOf(parts) };
}

/** The largest piece that a firmware takes at once: linear memory and, with wasm3, what that needs besides. */
function pieceOf({ ramBytes }: Target, parts: Record<RamPart, Part>, runtime: Runtime): PieceVerdict {
  const { arena, scratch, state, compiledCode, runtime: besides } = parts;
  const list = [arena, scratch, state, ...(runtime === 'wasm3' ? [compiledCode, besides] : [])];
  const whole = runtime !== 'js' && list.every((part) => part.bytes !== null);
  const bytes = whole ? list.reduce((total, part) => total + part.bytes!, 0) : null;
  const { largestBlock, external } = ramBytes;
  const limit = external && (!largestBlock || external.value > largestBlock.value) ? external : largestBlock;
  return { bytes, limit: limit?.value ?? null, limitSource: limit?.source ?? null };
}

export function pieceReasons({ piece }: RamVerdict): string[] {
  if (!isTooLarge(piece)) return [];
  return [`RAM: ${bytes(piece.bytes!)} in one piece, of which there are ${bytes(piece.limit!)} (${piece.limitSource})`];
}

export function slotReasons({ model, modelLimit, slots }: FlashVerdict): string[] {
  if (modelLimit === null || model <= modelLimit) return [];
  const where = slots === 2 ? 'each of two slots' : 'the one slot';
  return [`flash: the model is ${bytes(model)}, and ${where} for models has room for ${bytes(modelLimit)}`];
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

export function memoryReasons(what: string, { ok, total, atLeast, limit, limitSource }: MemoryVerdict): string[] {
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
