/** The options of `compile`, which every command that compiles a model takes. */
import { type Command, Option } from 'commander';
import { type Compiled, type CompileOptions, compile } from '../compile.js';
import { DepthwiseError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { elements } from '../graph/graph.js';
import { readLabels } from '../input/labels.js';
import type { Model } from './model.js';

/** As commander collects them. */
export interface CompileFlags {
  rounding?: 'double' | 'single';
  deadChannels?: 'on' | 'off';
  memory?: 'min' | 'fast';
  frame?: 'resident' | 'rows';
  labels?: string;
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
        'whole tensors side by side (fast), or the least RAM, row by row, for a few more ops (min); default: fast',
      ).choices(['min', 'fast']),
    )
    .addOption(
      new Option(
        '--frame <how>',
        'the input is there as a whole (resident), or its rows are pushed one by one, as a camera delivers them (rows); default: resident',
      ).choices(['resident', 'rows']),
    )
    .option('--labels <file>', 'names of the classes, one a line, for the output and the .dw file');
}

/** Compiles a graph as the flags say. Flags of a .dw file are a usage error: it is already planned. */
export function compileModel(graph: Graph, flags: CompileFlags, options: CompileOptions = {}): Compiled {
  const { rounding, deadChannels, memory, frame } = flags;
  return compile(withLabels(graph, flags.labels), {
    rounding,
    deadChannels: deadChannels !== 'off',
    memory,
    frame,
    ...options,
  });
}

/** @throws DepthwiseError USAGE where a .dw file comes with options that only compiling could follow. */
export function refuseCompileFlags(model: Model, flags: CompileFlags): void {
  const options = {
    rounding: '--rounding',
    deadChannels: '--dead-channels',
    memory: '--memory',
    frame: '--frame',
    labels: '--labels',
  } as const;
  const given = (Object.keys(options) as (keyof typeof options)[]).filter((name) => flags[name] !== undefined);
  if (model.kind === 'graph' || given.length === 0) return;
  const names = given.map((name) => options[name]).join(', ');
  throw new DepthwiseError(
    'USAGE',
    `A .dw file is already planned, so ${names} cannot apply: give the model it was compiled from, or leave it out.`,
  );
}

function withLabels(graph: Graph, file: string | undefined): Graph {
  if (file === undefined) return graph;
  const labels = readLabels(file);
  const classes = elements(graph.tensors[graph.outputs[0]].shape);
  if (labels.length !== classes) {
    throw new DepthwiseError(
      'USAGE',
      `${file} has ${labels.length} labels, expected ${classes}: one for each value of the output "${graph.tensors[graph.outputs[0]].name}".`,
    );
  }
  return { ...graph, labels };
}
