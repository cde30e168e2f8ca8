/** `depthwise design`: the paper's cost model, for a network that does not exist yet or for one layer of it. */
import { Command } from 'commander';
import { DepthwiseError } from '../errors.js';
import {
  type Comparison,
  compare,
  convolutionCost,
  type DesignCost,
  designCost,
  mobileNetCost,
  type SeparableLayer,
  scaledLayer,
  separableCost,
  separableLayers,
  sum,
} from '../mobilenet/cost.js';
import { mobileNet, specName } from '../mobilenet/topology.js';
import { type Cell, formatMillions, formatNumber, table } from '../report/table.js';

interface DesignFlags {
  alpha?: string;
  rho?: string;
  size?: string;
  classes?: string;
  channels?: string;
  depth?: string;
  layer?: string;
  json?: boolean;
}

export interface NetworkReport extends DesignCost {
  /** The MODEL argument that other commands take for this network. */
  model: string;
  /** Figures without the classifier: the paper's 4866 M leaves it out. */
  withoutClassifier: Comparison;
}

/** The layer as a standard convolution, made separable, with alpha, with rho: the rows of the paper's table 3. */
export interface Stage extends SeparableLayer {
  stage: string;
  macs: number;
  params: number;
}

export interface LayerReport extends DesignCost {
  layer: SeparableLayer;
  alpha: number;
  rho: number;
  stages: Stage[];
}

export function designCommand(): Command {
  return new Command('design')
    .description("the paper's cost model: multiply-accumulates and parameters of a network, or of one layer")
    .option('--alpha <number>', 'width multiplier: channels are int(alpha * c)', '1')
    .option('--rho <number>', 'resolution multiplier: sizes are rho * size, rounded', '1')
    .option('--size <pixels>', 'height and width of the input')
    .option('--classes <count>', 'outputs of the classifier')
    .option('--channels <count>', 'channels of the input: 3 for colour, 1 for grey; default: 3')
    .option('--depth <pairs>', 'depthwise separable pairs, 1 to 13; 8 is the shallow network of the paper; default: 13')
    .option('--layer <Dk,M,N,Df>', 'one layer: window, input channels, output channels, size of the output')
    .option('--json', 'one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action((flags: DesignFlags) => {
      const [report, text] = design(flags);
      process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : `${text}\n`);
    });
}

const EXAMPLES = `
Counted as in arXiv 1704.04861: padded windows whole, no biases, no batch normalisation.
Examples:
  depthwise design --alpha 0.25 --size 96 --classes 2 --channels 1
  depthwise design --layer 3,512,512,14 --alpha 0.75 --rho 0.714
`;

/** The command's output, as data and as text. Throws USAGE. */
export function design(flags: DesignFlags): [NetworkReport | LayerReport, string] {
  if (flags.layer === undefined) {
    const report = networkReport(flags);
    return [report, networkText(report)];
  }
  const given = (['size', 'classes', 'channels', 'depth'] as const).filter((name) => flags[name] !== undefined);
  if (given.length > 0) {
    const names = given.map((name) => `--${name}`).join(', ');
    throw new DepthwiseError('USAGE', `--layer describes one layer and ${names} a network: give one or the other.`);
  }
  const report = layerReport(flags);
  return [report, layerText(report)];
}

function networkReport(flags: DesignFlags): NetworkReport {
  const { size, classes, channels = '3' } = flags;
  if (size === undefined || classes === undefined) {
    const example = 'depthwise design --alpha 0.25 --size 96 --classes 2';
    throw new DepthwiseError('USAGE', `Give --size and --classes (${example}), or --layer Dk,M,N,Df.`);
  }
  const pixels = Math.round(multiplier('--rho', flags.rho) * count('--size', size));
  const spec = mobileNet(
    {
      alpha: multiplier('--alpha', flags.alpha),
      input: [pixels, pixels, count('--channels', channels)],
      classes: count('--classes', classes),
      depth: flags.depth === undefined ? undefined : count('--depth', flags.depth),
    },
    'design',
  );
  const cost = mobileNetCost(spec);
  const classifier = cost.layers.at(-1)!;
  const withoutClassifier = compare(
    { macs: cost.macs - classifier.macs, params: cost.params - classifier.params },
    { macs: cost.fullConvMacs - classifier.macs, params: cost.fullConvParams - classifier.params },
  );
  return { model: specName(spec), ...cost, withoutClassifier };
}

function layerReport(flags: DesignFlags): LayerReport {
  const numbers = flags.layer!.split(',').map((text) => count('--layer Dk,M,N,Df', text));
  if (numbers.length !== 4) {
    throw new DepthwiseError('USAGE', `--layer is "${flags.layer}"; expected Dk,M,N,Df, for example 3,64,128,112.`);
  }
  const [dk, m, n, df] = numbers;
  const given: SeparableLayer = { dk, m, n, df };
  const alpha = multiplier('--alpha', flags.alpha);
  const rho = multiplier('--rho', flags.rho);
  const thin = scaledLayer(given, alpha, 1);
  const layer = scaledLayer(given, alpha, rho);
  if (Object.values(layer).some((value) => value < 1)) {
    const found = `M ${layer.m}, N ${layer.n}, Df ${layer.df}`;
    throw new DepthwiseError('USAGE', `--alpha ${alpha} and --rho ${rho} leave ${found}; expected 1 and more of each.`);
  }
  const separable = (stage: string, at: SeparableLayer): Stage => ({
    stage,
    ...at,
    ...separableCost(at.dk, at.m, at.n, at.df ** 2),
  });
  const stages = [
    { stage: 'convolution', ...given, ...convolutionCost(dk, m, n, df ** 2) },
    separable('depthwise separable', given),
    ...(alpha === 1 ? [] : [separable(`alpha = ${alpha}`, thin)]),
    ...(rho === 1 ? [] : [separable(`rho = ${rho}`, layer)]),
  ];
  return { layer, alpha, rho, ...designCost(separableLayers(layer)), stages };
}

/** A whole number above 0. */
function count(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= 1 && value <= 65535) return value;
  throw new DepthwiseError('USAGE', `${option} is "${text}"; expected a whole number from 1 to 65535.`);
}

function multiplier(option: string, text = '1'): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= 4) return value;
  throw new DepthwiseError('USAGE', `${option} is "${text}"; expected a number above 0, 4 at most, for example 0.25.`);
}

const ratio = (value: number): string => value.toFixed(6);
const blank = (value: number | null, format: (value: number) => string): string =>
  value === null ? '' : format(value);

function networkText({ model, layers, withoutClassifier, ...total }: NetworkReport): string {
  const rows = layers.map(({ name, kind, kernel, stride, inputShape, outputShape, ...cost }): Cell[] => [
    name,
    `${kind} ${kernel}x${kernel}${stride === 1 ? '' : ` s${stride}`}`,
    inputShape.join('x'),
    outputShape.join('x'),
    cost.macs,
    cost.params,
    blank(cost.fullConvMacs, formatNumber),
    blank(cost.macRatio, ratio),
  ]);
  const summary = (name: string, cost: Comparison): Cell[] => [
    name,
    '',
    '',
    '',
    cost.macs,
    cost.params,
    cost.fullConvMacs,
    ratio(cost.macRatio),
  ];
  rows.push(summary('total', total), summary('without fc', withoutClassifier));
  const head = ['layer', 'kind', 'input', 'output', 'MACs', 'params', 'full conv MACs', 'ratio'];
  return [
    `${model}: ${formatMillions(total.macs)} MACs, ${formatMillions(total.params)} parameters, ${layers.length} layers`,
    '',
    table(head, rows),
    '',
    'full conv: a standard convolution in the place of each depthwise (dw) and pointwise (pw) pair; the ratio beside it is of the pair.',
    `As standard convolutions: ${formatMillions(total.fullConvMacs)} MACs, ${formatMillions(total.fullConvParams)} parameters.`,
  ].join('\n');
}

function layerText({ layer, layers, stages, ...total }: LayerReport): string {
  const { dk, m, n, df } = layer;
  const times = (...factors: number[]): string => factors.map(formatNumber).join(' * ');
  const [depthwise, pointwise] = layers;
  const own = sum(layers);
  const rows: Cell[][] = [
    ['convolution', 'Dk*Dk*M*N*Df*Df', times(dk, dk, m, n, df, df), total.fullConvMacs],
    ['depthwise', 'Dk*Dk*M*Df*Df', times(dk, dk, m, df, df), depthwise.macs],
    ['pointwise', 'M*N*Df*Df', times(m, n, df, df), pointwise.macs],
    [
      'separable',
      'depthwise + pointwise',
      `${formatNumber(depthwise.macs)} + ${formatNumber(pointwise.macs)}`,
      own.macs,
    ],
    ['ratio', '1/N + 1/Dk^2', `1/${n} + 1/${dk ** 2}`, ratio(total.macRatio)],
  ];
  const steps = stages.map((stage) => [
    stage.stage,
    `${stage.m} -> ${stage.n}`,
    `${stage.df}x${stage.df}`,
    formatMillions(stage.macs),
    formatMillions(stage.params),
  ]);
  return [
    `One layer: ${dk}x${dk} window, ${m} -> ${n} channels, ${df}x${df} output`,
    '',
    table(['', 'formula', 'with the numbers', 'MACs'], rows, { align: ['left', 'left', 'left', 'right'] }),
    '',
    `Parameters: ${formatNumber(own.params)} instead of ${formatNumber(total.fullConvParams)}, ratio ${ratio(total.paramRatio)}`,
    '',
    table(['stage', 'channels', 'output', 'MACs', 'params'], steps, {
      align: ['left', 'left', 'left', 'right', 'right'],
    }),
  ].join('\n');
}
