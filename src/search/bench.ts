/** Runs layers in the simulator, each for itself: steps of one program that have nothing to do with one another. */

import { openWasm3 } from '../engines/wasm3.js';
import { writeBlob } from '../format/write.js';
import { normal, random16 } from '../mobilenet/random.js';
import { memoryLayout } from '../plan/memory-layout.js';
import type { Task } from '../program/file-plan.js';
import { KIND_CONV, KIND_LUT } from '../program/layout.js';
import type { Program, Step, View } from '../program/program.js';
import { PLAIN, viewSize } from '../program/program.js';
import { isRegular, type Layer, type Standing } from './layer.js';

/** Ops that a part of an inference dispatches. */
export interface Count {
  /** Ops by their wasm3 name. */
  kinds: Record<string, number>;
  /** Deepest chain of dispatches. */
  depth: number;
  /** Indices of the kernel module's functions that it calls. */
  functions: number[];
}

export interface Overheads {
  /** To begin an inference, and to find that no task is left. */
  begin: Count;
  end: Count;
  /** Reading the record of a step, and of a task. */
  stepLoad: Count;
  taskLoad: Count;
}

/** `b` times `factor` added to `a`. */
export function plus(a: Count, b: Count, factor = 1): Count {
  const kinds = { ...a.kinds };
  addKinds(kinds, b.kinds, factor);
  const functions = [...new Set([...a.functions, ...b.functions])].sort((x, y) => x - y);
  return { kinds, depth: Math.max(a.depth, b.depth), functions };
}

/** `ops` times `factor` added to `sum`, in place. */
export function addKinds(sum: Record<string, number>, ops: Record<string, number>, factor = 1): void {
  for (const kind in ops) sum[kind] = (sum[kind] ?? 0) + factor * ops[kind];
}

export const NOTHING: Count = { kinds: {}, depth: 0, functions: [] };

/** A step of two short tasks. */
const MARK: Layer = mark();

function mark(): Layer {
  const shape = { height: 2, width: 1, channels: 1, pixelStride: 1, rowStride: 1 };
  const view: View = { ...shape, buffer: 0, offset: 0, zeroPoint: 0 };
  const table = new Uint8Array(256);
  const step: Step = { ...PLAIN, kind: KIND_LUT, name: 'mark', operators: [], input: view, output: view, table };
  return { step, tasks: [1, 1], standing: ['joined', undefined, 'joined'] };
}

/** Settings that all layers of a bench share. */
export interface Bench {
  kernels: Uint8Array;
  rounding: Program['rounding'];
}

/**
 * What each layer takes beside the layers `others`, its record and its task's record loaded once; and the bytes of compiled
 * code. What else is compiled matters: a function that goes over the end of a page of code takes a branch there.
 */
export function runLayers(
  bench: Bench,
  others: readonly Layer[],
  layers: readonly Layer[],
  overheads: Overheads,
): { counts: Count[]; codeBytes: number } {
  const all = [...others, ...layers];
  const tasks = all.flatMap(({ tasks }, i) => recordsOf(tasks, i));
  const { counts, codeBytes } = run(bench, all, tasks);
  const [first] = counts;
  addKinds(first.kinds, overheads.begin.kinds, -1);
  first.functions = first.functions.filter((index) => !overheads.begin.functions.includes(index));
  return { counts: counts.slice(others.length, all.length), codeBytes };
}

export function measureOverheads(bench: Bench): Overheads {
  const alone = (step: number): Task => ({ step, rows: 1, repeat: 1 });
  const both = (step: number): Task => ({ step, rows: 1, repeat: 2 });
  const tasks = [both(0), both(1), alone(2), alone(2), alone(3), alone(4), alone(3), alone(4)];
  // Steps 3 and 4 take turns: what the two take is seen when 4 is done, less what 3 seems to take.
  const [first, plain, split, one, other, end] = run(bench, Array(5).fill(MARK), tasks).counts;
  const taskLoad = plus(split, plain, -1);
  const turns = plus(plus(plus(one, other), plain, -2), taskLoad, -2);
  const stepLoad = plus(NOTHING, turns, 0.5);
  const functions = first.functions.filter((index) => !plain.functions.includes(index));
  return { begin: { ...plus(first, plain, -1), functions }, end, stepLoad, taskLoad };
}

/** A task's record says how often it is done, 255 times at most. */
function recordsOf(tasks: readonly number[], step: number): Task[] {
  if (isRegular(tasks) && tasks.length <= 255) return [{ step, rows: tasks[0], repeat: tasks.length }];
  return tasks.map((count) => ({ step, rows: count, repeat: 1 }));
}

/** Values behind a ReLU6 as random networks have them: half of them 0. A prime number, so that rows differ. */
const ACTIVATIONS = activations(65521);

function activations(count: number): Uint8Array {
  const next = random16(0);
  return Uint8Array.from({ length: count }, () => Math.min(255, Math.max(0, Math.round(76.5 * normal(next)))) - 128);
}

/** Clamps take an op more or less: so layers get the values that they are likely to meet. Pixels only the first one. */
function inputOf({ step }: Layer): Uint8Array {
  const first = step.kind === KIND_CONV && step.window.kernelH * step.window.kernelW > 1;
  return new Uint8Array(viewSize(step.input)).map((_, i) => (first ? i * 37 : ACTIVATIONS[i % ACTIVATIONS.length]));
}

/** Between begin, the end of each step, and the end: as many counts as steps, and one. */
function run(bench: Bench, layers: readonly Layer[], tasks: Task[]): { counts: Count[]; codeBytes: number } {
  const session = open(bench, layers, tasks);
  const seen = [{ opsByKind: {}, callsByFunction: [] as number[] }];
  const look = () => {
    const { opsByKind, callsByFunction } = session.stats();
    seen.push({ opsByKind: opsByKind!, callsByFunction: callsByFunction! });
  };
  session.run(layers.map(inputOf), look);
  look();
  const { depthByStep, compiledCodeBytes } = session.stats();
  session.close();
  const counts = seen.slice(1).map(({ opsByKind, callsByFunction }, i): Count => {
    const before = seen[i];
    const functions = [...callsByFunction.keys()].filter((f) => callsByFunction[f] > (before.callsByFunction[f] ?? 0));
    const { kinds } = plus({ ...NOTHING, kinds: opsByKind }, { ...NOTHING, kinds: before.opsByKind }, -1);
    return { kinds, depth: depthByStep![i] ?? 0, functions };
  });
  return { counts, codeBytes: compiledCodeBytes! };
}

function open({ kernels, rounding }: Bench, layers: readonly Layer[], tasks: Task[]) {
  const program: Program = {
    name: 'layers',
    buffers: [],
    steps: [],
    inputs: [],
    outputs: [],
    views: new Map(),
    rounding,
  };
  const offsets: number[][] = [];
  const shapes: { rows: number; rowBytes: number }[] = [];
  let arenaBytes = 0;
  for (const { step, standing } of layers) {
    const placed = (view: View, how: Standing): View => {
      const rowBytes = view.width * view.pixelStride;
      const pitch = how === 'joined' ? rowBytes : align(2 * rowBytes);
      const rows = Array.from({ length: view.height }, (_, y) => arenaBytes + y * pitch);
      arenaBytes = align(arenaBytes + view.height * pitch);
      const buffer = program.buffers.length;
      program.buffers.push({ index: buffer, name: step.name, bytes: view.height * rowBytes });
      shapes.push({ rows: view.height, rowBytes });
      // Rows that stand upside down follow no formula.
      offsets.push(how === 'table' ? rows.reverse() : rows);
      return { ...view, buffer, offset: 0, rowStride: rowBytes };
    };
    const input = placed(step.input, standing[0]!);
    const input2 = step.input2 && placed(step.input2, standing[1]!);
    program.steps.push({ ...step, input, ...(input2 && { input2 }), output: placed(step.output, standing[2]!) });
  }
  // Where rows stand apart, the port is not where the rows are; only what comes first in it is. So the last one needs room.
  arenaBytes += align(Math.max(...program.steps.map(({ input }) => viewSize(input))));
  const port = (view: View) => ({
    view,
    tensor: 0,
    name: 'port',
    shape: [1, view.height, view.width, view.channels],
    scale: 1,
    zeroPoint: 0,
    dtype: 'int8' as const,
    float32: false,
  });
  for (const { input } of program.steps) program.inputs.push(port(input));
  program.outputs.push(port(program.steps[0].output));
  const layout = { shapes, offsets, feed: 0, rowShift: ROW_SHIFT, tasks };
  const blob = writeBlob(program, { ...layout, ...memoryLayout(program, tasks, arenaBytes) }, 0);
  return openWasm3(blob, kernels);
}

/** Tables of rows hold 16 bits: enough for 64 MB, the most memory there may be. */
const ROW_SHIFT = 10;
const align = (bytes: number): number => Math.ceil(bytes / 2 ** ROW_SHIFT) * 2 ** ROW_SHIFT;
