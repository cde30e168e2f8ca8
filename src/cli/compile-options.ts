/** The options of `compile`, which every command that compiles a model takes. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseSize } from '../budget/size.js';
import { type Compiled, type CompileOptions, compile } from '../compile.js';
import { DepthwiseError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import type { HeadSpec } from '../graph/head.js';
import { chooseHead, HEAD_CHOICES } from '../heads/choose.js';
import { labelCount } from '../heads/labels.js';
import { parseHeadFile } from '../heads/spec-file.js';
import { readInputFile } from '../input/file.js';
import { readLabels } from '../input/labels.js';
import type { Memory } from '../plan/planner.js';
import { type Program, viewSize } from '../program/program.js';
import type { Model } from './model.js';

/** Flags as commander collects them. */
export interface CompileFlags {
  rounding?: 'double' | 'single';
  deadChannels?: 'on' | 'off';
  memory?: Memory;
  frame?: 'resident' | 'rows';
  labels?: string;
  head?: string;
  threshold?: string;
  outputs?: string;
}

export function addCompileOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--rounding <how>',
        'round twice, as TFLite Micro does, or once (TFLITE_SINGLE_ROUNDING); default: double, for a quantised .onnx single',
      ).choices(['double', 'single']),
    )
    .addOption(
      new Option(
        '--dead-channels <how>',
        'leave out channels that are constant or that nobody reads (on), or compute them (off); default: on',
      ).choices(['on', 'off']),
    )
    .addOption(
      new Option(
        '--memory <how>',
        'whole tensors side by side (fast); the least RAM, row by row, for a few more ops (min); or the fewest ops whose arena and scratch have so many bytes, for example 24K; default: fast; of budget and bundle the fewest ops in the RAM that the board has',
      ).argParser(parseMemory),
    )
    .addOption(
      new Option(
        '--frame <how>',
        'the input is there as a whole (resident), or its rows are pushed one by one, as a camera delivers them (rows); default: resident',
      ).choices(['resident', 'rows']),
    )
    .option('--labels <file>', 'names of the classes, one a line, for the output and the .dw file')
    .option(
      '--head <name>',
      `what the outputs mean, where the model does not say (${HEAD_CHOICES.join(', ')}), or a .json file that describes it`,
    )
    .option('--threshold <probability>', 'scores under it are no answers; default: what the model says, or 0.5')
    .addOption(outputsOption());
}

/** The option of every command that reads a model. */
export function outputsOption(): Option {
  return new Option(
    '--outputs <names>',
    'cut the model at these tensors, separated by commas: what they do not need is left out, and may be unsupported',
  );
}

/** @throws InvalidArgumentError, which names what is allowed. */
export function parseMemory(text: string): Memory {
  if (text === 'min' || text === 'fast') return text;
  try {
    return parseSize(text);
  } catch {
    throw new InvalidArgumentError(`"${text}" is neither min nor fast nor a number of bytes, such as 24576 or 24K`);
  }
}

/** Compiles a graph as the flags say. Flags of a .dw file are a usage error: it is already planned. */
export function compileModel(graph: Graph, flags: CompileFlags, options: CompileOptions = {}): Compiled {
  const { rounding, deadChannels, memory, frame } = flags;
  const named = flags.labels === undefined ? graph : { ...graph, labels: readLabels(flags.labels) };
  const compiled = compile(named, {
    rounding,
    deadChannels: deadChannels !== 'off',
    memory,
    frame,
    head: headOf(named, flags),
    ...options,
  });
  if (flags.labels !== undefined) checkLabels(flags.labels, compiled.program);
  return compiled;
}

function headOf(graph: Graph, { head, threshold }: CompileFlags): HeadSpec {
  const spec = head?.endsWith('.json')
    ? parseHeadFile(new TextDecoder().decode(readInputFile(head)), head)
    : chooseHead(graph, head);
  if (threshold === undefined || spec.kind === 'none' || spec.kind === 'classify' || spec.kind === 'locate')
    return spec;
  return { ...spec, threshold: parseThreshold(threshold) };
}

/** @throws DepthwiseError USAGE. */
export function parseThreshold(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new DepthwiseError('USAGE', `--threshold ${text}: expected a probability from 0 to 1.`);
}

function checkLabels(file: string, { labels = [], head, outputs }: Program): void {
  const [output] = outputs;
  const expected = labelCount(head, viewSize(output.view));
  if (labels.length === expected) return;
  const each = head ? 'class' : `value of the output "${output.name}"`;
  throw new DepthwiseError('USAGE', `${file} has ${labels.length} labels, expected ${expected}: one for each ${each}.`);
}

/** @throws DepthwiseError USAGE where a .dw file comes with options that only compiling could follow. */
export function refuseCompileFlags(model: Model, flags: CompileFlags): void {
  const options = {
    rounding: '--rounding',
    deadChannels: '--dead-channels',
    memory: '--memory',
    frame: '--frame',
    labels: '--labels',
    head: '--head',
    outputs: '--outputs',
  } as const;
  const given = (Object.keys(options) as (keyof typeof options)[]).filter((name) => flags[name] !== undefined);
  if (model.kind === 'graph' || given.length === 0) return;
  const names = given.map((name) => options[name]).join(', ');
  throw new DepthwiseError(
    'USAGE',
    `A .dw file is already planned, so ${names} cannot apply: give the model it was compiled from, or leave it out.`,
  );
}
