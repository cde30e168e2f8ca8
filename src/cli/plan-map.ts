/** A plan as a picture of 80 columns: what the arena holds while each step works. */

import type { Plan } from '../plan/plan.js';
import { FEED } from '../program/layout.js';
import type { Program } from '../program/program.js';
import { formatNumber } from '../report/table.js';
import { shorten } from './info.js';

const CELLS = 64;
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const FREE = '.';

/** A line per step, at its fullest task, and a legend. */
export function planMap(program: Program, plan: Plan): string {
  const letters = new Map<number, string>();
  const letterOf = (buffer: number): string => {
    if (!letters.has(buffer)) letters.set(buffer, LETTERS[letters.size % LETTERS.length]);
    return letters.get(buffer)!;
  };
  const cell = Math.max(1, plan.arenaBytes / CELLS);
  const lines = program.steps.map((_, step) => {
    const time = fullestTask(plan, step);
    const cells = cellsAt(plan, time, cell, letterOf);
    const live = formatNumber(plan.live[time + 1] ?? 0);
    return `${String(step).padStart(4)} ${cells} ${live.padStart(10)}`;
  });
  const legend = [...letters].map(([buffer, letter]) => `${letter} ${shorten(program.buffers[buffer].name, 22)}`);
  return [
    `step arena of ${formatNumber(plan.arenaBytes)} B, ${formatNumber(Math.round(cell))} B a letter`.padEnd(70) +
      'live B'.padStart(10),
    ...lines,
    '',
    ...columns(legend, 3),
  ].join('\n');
}

function fullestTask({ taskSteps, live }: Plan, step: number): number {
  let best = taskSteps.indexOf(step);
  taskSteps.forEach((other, time) => {
    if (other !== FEED && other === step && live[time + 1] > live[best + 1]) best = time;
  });
  return best;
}

/** The tensor that has most of each cell. */
function cellsAt({ lives, offsets }: Plan, time: number, cell: number, letterOf: (buffer: number) => string): string {
  const most = new Array<number>(CELLS).fill(0);
  const text = new Array<string>(CELLS).fill(FREE);
  for (const rows of lives.lives) {
    for (const { buffer, row, bytes, from, to } of rows) {
      if (from > time || to < time) continue;
      const start = offsets[buffer][row];
      for (let i = Math.floor(start / cell); i < CELLS && i * cell < start + bytes; i++) {
        const share = Math.min(start + bytes, (i + 1) * cell) - Math.max(start, i * cell);
        if (share > most[i]) [most[i], text[i]] = [share, letterOf(buffer)];
      }
    }
  }
  return text.join('');
}

/** Entries side by side, in columns of 26 characters. */
function columns(entries: readonly string[], count: number): string[] {
  const lines: string[] = [];
  for (let i = 0; i < entries.length; i += count) {
    lines.push(
      entries
        .slice(i, i + count)
        .map((entry) => entry.padEnd(26))
        .join('')
        .trimEnd(),
    );
  }
  return lines;
}
