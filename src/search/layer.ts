/**
 * A step as a plan runs it, and as how much of it has to be run for its ops to be known. What a task costs depends on
 * shapes and not on values, so a layer of many tasks is a sum of few that differ.
 */

import { firstRequantizations } from '../lower/requantize-table.js';
import type { FilePlan } from '../program/file-plan.js';
import { KIND_AVERAGE_POOL, KIND_CONV, KIND_DEPTHWISE } from '../program/layout.js';
import type { Program, Step, View } from '../program/program.js';
import { commonStride, viewRows } from '../program/rows.js';
import { GROUP_PIXELS } from '../steps/sizes.js';

/** How the rows of a tensor stand: behind one another, at equal distances, or wherever a table says. */
export type Standing = 'joined' | 'apart' | 'table';

export interface Layer {
  step: Step;
  /** Rows of each of its tasks, in order. */
  tasks: number[];
  /** Standing of input, second input and output. */
  standing: (Standing | undefined)[];
}

/** So many times what the layer takes when it runs alone. */
export interface Term {
  factor: number;
  layer: Layer;
}

/** Every step of a plan, with how often its record, and a task's, is loaded. */
export interface PlannedLayer extends Layer {
  stepLoads: number;
  taskLoads: number;
}

export function plannedLayers({ steps }: Program, layout: FilePlan): PlannedLayer[] {
  const layers = steps.map((step): PlannedLayer => {
    const standing = [step.input, step.input2, step.output].map((view) => view && standingOf(view, layout));
    return { step, tasks: [], standing, stepLoads: 0, taskLoads: 0 };
  });
  let last = -1;
  for (const { step, rows, repeat } of layout.tasks) {
    const layer = layers[step];
    layer.taskLoads++;
    if (step !== last) layer.stepLoads++;
    last = step;
    let done = layer.tasks.reduce((sum, count) => sum + count, 0);
    for (let i = 0; i < repeat; i++) {
      const count = Math.min(rows, layer.step.output.height - done);
      layer.tasks.push(count);
      done += count;
    }
  }
  return layers;
}

function standingOf(view: View, { shapes, offsets }: FilePlan): Standing {
  const stride = commonStride(viewRows(view, shapes[view.buffer], offsets[view.buffer]), view.rowStride);
  if (stride === undefined) return 'table';
  return stride === view.width * view.pixelStride ? 'joined' : 'apart';
}

/** Layers with the same key take the same ops. */
export function layerKey({ step, tasks, standing }: Layer): string {
  const { input, input2, output, window } = step;
  const shape = (view?: View) => view && [view.height, view.width, view.channels, view.pixelStride];
  const { kind, flags, outChunk, kChunk, laneK, depthMultiplier } = step;
  return JSON.stringify([
    [kind, flags, outChunk, kChunk, laneK, depthMultiplier, step.weightZeroPoint === 0],
    Object.values(window),
    [input, input2, output].map(shape),
    tasks,
    standing,
  ]);
}

/** Fewer of something that a layer has many of, all alike; the layer itself where there is nothing to gain. */
type Reduction = (layer: Layer) => Term[];

const REDUCTIONS: readonly Reduction[] = [fewerPixels, fewerTasks, fewerChannels];

/** The layer as a sum of layers that cost less to run. The factors add up to 1. */
export function terms(layer: Layer): Term[] {
  const found = REDUCTIONS.reduce<Term[]>(
    (list, reduce) =>
      list.flatMap((term) => reduce(term.layer).map(({ factor, layer }) => ({ factor: factor * term.factor, layer }))),
    [{ factor: 1, layer }],
  );
  const byKey = new Map<string, Term>();
  for (const { factor, layer } of found) {
    const key = layerKey(layer);
    byKey.set(key, { factor: factor + (byKey.get(key)?.factor ?? 0), layer });
  }
  return [...byKey.values()];
}

/** `count` alike, of which `few` and one more say what all take. */
function line(layer: Layer, count: number, few: number, make: (count: number) => Layer): Term[] {
  // Two runs, of `few` and one more, must be shorter than the one.
  if (count <= 2 * (few + 1)) return [{ factor: 1, layer }];
  const more = count - few;
  return [
    { factor: 1 - more, layer: make(few) },
    { factor: more, layer: make(few + 1) },
  ];
}

/** Pointwise layers whose rows are one long row of pixels: tasks of whole groups of pixels, and a last group. */
function fewerPixels(layer: Layer): Term[] {
  if (!isPointwise(layer)) return [{ factor: 1, layer }];
  return layer.tasks.flatMap((rows): Term[] => {
    const pixels = rows * layer.step.output.width;
    const groups = Math.ceil(pixels / GROUP_PIXELS) - 1;
    const last = { factor: 1, layer: withPixels(layer, pixels - groups * GROUP_PIXELS) };
    const whole = [
      { factor: groups, layer: withPixels(layer, 2 * GROUP_PIXELS) },
      { factor: -groups, layer: withPixels(layer, GROUP_PIXELS) },
    ];
    return groups === 0 ? [last] : [...whole, last];
  });
}

/** Tasks at the upper and lower edge of a window's input are like no other; those between are alike. */
function fewerTasks(layer: Layer): Term[] {
  const { step, tasks } = layer;
  const streamed = step.kind === KIND_CONV || step.kind === KIND_DEPTHWISE;
  if (!streamed || !isRegular(tasks)) return [{ factor: 1, layer }];
  return line(layer, tasks.length - 1, 2, (whole) => withTasks(layer, whole));
}

/** Depthwise layers take channels in chunks, pools one by one. */
function fewerChannels(layer: Layer): Term[] {
  const { kind, outChunk, depthMultiplier, input, output } = layer.step;
  const apart = depthMultiplier !== 1 || input.channels !== output.channels;
  if ((kind !== KIND_DEPTHWISE && kind !== KIND_AVERAGE_POOL) || apart) return [{ factor: 1, layer }];
  const chunk = outChunk || 1;
  const whole = Math.ceil(output.channels / chunk) - 1;
  return line(layer, whole, 1, (count) => withChannels(layer, output.channels - (whole - count) * chunk));
}

/** Whether all tasks have as many rows, but for a last one with fewer. */
export function isRegular(tasks: readonly number[]): boolean {
  return tasks.every((rows, i) => rows === tasks[0] || (i === tasks.length - 1 && rows < tasks[0]));
}

/** Whether the rows of a task are one long row of pixels to the kernel. */
function isPointwise({ step, standing }: Layer): boolean {
  const { kind, window, input, output } = step;
  const one = window.kernelH * window.kernelW * window.strideH * window.strideW === 1;
  const same = input.height === output.height && input.width === output.width;
  return kind === KIND_CONV && one && same && standing.every((how) => how === undefined || how === 'joined');
}

/** The layer with `whole` whole tasks before its last one. */
function withTasks(layer: Layer, whole: number): Layer {
  const { input, output, window } = layer.step;
  const [rows] = layer.tasks;
  const tasks = [...Array<number>(whole).fill(rows), layer.tasks.at(-1)!];
  const height = whole * rows + layer.tasks.at(-1)!;
  const less = output.height - height;
  const step = {
    ...layer.step,
    input: { ...input, height: input.height - less * window.strideH },
    output: { ...output, height },
  };
  return { ...layer, step, tasks };
}

function withPixels(layer: Layer, width: number): Layer {
  const row = (view: View): View => ({ ...view, height: 1, width, rowStride: width * view.pixelStride });
  const { input, output } = layer.step;
  return { ...layer, step: { ...layer.step, input: row(input), output: row(output) }, tasks: [1] };
}

/** The first `channels` of them. Weights stay as long as they were: what they hold does not matter. */
function withChannels(layer: Layer, channels: number): Layer {
  const thin = (view: View): View => ({ ...view, channels, pixelStride: channels, rowStride: view.width * channels });
  const { input, output, outChunk, table } = layer.step;
  const step: Step = {
    ...layer.step,
    input: thin(input),
    output: thin(output),
    outChunk: Math.min(outChunk, channels),
    ...(table && { table: firstRequantizations(table, channels) }),
  };
  return { ...layer, step };
}
