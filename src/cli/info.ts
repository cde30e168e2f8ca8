/** `depthwise info`: what is in a model. */
import { Command } from 'commander';
import { graphCost, operatorCost } from '../analysis/cost.js';
import { eliminateDeadChannels } from '../compile/dead-channels.js';
import type { BlobContents } from '../format/read.js';
import type { Graph, Tensor } from '../graph/graph.js';
import { perTensor } from '../graph/graph.js';
import { madeUp, madeUpLines } from '../report/made-up.js';
import { formatNumber, table } from '../report/table.js';
import { kindName } from '../steps/index.js';
import { outputsOption, refuseCompileFlags } from './compile-options.js';
import { loadModel, MODEL_HELP } from './model.js';
import { print } from './output.js';

export function infoCommand(): Command {
  return new Command('info')
    .description('layers, shapes, quantisation, multiply-accumulates, parameters')
    .argument('<model>', MODEL_HELP)
    .addOption(outputsOption())
    .option('--json', 'one JSON object on stdout')
    .action((argument: string, options: { outputs?: string; json?: boolean }) => {
      const model = loadModel(argument, options.outputs);
      refuseCompileFlags(model, options);
      if (model.kind === 'dw')
        print(options.json, blobInfo(model.contents, model.blob), () => blobText(model.contents, model.blob));
      else print(options.json, graphInfo(model.graph), () => graphText(model.graph));
    });
}

function graphInfo(graph: Graph) {
  const { macs, params, weightBytes } = graphCost(graph);
  const { removed: removable, ...dead } = eliminateDeadChannels(graph).report;
  const port = (index: number) => {
    const { name, shape, dtype, quantization } = graph.tensors[index];
    return { name, shape, dtype, ...(quantization && perTensor(graph.tensors[index])) };
  };
  return {
    name: graph.name,
    ...madeUp({ randomWeights: graph.randomWeights, randomRanges: graph.uncalibrated !== undefined }),
    macs,
    params,
    weightBytes,
    inputs: graph.inputs.map(port),
    outputs: graph.outputs.map(port),
    ...(graph.labels && { labels: graph.labels }),
    deadChannels: { removable, ...dead },
    layers: graph.operators.map((operator) => {
      const output = graph.tensors[operator.outputs[0]];
      const cost = operatorCost(graph, operator);
      return {
        index: operator.index,
        op: operator.op,
        name: output.name,
        inputShape: graph.tensors[operator.inputs[0]].shape,
        outputShape: output.shape,
        macs: cost.macs,
        params: cost.params,
        weightBytes: cost.weightBytes,
      };
    }),
  };
}

function describe(tensor: Tensor): string {
  const quantization = tensor.quantization && perTensor(tensor);
  const affine = quantization ? `, scale ${quantization.scale}, zero point ${quantization.zeroPoint}` : '';
  return `${tensor.name} [${tensor.shape.join(', ')}] ${tensor.dtype}${affine}`;
}

function graphText(graph: Graph): string {
  const info = graphInfo(graph);
  const rows = info.layers.map((layer) => [
    String(layer.index),
    layer.op,
    shorten(layer.name),
    layer.inputShape.join('x'),
    layer.outputShape.join('x'),
    layer.macs,
    layer.params,
  ]);
  return [
    info.name,
    ...madeUpLines(info),
    ...graph.inputs.map((index) => `input   ${describe(graph.tensors[index])}`),
    ...graph.outputs.map((index) => `output  ${describe(graph.tensors[index])}`),
    '',
    table(['#', 'operator', 'output', 'in', 'out', 'MACs', 'params'], rows),
    '',
    `MACs ${formatNumber(info.macs)}, parameters ${formatNumber(info.params)}, weights ${formatNumber(info.weightBytes)} B`,
    deadChannelsLine(info.deadChannels),
  ].join('\n');
}

type DeadChannelsInfo = ReturnType<typeof graphInfo>['deadChannels'];

function deadChannelsLine({ removable, channels, constant, unread, macs, weightBytes }: DeadChannelsInfo): string {
  if (removable === 0) return `dead channels: none of ${formatNumber(channels)}`;
  const change = ({ before, after }: { before: number; after: number }) =>
    `${formatNumber(before)} -> ${formatNumber(after)}`;
  const why = `${formatNumber(constant)} constant, ${formatNumber(unread)} read by nobody`;
  return (
    `dead channels: ${formatNumber(removable)} of ${formatNumber(channels)} (${why}); ` +
    `compile leaves them out: MACs ${change(macs)}, weights ${change(weightBytes)} B`
  );
}

/** Exporters join the names of everything they fused with semicolons: the last part of the first one says most. */
export function shorten(name: string, width = 40): string {
  const first = name.split(';')[0];
  return first.length <= width ? first : `…${first.slice(1 - width)}`;
}

function blobInfo(contents: BlobContents, blob: Uint8Array) {
  const { steps, randomWeights, randomRanges, ...rest } = contents;
  return {
    ...rest,
    ...madeUp({ randomWeights, randomRanges }),
    blobBytes: blob.length,
    params: total(contents, 'params'),
    weightBytes: total(contents, 'weightBytes'),
    layers: steps.map(({ kind, inputShape, outputShape, macs, params, weightBytes }, index) => ({
      index,
      op: kindName(kind),
      // The file has no names of steps.
      name: '',
      inputShape,
      outputShape,
      macs,
      params,
      weightBytes,
    })),
  };
}

const total = ({ steps }: BlobContents, of: 'macs' | 'params' | 'weightBytes'): number =>
  steps.reduce((sum, step) => sum + step[of], 0);

function blobText(contents: BlobContents, blob: Uint8Array): string {
  const rows = contents.steps.map((step, index) => [
    String(index),
    kindName(step.kind),
    step.inputShape.join('x'),
    step.outputShape.join('x'),
    step.macs,
    step.params,
  ]);
  return [
    `${contents.name}: .dw file of ${formatNumber(blob.length)} B`,
    ...madeUpLines(madeUp(contents)),
    ...contents.inputs.map((port) => `input   ${port.name} [${port.shape.join(', ')}] ${port.dtype}`),
    ...contents.outputs.map((port) => `output  ${port.name} [${port.shape.join(', ')}] ${port.dtype}`),
    '',
    table(['step', 'kind', 'in', 'out', 'MACs', 'params'], rows),
    '',
    `MACs ${formatNumber(contents.macs)}, executed ${formatNumber(total(contents, 'macs'))}, parameters ${formatNumber(total(contents, 'params'))}, weights ${formatNumber(total(contents, 'weightBytes'))} B`,
    `arena ${formatNumber(contents.arenaBytes)} B, scratch ${formatNumber(contents.scratchBytes)} B`,
  ].join('\n');
}
