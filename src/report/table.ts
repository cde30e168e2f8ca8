/** Tables and numbers as the terminal shows them: no borders, no colours, so that they can be piped and pasted. */
import textTable from 'text-table';

export type Align = 'left' | 'right';
export type Cell = string | number;

export interface TableOptions {
  /** Alignment of each column. Default: columns of numbers to the right, others to the left. */
  align?: readonly Align[];
}

/** A table without a newline at its end. Numbers get thousands separators; strings stay as they are. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], options: TableOptions = {}): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? formatNumber(cell) : cell)));
  const align = head.map(
    (_, column) => (options.align?.[column] ?? alignment(cells.map((row) => row[column] ?? '')))[0],
  );
  // A ragged row would end the table's columns early.
  const rectangle = [[...head], ...cells].map((row) => head.map((_, column) => row[column] ?? ''));
  return textTable(rectangle, { align: align as ('l' | 'r')[], hsep: '  ' })
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** `1,234`, `0.12`, `98.5 %`, `-` or nothing. */
const NUMERIC = /^(-?[\d,]+(\.\d+)?( ?%)?|-|)$/;

function alignment(column: readonly string[]): Align {
  return column.some((cell) => cell !== '') && column.every((cell) => NUMERIC.test(cell)) ? 'right' : 'left';
}

/** Integers with thousands separators, `1,234,567`; other numbers with up to six digits after the point. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 6 });
}

/** Millions with two digits, as the paper prints them: `568.74 M`. */
export function formatMillions(value: number): string {
  return `${(value / 1e6).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })} M`;
}

/** `9,216 B` below 10,000, then KiB and MiB with one digit. */
export function formatBytes(bytes: number): string {
  if (bytes < 10_000) return `${formatNumber(bytes)} B`;
  const [value, unit] = bytes < 2 ** 20 ? [bytes / 2 ** 10, 'KiB'] : [bytes / 2 ** 20, 'MiB'];
  return `${value.toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 })} ${unit}`;
}

/** A share of one as percent: `11.9 %`. */
export function formatPercent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}
