/** Price of a model on a board, from counted work and the board's figures: pure, nothing is run or measured here. */

import type { Runtime, Target } from '../boards/target.js';
import { cameraFrame, frameInstructions, frameText } from '../pictures/cost.js';
import { advise } from './advice.js';
import type { ModelCost, StepCost } from './cost.js';
import { jsOf } from './price-js.js';
import { besides, latencyOf, latencyReasons } from './price-latency.js';
import { flashOf, memoryReasons, pieceReasons, ramOf, slotReasons } from './price-memory.js';
import type { Limits, TargetVerdict } from './verdict.js';

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
    head: runtime === 'js' ? null : headOf(target, cost),
    picture: runtime === 'js' ? null : pictureOf(target, cost),
    limits,
    peak: peak && { step: peak.index, name: peak.name, kind: peak.kind, bytes: peak.arenaBytes },
    advice: [],
    reasons: [],
    notes: target.notes,
  };
  verdict.reasons = offered
    ? [
        ...memoryReasons('flash', flash),
        ...slotReasons(flash),
        ...memoryReasons('RAM', ram),
        ...pieceReasons(ram),
        ...latencyReasons(latencyMs),
      ]
    : [`${target.id} has no ${runtime} runtime: it offers ${Object.keys(target.runtimes).join(', ')}`];
  verdict.advice = advise(target, cost, verdict, jsOf(target, cost));
  return verdict;
}

function headOf(target: Target, { head }: ModelCost): TargetVerdict['head'] {
  return head ? { ...head, ms: besides(target, head.instructions) } : null;
}

/** Frame that the example of a bundle asks the camera for. */
function pictureOf(target: Target, { picture }: ModelCost): TargetVerdict['picture'] {
  if (!picture || !target.esp32?.camera) return null;
  const frame = cameraFrame(picture);
  const instructions = Math.round(frameInstructions(frame, picture));
  return { frame: frameText(frame), instructions, ms: besides(target, instructions) };
}
