/** The answer as a terminal shows it. */
import { DISCLAIMER } from '../budget/report.js';
import { type Cell, formatBytes, formatMillions, formatNumber, formatPercent, table } from '../report/table.js';
import type { Priced } from './pricing.js';
import type { BoardAnswer } from './search.js';

/** @param top rows of each front */
export function searchText(boards: readonly BoardAnswer[], skipped: readonly string[], top: number): string {
  const blocks = boards.map((board) => boardText(board, top));
  if (boards.length > 1) blocks.push(summary(boards));
  if (skipped.length > 0) blocks.push(`Not priced, without the runtime: ${skipped.join(', ')}`);
  return [...blocks, DISCLAIMER].join('\n\n');
}

function boardText({ target, candidates, fit, front, nearest }: BoardAnswer, top: number): string {
  const head = `${target}: ${formatNumber(fit)} of ${formatNumber(candidates)} networks fit, ${formatNumber(front.length)} of them on the front`;
  if (front.length === 0) {
    const why = nearest.reasons.map((reason) => `  ! ${reason}`);
    return [head, `  the smallest one, ${nearest.model}:`, ...why].join('\n');
  }
  const rest = front.length > top ? [`and ${formatNumber(front.length - top)} more: --top, or --json for all`] : [];
  const known = front.some(({ accuracy }) => accuracy !== undefined);
  const names = ['alpha', 'size', 'depth', ...(known ? ['accuracy'] : []), 'MACs', 'latency in ms', 'RAM', 'flash'];
  const rows = front
    .slice(0, top)
    .map((one): Cell[] => [
      one.alpha,
      one.size,
      one.depth,
      ...(known ? [one.accuracy === undefined ? '' : formatPercent(one.accuracy)] : []),
      ...costs(one),
    ]);
  return [head, '', table(names, rows), ...rest].join('\n');
}

const costs = ({ macs, latencyMs, ramBytes, flashBytes }: Priced): Cell[] => [
  formatMillions(macs),
  latencyMs.estimate === null
    ? 'unknown'
    : `${formatNumber(latencyMs.estimate)} (${formatNumber(latencyMs.low!)} to ${formatNumber(latencyMs.high!)})`,
  ramBytes === null ? 'unknown' : formatBytes(ramBytes),
  flashBytes === null ? 'unknown' : formatBytes(flashBytes),
];

/** Summary of the boards: the best of each front. */
function summary(boards: readonly BoardAnswer[]): string {
  const rows = boards.map(({ target, fit, front: [best] }): Cell[] =>
    best ? [target, fit, best.model, ...costs(best)] : [target, fit, 'none', '', '', '', ''],
  );
  return table(['target', 'fit', 'best', 'MACs', 'latency in ms', 'RAM', 'flash'], rows);
}
