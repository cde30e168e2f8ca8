/** The report as a terminal shows it: one row per board, then where the bytes of each board go. */
import { formatBytes, formatMillions, formatNumber, table } from '../report/table.js';
import type { BaselineVerdict } from './baseline.js';
import type { BudgetReport, ModelSummary } from './report.js';
import type { BesideVerdict, FlashVerdict, LatencyVerdict, RamVerdict, TargetVerdict } from './verdict.js';

export function budgetText(report: BudgetReport, baseline?: BaselineVerdict): string {
  const blocks: string[] = [];
  for (const model of report.models) {
    const verdicts = report.targets.filter((verdict) => verdict.model === model.model);
    blocks.push(`${heading(model)}\n\n${summaryTable(verdicts)}`, ...verdicts.map(details));
  }
  for (const { model, message, code } of report.refused) blocks.push(`${model} was refused: ${message} [${code}]`);
  if (report.skipped.length > 0) blocks.push(`Not priced, without the runtime: ${report.skipped.join(', ')}`);
  if (baseline) blocks.push(baselineText(baseline));
  return `${[...blocks, report.note].join('\n\n')}\n`;
}

function heading({ model, weights, ranges, macs, ops }: ModelSummary): string {
  const madeUp = `${weights ? `, weights: ${weights}` : ''}${ranges ? `, ranges: ${ranges}` : ''}`;
  return `${model}: ${formatMillions(macs)} MACs, ${formatMillions(ops)} ops${madeUp}`;
}

/** One row per board. */
export function summaryTable(verdicts: readonly TargetVerdict[]): string {
  const rows = verdicts.map((verdict) => [
    verdict.target,
    verdict.runtime,
    memoryCell(verdict.flash),
    memoryCell(verdict.ram),
    latencyCell(verdict.latencyMs),
    verdictCell(verdict),
  ]);
  return table(['target', 'runtime', 'flash', 'RAM', 'latency in ms', 'verdict'], rows);
}

/** A board that passes while something could not be told does so with a word of doubt. */
function verdictCell({ ok, flash, ram, latencyMs }: TargetVerdict): string {
  if (!ok) return 'FAILS';
  return [flash.ok, ram.ok].includes(null) || latencyMs.estimate === null ? 'ok as far as known' : 'ok';
}

function memoryCell({ ok, total, atLeast, limit }: FlashVerdict | RamVerdict): string {
  const used = total === null ? `unknown, over ${formatBytes(atLeast)}` : formatBytes(total);
  return `${used}${limit === null ? '' : ` of ${formatBytes(limit)}`}${mark(ok)}`;
}

function latencyCell({ ok, estimate, low, high, limit }: LatencyVerdict): string {
  const bound = limit === null ? '' : ` of ${formatNumber(limit)}`;
  if (estimate === null) return `unknown${bound}${mark(ok)}`;
  const only = ok === false && estimate <= limit! ? ', only the estimate is under it' : '';
  return `${formatNumber(estimate)} (${formatNumber(low!)} to ${formatNumber(high!)})${bound}${only}${mark(ok)}`;
}

const mark = (ok: boolean | null): string => (ok === false ? ' !' : '');

/** Memories split as stedgeai does: what is only read lies in flash, what is written in RAM; code is in both. */
function details(verdict: TargetVerdict): string {
  const { target, name, flash, ram, latencyMs, reasons, advice, notes } = verdict;
  const memories = [
    ...rows('flash', flash, [
      ['model, weights (ro)', flash.model, flash.source.model],
      ['kernels (ro)', flash.kernels, flash.source.kernels],
      ['runtime (code)', flash.runtime, flash.source.runtime],
    ]),
    ...rows('RAM', ram, [
      ['activations (rw)', ram.arena, ram.source.arena],
      ['scratch (rw)', ram.scratch, ram.source.scratch],
      ['state (rw)', ram.state, ram.source.state],
      ['compiled code', ram.compiledCode, ram.source.compiledCode],
      ['runtime', ram.runtime, ram.source.runtime],
      ['native stack', ram.nativeStack, ram.source.nativeStack],
    ]),
  ];
  return [
    `${target}: ${name}`,
    indent(table(['', 'part', 'bytes', 'source'], memories, { align: ['left', 'left', 'right', 'left'] })),
    ...(latencyMs.from === null ? [] : [`  latency: ${latencyMs.from} (${latencyMs.source})`]),
    ...besides(verdict),
    ...reasons.map((reason) => `  ! ${reason}`),
    ...advice.map((line) => `  > ${line}`),
    ...notes.map((note) => `  note: ${note}`),
  ].join('\n');
}

/** Answers and pictures: estimates from instructions. */
function besides({ head, picture }: TargetVerdict): string[] {
  const cost = ({ instructions, ms }: BesideVerdict): string =>
    `${formatMillions(instructions)} instructions${ms === null ? '' : `, some ${formatNumber(ms)} ms`}`;
  return [
    ...(head ? [`  head: ${head.name}, ${cost(head)}, part of the latency (estimate)`] : []),
    ...(picture ? [`  picture: a frame of ${picture.frame}, ${cost(picture)} besides (estimate)`] : []),
  ];
}

function rows(what: string, memory: FlashVerdict | RamVerdict, parts: [string, number | null, string | null][]) {
  const exact = (bytes: number | null): string => (bytes === null ? 'unknown' : formatNumber(bytes));
  const limit = memory.limit === null ? '' : `of ${formatNumber(memory.limit)} (${memory.limitSource})`;
  return [
    ...parts.map(([part, bytes, source], i) => [i === 0 ? what : '', part, exact(bytes), source ?? '-']),
    ['', 'total', memory.total === null ? `> ${formatNumber(memory.atLeast)}` : exact(memory.total), limit],
  ];
}

const indent = (text: string): string => text.replace(/^/gm, '  ');

function baselineText({ ok, growth, notes }: BaselineVerdict): string {
  const lines = [...growth.map(({ message }) => `  ! ${message}`), ...notes.map((note) => `  note: ${note}`)];
  return [ok ? 'Baseline: nothing grew' : 'Baseline: grown', ...lines].join('\n');
}
