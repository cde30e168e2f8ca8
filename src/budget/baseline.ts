/** A former report as the limit: flash and RAM may not grow by a byte, ops not by more than OPS_TOLERANCE. */
import { readFileSync } from 'node:fs';
import { DepthwiseError } from '../errors.js';
import { formatNumber } from '../report/table.js';
import type { StepCost } from './cost.js';
import type { BudgetReport } from './report.js';
import type { TargetVerdict } from './verdict.js';

/**
 * Ops depend a little on the input (a clamp that is taken, a tie), so a hundredth is noise. Latency is not compared:
 * it is ops times the board's figures, and a better figure in targets/ is no change of the model.
 */
export const OPS_TOLERANCE = 0.01;

export interface Growth {
  model: string;
  /** Absent for ops: they are the same on every board. */
  target?: string;
  what: 'flash' | 'ram' | 'ops';
  before: number;
  after: number;
  /** The part of the memory that grew most. */
  part?: string;
  /** The step that grew most. */
  step?: { index: number; name: string; kind: string; before: number; after: number };
  message: string;
}

export interface BaselineVerdict {
  ok: boolean;
  growth: Growth[];
  /** Comparisons that could not be made. */
  notes: string[];
}

type Before = Pick<BudgetReport, 'models' | 'targets'>;

/**
 * Reads a file that `budget --json` wrote.
 * @throws DepthwiseError INPUT_UNREADABLE, CONFIG_INVALID
 */
export function readBaseline(file: string): Before {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new DepthwiseError(
      'INPUT_UNREADABLE',
      `cannot read the baseline ${file}: ${(cause as Error).message}. Make one with: depthwise budget ... --json > ${file}`,
      { cause },
    );
  }
  const report = parse(text);
  if (!Array.isArray(report?.models) || !Array.isArray(report?.targets)) {
    throw new DepthwiseError(
      'CONFIG_INVALID',
      `the baseline ${file} is not a report of budget: expected JSON with models[] and targets[]. Make one with: depthwise budget ... --json > ${file}`,
    );
  }
  return report as Before;
}

function parse(text: string): Partial<Before> | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Growth from `before` to `after`, model by model and board by board. */
export function compareWithBaseline(before: Before, after: Before): BaselineVerdict {
  const growth: Growth[] = [];
  const notes: string[] = [];
  for (const model of after.models) {
    const old = before.models.find((candidate) => candidate.model === model.model);
    if (!old) {
      notes.push(`${model.model} is not in the baseline`);
      continue;
    }
    if (model.ops <= old.ops * (1 + OPS_TOLERANCE)) continue;
    const step = grownMost(old.steps, model.steps, 'ops');
    growth.push(grown({ model: model.model, what: 'ops', before: old.ops, after: model.ops, step }));
  }
  for (const verdict of after.targets) {
    const { model, target, runtime } = verdict;
    const same = (other: { model: string }): boolean => other.model === model;
    const old = before.targets.find((other) => same(other) && other.target === target && other.runtime === runtime);
    if (!old) {
      if (before.models.some(same)) notes.push(`${model} on ${target} (${runtime}) is not in the baseline`);
      continue;
    }
    const steps = [before.models.find(same)!.steps, after.models.find(same)!.steps] as const;
    for (const what of ['flash', 'ram'] as const) {
      const parts = knownParts(old, verdict, what);
      const total = (side: 'before' | 'after'): number => parts.reduce((bytes, part) => bytes + part[side], 0);
      if (total('after') <= total('before')) continue;
      const part = parts.reduce((a, b) => (a.after - a.before >= b.after - b.before ? a : b)).name;
      const step = grownMost(...steps, what === 'ram' ? 'arenaBytes' : 'weightBytes');
      growth.push(grown({ model, target, what, before: total('before'), after: total('after'), part, step }));
    }
  }
  return { ok: growth.length === 0, growth, notes };
}

const PARTS = {
  flash: ['model', 'kernels', 'runtime'],
  ram: ['arena', 'scratch', 'state', 'compiledCode', 'runtime', 'nativeStack'],
} as const;

/** Parts that both reports know: a figure that became known is not growth. */
function knownParts(old: TargetVerdict, now: TargetVerdict, what: 'flash' | 'ram') {
  return PARTS[what].flatMap((name) => {
    const [before, after] = [old, now].map(
      (verdict) => (verdict[what] as unknown as Record<string, unknown> | undefined)?.[name],
    );
    return typeof before === 'number' && typeof after === 'number' ? [{ name, before, after }] : [];
  });
}

/** Steps are matched by name and by which of that name they are, so that one inserted in front shifts nothing. */
function grownMost(
  before: readonly StepCost[],
  after: readonly StepCost[],
  field: 'ops' | 'arenaBytes' | 'weightBytes',
) {
  const keyed = (steps: readonly StepCost[]): Map<string, StepCost> => {
    const seen = new Map<string, number>();
    return new Map(
      steps.map((step) => {
        const nth = (seen.get(step.name) ?? 0) + 1;
        seen.set(step.name, nth);
        return [`${step.name}#${nth}`, step];
      }),
    );
  };
  const old = keyed(before);
  let most: Growth['step'];
  for (const [key, { index, name, kind, ...step }] of keyed(after)) {
    const was = old.get(key)?.[field] ?? 0;
    const is = step[field] ?? 0;
    if (is - was > (most ? most.after - most.before : 0)) most = { index, name, kind, before: was, after: is };
  }
  return most;
}

const UNIT = { flash: 'B', ram: 'B', ops: 'ops' };
const STEP_UNIT = { flash: 'B of weights', ram: 'B of arena', ops: 'ops' };

function grown(growth: Omit<Growth, 'message'>): Growth {
  const { model, target, what, before, after, part, step } = growth;
  const change = (from: number, to: number, unit: string): string =>
    `${formatNumber(from)} -> ${formatNumber(to)} ${unit}`;
  const message = [
    `${model}${target ? ` on ${target}` : ''}: ${what === 'ram' ? 'RAM' : what} grew ${change(before, after, UNIT[what])}`,
    part ? `most in ${part}` : '',
    step
      ? `step that grew most: ${step.index} ${step.name} (${step.kind}), ${change(step.before, step.after, STEP_UNIT[what])}`
      : '',
  ];
  return { ...growth, message: message.filter((clause) => clause !== '').join('; ') };
}
