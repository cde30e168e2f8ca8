/** `depthwise quantize`: from a float model to an int8 .tflite file. */
import { Command, Option } from 'commander';
import { graphCost } from '../analysis/cost.js';
import { DepthwiseError } from '../errors.js';
import { writeTflite } from '../export/tflite/write.js';
import type { Graph } from '../graph/graph.js';
import { elements } from '../graph/graph.js';
import { isFloatGraph } from '../import/tflite/float.js';
import { readLabels } from '../input/labels.js';
import { type InputPort, readInputs } from '../input/read.js';
import type { FitName } from '../pictures/fit.js';
import type { Affine } from '../quantize/affine.js';
import { isScaled, ownMap } from '../quantize/own-scales.js';
import { DEFAULT_PIXEL_RANGE, type PixelRange, parsePixelRange, pixelMap, rangeOf } from '../quantize/pixels.js';
import { NOISE_SAMPLES, quantizeWithSamples, SHARE_SAMPLES } from '../quantize/post-training.js';
import { RANGE_METHODS, type RangeMethod } from '../quantize/ranges.js';
import { formatNumber, table } from '../report/table.js';
import { outputsOption } from './compile-options.js';
import { readFile, writeFile } from './files.js';
import { shorten } from './info.js';
import { parseOutputs, readGraph } from './model.js';
import { note, print } from './output.js';
import { fitOption } from './picture-options.js';

interface Options {
  data: string[];
  output: string;
  fit?: FitName;
  labels?: string;
  inputRange?: string;
  outputs?: string;
  ranges: RangeMethod;
  equalize?: boolean;
  correctBias?: boolean;
  json?: boolean;
}

export function quantizeCommand(): Command {
  const { black, white } = DEFAULT_PIXEL_RANGE;
  return new Command('quantize')
    .description(
      'calibrate a float model (.onnx or .tflite) on sample inputs, quantise it to int8, write it as .tflite',
    )
    .argument('<model>', 'an .onnx or .tflite file of float32')
    .requiredOption(
      '--data <files...>',
      'inputs to calibrate with: pictures, .npy, or .bin with int8 bytes, N records each',
    )
    .requiredOption('-o, --output <file>', 'the .tflite file to write')
    .addOption(fitOption())
    .option('--labels <file>', 'names of the classes, one a line, to keep in the file')
    .option(
      '--input-range <low,high>',
      `what the float model takes for pixel 0 and for pixel 255 (default: ${black},${white}, and 0,255 for a model that takes uint8 or rescales); int8 is pixel - 128`,
    )
    .addOption(
      new Option(
        '--ranges <how>',
        'what an activation can hold: every value seen, all but the outermost, or the least error; default: minmax',
      )
        .choices(RANGE_METHODS)
        .default('minmax', ''),
    )
    .addOption(outputsOption())
    .option('--equalize', 'scale channels between layers, so that small ones are rounded less')
    .option('--correct-bias', 'take back how far rounded weights move the mean of a channel')
    .option('--json', 'one JSON object on stdout')
    .action(quantize);
}

async function quantize(file: string, options: Options): Promise<void> {
  const given = options.inputRange === undefined ? undefined : parsePixelRange(options.inputRange);
  const outputs = options.outputs === undefined ? undefined : parseOutputs(options.outputs);
  const float = readGraph(readFile(file, 'MODEL_NOT_FOUND'), file, outputs);
  refuseScaled(float, file, options);
  const own = ownMap(float.tensors[float.inputs[0]]);
  const range = own ? rangeOf(own) : (given ?? float.pixelRange ?? DEFAULT_PIXEL_RANGE);
  const map = own ?? pixelMap(range);
  const labels = options.labels === undefined ? undefined : labelsFor(float, options.labels);
  const records = await readRecords(options.data, float, map, options.fit);
  const { graph, layers } = quantizeWithSamples(float, records, [map], {
    ranges: options.ranges,
    equalize: options.equalize ?? false,
    correctBias: options.correctBias ?? false,
  });
  const bytes = writeTflite({ ...graph, labels: labels ?? graph.labels });
  writeFile(options.output, bytes);
  const { macs, weightBytes } = graphCost(graph);
  const result = {
    model: float.name,
    output: options.output,
    bytes: bytes.length,
    macs,
    weightBytes,
    samples: records.length,
    input: { ...map, ...range },
    layers: layers.map((layer) => ({ ...layer, sqnr: Number.isFinite(layer.sqnr) ? layer.sqnr : null })),
  };
  print(options.json, result, () => text(result, range));
}

/** Scales that a model brings along stay: there is nothing to choose for them, and nothing to equalise between them. */
function refuseScaled(float: Graph, file: string, { equalize, inputRange }: Options): void {
  if (!isFloatGraph(float) || isScaled(float)) {
    throw new DepthwiseError(
      'USAGE',
      `${file} is quantised already, with scales of its own: every command takes it as it is, for example depthwise compile ${file}.`,
    );
  }
  const refused = [
    ...(equalize && float.tensors.some((tensor) => ownMap(tensor)) ? ['--equalize'] : []),
    ...(inputRange !== undefined && ownMap(float.tensors[float.inputs[0]]) ? ['--input-range'] : []),
  ];
  if (refused.length === 0) return;
  throw new DepthwiseError(
    'USAGE',
    `${file} is quantised in part, with scales of its own, which ${refused.join(' and ')} would change. Leave it out.`,
  );
}

function labelsFor(graph: Graph, file: string): string[] {
  const labels = readLabels(file);
  const output = graph.tensors[graph.outputs[0]];
  if (labels.length === elements(output.shape)) return labels;
  throw new DepthwiseError(
    'USAGE',
    `${file} has ${labels.length} labels, expected ${elements(output.shape)}: one for each value of the output "${output.name}".`,
  );
}

/** int8 bytes of every record of every file. */
async function readRecords(files: string[], graph: Graph, map: Affine, fit?: FitName): Promise<Uint8Array[][]> {
  if (graph.inputs.length !== 1) {
    throw new DepthwiseError(
      'MODEL_UNSUPPORTED',
      `The model has ${graph.inputs.length} inputs; supported: 1, as --data cannot pair several. Export it with one input.`,
    );
  }
  const { name, shape } = graph.tensors[graph.inputs[0]];
  const records: Uint8Array[][] = [];
  for (const file of files) {
    const port: InputPort = { name, shape, dtype: 'int8', ...map };
    let inputs = await readInputs(file, port, fit);
    // Pictures: the range of the values is stated here, so that int8 is pixel - 128 whatever it looks like.
    if (inputs.mapping) inputs = await readInputs(file, { ...port, ...pixelMap(DEFAULT_PIXEL_RANGE) }, fit);
    if (inputs.mapping) note(`${file}: ${inputs.mapping}`);
    for (const record of inputs.records) records.push([record]);
  }
  return records;
}

interface Result {
  output: string;
  bytes: number;
  weightBytes: number;
  samples: number;
  input: Affine;
  layers: { index: number; op: string; name: string; sqnr: number | null; share: number }[];
}

function text({ output, bytes, weightBytes, samples, input, layers }: Result, { black, white }: PixelRange): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const rows = layers.map(({ index, op, name, sqnr, share }) => [
    String(index),
    op,
    shorten(name),
    sqnr === null ? '-' : sqnr.toFixed(1),
    percent(share),
  ]);
  const worst = layers.reduce((a, b) => (b.share > a.share ? b : a));
  const measured = Math.min(samples, NOISE_SAMPLES);
  return [
    table(['layer', 'operator', 'output', 'signal to noise dB', 'share'], rows, {
      align: ['right', 'left', 'left', 'right', 'right'],
    }),
    '',
    `Signal to noise against the float model on ${formatNumber(measured)} of ${formatNumber(samples)} samples, the noise of the layers before included; - is none.`,
    `Share: of the noise at the scores, if this layer alone is int8, on ${formatNumber(Math.min(samples, SHARE_SAMPLES))} samples. Layer ${worst.index} (${worst.op}) costs most: ${percent(worst.share)}.`,
    `input    int8 = pixel - 128: pixel 0 is ${black}, pixel 255 is ${white} (scale ${input.scale}, zero point ${input.zeroPoint})`,
    `${output}: ${formatNumber(bytes)} B, weights ${formatNumber(weightBytes)} B`,
  ].join('\n');
}
