/** `depthwise compile`: a model into a .dw file. */
import { Command } from 'commander';
import type { Compiled } from '../compile/compile.js';
import { pieces } from '../plan/pieces.js';
import { executedMacs, weightBytes } from '../compile/program.js';
import { DepthwiseError } from '../errors.js';
import { kindName } from '../format/kinds.js';
import { graphCost } from '../graph/cost.js';
import type { Graph } from '../graph/graph.js';
import { formatNumber, table } from '../report/table.js';
import { addCompileOptions, type CompileFlags, compileModel } from './compile-options.js';
import { writeFile } from './files.js';
import { shorten } from './info.js';
import { loadModel, MODEL_HELP } from './model.js';
import { print, RANDOM_WEIGHTS } from './output.js';

interface Options extends CompileFlags {
  output: string;
  json?: boolean;
}

export function compileCommand(): Command {
  const command = new Command('compile')
    .description('plan a model and write it as a .dw file')
    .argument('<model>', MODEL_HELP)
    .requiredOption('-o, --output <file>', 'the .dw file');
  return addCompileOptions(command)
    .option('--json', 'one JSON object on stdout')
    .action((argument: string, options: Options) => {
      const model = loadModel(argument);
      if (model.kind === 'dw') {
        throw new DepthwiseError('USAGE', `${argument} is compiled already. Give the model that it was made from.`);
      }
      const compiled = compileModel(model.graph, options);
      writeFile(options.output, compiled.blob);
      print(options.json, summary(model.graph, compiled), () => text(model.graph, compiled, options.output));
    });
}

function summary(graph: Graph, { blob, program, plan }: Compiled) {
  return {
    name: program.name,
    ...(graph.randomWeights && { weights: 'random' }),
    blobBytes: blob.length,
    weightBytes: weightBytes(program),
    arenaBytes: plan.arenaBytes,
    scratchBytes: plan.scratchBytes,
    lowerBoundBytes: plan.lowerBoundBytes,
    linearMemoryBytes: plan.memoryBytes,
    macs: graphCost(graph).macs,
    macsExecuted: executedMacs(program),
    peakStep: plan.peakStep,
    plan: pieces(program, plan),
  };
}

function text(graph: Graph, compiled: Compiled, file: string): string {
  const { program, plan } = compiled;
  const s = summary(graph, compiled);
  const rows = program.steps.map((step, i) => [
    String(i),
    kindName(step.kind),
    shorten(step.name),
    [step.output.height, step.output.width, step.output.channels].join('x'),
    plan.liveBytes[i],
    step.macs,
    step.weights?.length ?? 0,
  ]);
  const peak = program.steps[plan.peakStep];
  return [
    ...(graph.randomWeights ? [RANDOM_WEIGHTS] : []),
    table(['step', 'kind', 'output', 'shape', 'live B', 'MACs', 'weights B'], rows),
    '',
    `flash  ${formatNumber(s.blobBytes)} B, of them weights ${formatNumber(s.weightBytes)} B`,
    `RAM    arena ${formatNumber(s.arenaBytes)} B (lower bound of whole tensors ${formatNumber(s.lowerBoundBytes)} B), scratch ${formatNumber(s.scratchBytes)} B`,
    `peak   step ${plan.peakStep}, ${shorten(peak.name)}`,
    `MACs   ${formatNumber(s.macs)}, executed ${formatNumber(s.macsExecuted)}`,
    `wrote  ${file}`,
  ].join('\n');
}
