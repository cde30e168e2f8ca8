/**
 * Advice that would bring a model under a limit, computed from its own figures by scaling: always said as an estimate.
 */

import { mostModel } from '../boards/esp32-flash.js';
import type { Runtime, Target } from '../boards/target.js';
import { formatMillions, formatNumber, formatPercent } from '../report/table.js';
import type { ModelCost } from './cost.js';
import type { JsCost } from './js-cost.js';
import { isTooLarge, type TargetVerdict } from './verdict.js';

/** To the byte: budgets are. */
export const bytes = (count: number): string => `${formatNumber(count)} B`;

/** Advice for one board, the peak first. */
export function advise(target: Target, cost: ModelCost, verdict: TargetVerdict, js: JsCost | undefined): string[] {
  const lines: string[] = [];
  const { peak, ram, flash, latencyMs } = verdict;
  if (peak) {
    lines.push(
      `RAM peaks at step ${peak.step} ${peak.name} (${peak.kind}): ${bytes(peak.bytes)} of the ${bytes(cost.arenaBytes)} arena are live there`,
    );
  }
  const overRam = ram.limit === null ? 0 : ram.atLeast - ram.limit;
  if (overRam > 0) lines.push(...smallerArena(cost, overRam, ram.limit!));
  else if (isTooLarge(ram.piece)) {
    lines.push(...smallerArena(cost, ram.piece.bytes! - ram.piece.limit!, ram.piece.limit!));
    if (!target.ramBytes.external) lines.push('a board with PSRAM has it in one piece');
  }
  if (flash.slots === 2 && flash.model > flash.modelLimit!) {
    const one = mostModel(target.flashBytes.total!.value, 1);
    if (flash.model <= one) lines.push(`--slots 1 has room for ${bytes(one)}, and no model to go back to`);
  }
  const overFlash = flash.limit === null ? 0 : flash.atLeast - flash.limit;
  if (overFlash > 0) lines.push(smallerModel(cost, overFlash, flash.limit!));
  if (latencyMs.ok === false && latencyMs.high !== null)
    lines.push(...lessWork(cost, verdict.runtime, latencyMs.high, latencyMs.limit!));
  if (verdict.runtime === 'js') lines.push(...slow(js, verdict));
  return lines;
}

/** Seconds after which an interpreted network is said to be slow, limit or not. */
const PATIENCE = 1;

/** Advice for a slow board: what its JavaScript does in a second is seldom what one thinks. */
function slow(js: JsCost | undefined, { latencyMs }: TargetVerdict): string[] {
  const seconds = (latencyMs.estimate ?? 0) / 1000;
  if (!js || seconds <= PATIENCE) return [];
  const macs = js.work.convMac + js.work.depthwiseMac;
  const rate = macs / seconds;
  return [
    `${formatMillions(macs)} MACs at ${formatNumber(Math.round(rate / 100) / 10)} k MAC/s are ${duration(seconds)}: a model of ${formatNumber(Math.floor(rate * PATIENCE))} MACs would take ${PATIENCE} s (estimate)`,
  ];
}

const duration = (seconds: number): string =>
  seconds < 120 ? `${formatNumber(Math.round(seconds))} s` : `${formatNumber(Math.round(seconds / 60))} minutes`;

/** Activations grow with alpha, and with the area of the input. */
function smallerArena(cost: ModelCost, over: number, limit: number): string[] {
  const lines: string[] = [];
  if (cost.memory === 'fast') lines.push('--memory min plans the same network for the smallest arena');
  if (cost.frame === 'resident') {
    const frame = cost.inputBytes ? ` (${bytes(cost.inputBytes)})` : '';
    lines.push(`--frame rows takes the input frame${frame} out of RAM: the camera's rows are pushed as they come`);
  }
  const room = cost.arenaBytes - over;
  if (room <= 0) {
    lines.push(
      `without any arena it would still be ${bytes(-room)} over ${bytes(limit)}: scratch, code, stack and runtime do not shrink with alpha`,
    );
  } else {
    const factor = room / cost.arenaBytes;
    lines.push(
      `an arena of ${bytes(room)} would fit: ${scaled(cost, factor, Math.sqrt(factor))} (estimate: scaled from this plan)`,
    );
  }
  return lines;
}

/** Weights grow with alpha squared and not with the resolution. */
function smallerModel(cost: ModelCost, over: number, limit: number): string {
  const room = cost.blobBytes - over;
  if (room <= 0)
    return `without any model it would still be ${bytes(-room)} over ${bytes(limit)}: a larger app partition is needed`;
  return `the model is ${bytes(cost.blobBytes)}; ${bytes(room)} would fit: ${scaled(cost, Math.sqrt(room / cost.blobBytes))} (estimate: weights grow with alpha squared)`;
}

/** Multiplications grow with alpha squared and with the area of the input. */
function lessWork(cost: ModelCost, runtime: Runtime, high: number, limit: number): string[] {
  const top = cost.steps.reduce((a, b) => (a.ops >= b.ops ? a : b), cost.steps[0]);
  const lines: string[] = [];
  // Ops are wasm3's.
  if (top && cost.ops > 0 && runtime !== 'js') {
    const perMac = top.macs > 0 ? `, ${(top.ops / top.macs).toFixed(2)} ops per MAC` : '';
    lines.push(
      `step ${top.index} ${top.name} (${top.kind}) takes ${formatPercent(top.ops / cost.ops, 0)} of the ops${perMac}`,
    );
  }
  if (cost.memory === 'min') lines.push('--memory fast trades RAM for fewer ops');
  const factor = Math.sqrt(limit / high);
  lines.push(
    `${scaled(cost, factor, factor)} would fit ${formatNumber(limit)} ms (estimate: work grows with the square of either)`,
  );
  return lines;
}

/** "alpha 0.25 -> 0.17 or 96x96 -> 66x66" where the name says what it is now, else factors. */
function scaled(cost: ModelCost, alphaFactor: number, sizeFactor?: number): string {
  const spec = /^mobilenet:([\d.]+)@(\d+)x(\d+)x/.exec(cost.name);
  if (!spec) {
    const size = sizeFactor === undefined ? '' : ` or the resolution times ${floor2(sizeFactor)}`;
    return `alpha times ${floor2(alphaFactor)}${size}`;
  }
  const [alpha, height, width] = [Number(spec[1]), Number(spec[2]), Number(spec[3])];
  const size =
    sizeFactor === undefined
      ? ''
      : ` or ${height}x${width} -> ${Math.floor(height * sizeFactor)}x${Math.floor(width * sizeFactor)}`;
  return `alpha ${alpha} -> ${floor2(alpha * alphaFactor)}${size}`;
}

const floor2 = (value: number): number => Math.floor(value * 100) / 100;
