/** When each buffer holds something that is still needed. */
import type { Program } from '../program/program.js';

/** Steps [from, to], both included; -1 is before the first step: the model's inputs. */
export interface Lifetime {
  buffer: number;
  bytes: number;
  from: number;
  to: number;
}

export function lifetimes(program: Program): Lifetime[] {
  const spans = program.buffers.map(({ index, bytes }): Lifetime => {
    return { buffer: index, bytes, from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY };
  });
  const touch = (buffer: number, step: number) => {
    spans[buffer].from = Math.min(spans[buffer].from, step);
    spans[buffer].to = Math.max(spans[buffer].to, step);
  };
  for (const port of program.inputs) touch(port.view.buffer, -1);
  program.steps.forEach((step, index) => {
    touch(step.input.buffer, index);
    if (step.input2) touch(step.input2.buffer, index);
    touch(step.output.buffer, index);
  });
  for (const port of program.outputs) touch(port.view.buffer, program.steps.length - 1);
  return spans.filter((span) => span.from !== Number.POSITIVE_INFINITY);
}

/** Bytes that are live during each step. */
export function liveBytes(spans: readonly Lifetime[], steps: number): number[] {
  return Array.from({ length: steps }, (_, step) =>
    spans.reduce((sum, span) => sum + (span.from <= step && step <= span.to ? span.bytes : 0), 0),
  );
}
