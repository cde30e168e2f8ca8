/** `depthwise bundle`: all that a board needs, in one folder. */
import { Command, Option } from 'commander';
import type { Slots } from '../boards/esp32-flash.js';
import { defaultRuntime, loadTarget, RUNTIMES, type Runtime, type Target } from '../boards/target.js';
import { price } from '../budget/price.js';
import { makeBundle } from '../bundle/bundle.js';
import { writeBundle } from '../bundle/folder.js';
import { MANIFEST_VERSION, type ManifestFile } from '../bundle/manifest.js';
import type { BundleRequest } from '../bundle/request.js';
import { kernelVector, referenceVector } from '../bundle/selftest.js';
import { DepthwiseError } from '../errors.js';
import { readBlob } from '../format/read.js';
import type { Memory } from '../plan/planner.js';
import { type MadeUp, madeUp, madeUpLines } from '../report/made-up.js';
import { table } from '../report/table.js';
import { VERSION } from '../version.js';
import { addCompileOptions, type CompileFlags, compileModel, refuseCompileFlags } from './compile-options.js';
import { costOf } from './cost.js';
import { fittingCost } from './fit.js';
import { loadModel, MODEL_HELP, type Model } from './model.js';
import { note, print } from './output.js';
import { slotsOption } from './slots-option.js';

interface Options extends CompileFlags {
  target: string;
  output: string;
  runtime?: Runtime;
  pictures?: boolean;
  slots: Slots;
  json?: boolean;
}

export function bundleCommand(): Command {
  const command = new Command('bundle')
    .description('write the folder that a board needs to run a model')
    .argument('<model>', MODEL_HELP)
    .requiredOption('--target <id>', 'the board')
    .requiredOption('-o, --output <dir>', 'the folder: a new or empty one, or a bundle to be replaced')
    .option(
      '--pictures',
      'JavaScript: classify (and detect, embed, locate) also take frames of a camera, {width, height, format}; 5 KB more',
    )
    .addOption(
      new Option('--runtime <name>', 'what runs the model; default: wasm3 where the board offers it, else js').choices([
        ...RUNTIMES,
      ]),
    )
    .addOption(slotsOption());
  return addCompileOptions(command).option('--json', 'one JSON object on stdout').action(bundle);
}

interface Report extends MadeUp {
  target: string;
  runtime: Runtime;
  model: string;
  folder: string;
  files: ManifestFile[];
  next: string[];
}

async function bundle(argument: string, options: Options): Promise<void> {
  const target = loadTarget(options.target);
  const runtime = options.runtime ?? defaultRuntime(target);
  const model = loadModel(argument, options.outputs);
  refuseCompileFlags(model, options);
  if (options.pictures && runtime !== 'js') {
    throw new DepthwiseError(
      'USAGE',
      `--pictures is of JavaScript, and ${target.id} runs ${runtime} here: its firmware has dw_picture.h already.`,
    );
  }
  const planned = await fitting(model, options, target, runtime);
  const { blob, vectorFor } = compiledModel(model, planned);
  const contents = readBlob(blob);
  const { slots, pictures } = options;
  const { files, flash, next } = makeBundle({ target, runtime, blob, contents, slots, vectorFor, pictures });
  const about = { target: target.id, runtime, model: contents.name, ...madeUp(contents) };
  const written = writeBundle(options.output, { bundle: MANIFEST_VERSION, depthwise: VERSION, ...about, flash }, files);
  const commands = next.map((line) => line.replace(/\bDIR\b/g, options.output));
  if (runtime === 'js') await warn(model, planned, target);
  const report: Report = { ...about, folder: options.output, files: written, next: commands };
  print(options.json, report, () => text(report));
}

/** Where --memory is not given: the fewest ops in the RAM that the board has, and a word on stderr where that is not the fast plan. */
async function fitting(model: Model, options: Options, target: Target, runtime: Runtime): Promise<Options> {
  if (model.kind === 'dw' || options.memory !== undefined || target.ramBytes.application === null) return options;
  const costOfPlan = async (memory?: Memory) => ({ memory, ...(await costOf(model, { ...options, memory })) });
  const { memory } = await fittingCost(costOfPlan, target, {}, runtime);
  if (memory !== undefined) note(`the fast plan does not fit ${target.id}: planned with --memory ${memory}`);
  return { ...options, memory };
}

/** Says on stderr what budget would refuse: the bundle may be for a board with more memory than the usual one. */
async function warn(model: Model, options: Options, target: Target): Promise<void> {
  const { flash, ram, reasons, advice } = price(target, await costOf(model, options), {}, 'js');
  if (flash.ok !== false && ram.ok !== false) return;
  for (const line of [...reasons.filter((reason) => / over /.test(reason)), ...advice]) note(`warning: ${line}`);
}

/** The reference kernels are the authority; a .dw file comes without the graph that they run. */
function compiledModel(model: Model, options: Options): Pick<BundleRequest, 'blob' | 'vectorFor'> {
  if (model.kind === 'dw') {
    return { blob: model.blob, vectorFor: (inputs) => kernelVector(model.blob, inputs) };
  }
  const compiled = compileModel(model.graph, options);
  return { blob: compiled.blob, vectorFor: (inputs) => referenceVector(model.graph, compiled, inputs) };
}

function text(report: Report): string {
  const { folder, files, next } = report;
  const rows = files.map(({ path, bytes }) => [path, bytes]);
  const lines = madeUpLines(report);
  return [
    ...lines,
    ...(lines.length > 0 ? [''] : []),
    table(['file', 'bytes'], rows),
    '',
    `wrote  ${folder}`,
    ...next.map((line, i) => `${i === 0 ? 'next ' : '     '}  ${line}`),
  ].join('\n');
}
