/** `depthwise compile`: a model into a .dw file. */
import { Command } from 'commander';
import { graphCost } from '../analysis/cost.js';
import type { DeadChannels } from '../compile/dead-channels.js';
import type { Compiled } from '../compile.js';
import { DepthwiseError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { pieces } from '../plan/pieces.js';
import type { Plan } from '../plan/plan.js';
import { executedMacs, type Step, weightBytes } from '../program/program.js';
import { madeUp, madeUpLines } from '../report/made-up.js';
import { formatNumber, table } from '../report/table.js';
import { kindName } from '../steps/index.js';
import { addCompileOptions, type CompileFlags, compileModel } from './compile-options.js';
import { writeFile } from './files.js';
import { shorten } from './info.js';
import { loadModel, MODEL_HELP } from './model.js';
import { print } from './output.js';
import { planMap } from './plan-map.js';

interface Options extends CompileFlags {
  output: string;
  map?: boolean;
  json?: boolean;
}

export function compileCommand(): Command {
  const command = new Command('compile')
    .description('plan a model and write it as a .dw file')
    .argument('<model>', MODEL_HELP)
    .requiredOption('-o, --output <file>', 'the .dw file');
  return addCompileOptions(command)
    .option('--map', 'show what the arena holds while each step works')
    .option('--json', 'one JSON object on stdout')
    .action((argument: string, options: Options) => {
      const model = loadModel(argument, options.outputs);
      if (model.kind === 'dw') {
        throw new DepthwiseError('USAGE', `${argument} is compiled already. Give the model that it was made from.`);
      }
      const compiled = compileModel(model.graph, options);
      writeFile(options.output, compiled.blob);
      print(options.json, summary(model.graph, compiled), () => text(model.graph, compiled, options));
    });
}

function summary(graph: Graph, { blob, program, plan, deadChannels }: Compiled) {
  return {
    name: program.name,
    ...madeUp(program),
    blobBytes: blob.length,
    weightBytes: weightBytes(program),
    arenaBytes: plan.arenaBytes,
    scratchBytes: plan.scratchBytes,
    lowerBoundBytes: plan.lowerBoundBytes,
    searchMoves: plan.moves,
    linearMemoryBytes: plan.memoryBytes,
    macs: graphCost(graph).macs,
    macsExecuted: executedMacs(program),
    peakStep: plan.peakStep,
    ...(deadChannels && { deadChannels }),
    inputRows: plan.feed,
    estimatedOps: Math.round(plan.estimatedOps),
    plan: pieces(program, plan),
  };
}

function text(graph: Graph, compiled: Compiled, { output: file, memory, map }: Options): string {
  const { program, plan, deadChannels } = compiled;
  const s = summary(graph, compiled);
  const rows = program.steps.map((step, i) => [
    String(i),
    kindName(step.kind),
    shorten(step.name),
    [step.output.height, step.output.width, step.output.channels].join('x'),
    plan.liveBytes[i],
    step.macs,
    step.weights?.length ?? 0,
    ...(deadChannels?.removed ? [keptOf(step, deadChannels)] : []),
  ]);
  const head = ['step', 'kind', 'output', 'shape', 'live B', 'MACs', 'weights B'];
  const peak = program.steps[plan.peakStep];
  return [
    ...madeUpLines(s),
    table(deadChannels?.removed ? [...head, 'channels'] : head, rows),
    '',
    `flash  ${formatNumber(s.blobBytes)} B, of them weights ${formatNumber(s.weightBytes)} B`,
    `RAM    arena ${formatNumber(s.arenaBytes)} B, scratch ${formatNumber(s.scratchBytes)} B, linear memory ${formatNumber(s.linearMemoryBytes)} B`,
    boundLine(plan, memory),
    ...(plan.feed > 0 ? [`input  ${formatNumber(plan.feed)} rows, pushed one by one`] : []),
    ...(memory === undefined || memory === 'fast' ? [] : [costLine(plan)]),
    `peak   step ${plan.peakStep}, ${peak ? shorten(peak.name) : 'the inputs'}`,
    `MACs   ${formatNumber(s.macs)}, executed ${formatNumber(s.macsExecuted)}`,
    ...(deadChannels?.removed ? [deadChannelsLine(deadChannels)] : []),
    ...(map ? ['', planMap(program, plan), ''] : []),
    `wrote  ${file}`,
  ].join('\n');
}

/** `21 of 128` where channels are gone. */
function keptOf({ operators }: Step, { layers }: DeadChannels): string {
  const layer = layers.find(({ index, before, after }) => after < before && operators.includes(index));
  return layer ? `${formatNumber(layer.after)} of ${formatNumber(layer.before)}` : '';
}

function deadChannelsLine({ removed, channels, weightBytes }: DeadChannels): string {
  const bytes = `${formatNumber(weightBytes.before)} -> ${formatNumber(weightBytes.after)} B`;
  return `dead channels: ${formatNumber(removed)} of ${formatNumber(channels)} removed, weights ${bytes}; --dead-channels off keeps them`;
}

function boundLine({ arenaBytes, lowerBoundBytes, moves }: Plan, memory: CompileFlags['memory']): string {
  const over = lowerBoundBytes === 0 ? 0 : (100 * (arenaBytes - lowerBoundBytes)) / lowerBoundBytes;
  const what = memory === 'min' ? 'of rows in this order' : 'of this order of tasks';
  const looked = moves === 0 ? '' : `, after ${formatNumber(moves)} moves of rows`;
  return `bound  ${formatNumber(lowerBoundBytes)} B ${what}; the arena is ${over.toFixed(1)} % over it${looked}`;
}

/** The saving's cost, where ops have not been counted yet. */
function costLine({ estimatedOps, fastOps }: Plan): string {
  const more = 100 * (estimatedOps / fastOps - 1);
  const change = more >= 0 ? `${more.toFixed(0)} % more` : `${(-more).toFixed(0)} % fewer`;
  return `ops    about ${change} than with --memory fast (estimated; \`run\` counts them)`;
}
