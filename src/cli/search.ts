/** `depthwise search`: which width, resolution and depth a board carries. docs/search.md says how candidates are priced. */
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { loadTargets, RUNTIMES, type Runtime } from '../boards/target.js';
import { DISCLAIMER } from '../budget/report.js';
import { parseMilliseconds, parseSize } from '../budget/size.js';
import { DepthwiseError, EXIT } from '../errors.js';
import { readAccuracies } from '../search/accuracies.js';
import { type Candidate, candidates, DEFAULT_GRID, type Task } from '../search/candidates.js';
import { chart } from '../search/chart.js';
import { merit, paretoFront } from '../search/front.js';
import type { Terms } from '../search/pricing.js';
import { type BoardAnswer, search } from '../search/search.js';
import { searchText } from '../search/text.js';
import { findTrainer, trainAll } from '../search/train.js';
import { writeFile } from './files.js';
import { note, print } from './output.js';

interface Options {
  target: string;
  classes: number;
  channels: number;
  alphas?: number[];
  sizes?: number[];
  depths?: number[];
  accuracies?: string;
  maxFlash?: number;
  maxRam?: number;
  maxLatency?: number;
  runtime?: Runtime;
  memory: Terms['memory'];
  top: number;
  svg?: string;
  train?: string;
  out?: string;
  epochs?: number;
  json?: boolean;
}

export function searchCommand(): Command {
  return new Command('search')
    .description('which width, resolution and depth of MobileNet a board carries')
    .requiredOption('--target <list>', 'target ids with commas between, or all')
    .requiredOption('--classes <count>', 'outputs of the classifier', parseCount)
    .option('--channels <count>', 'channels of the input: 3 for colour, 1 for grey', parseCount, 3)
    .option('--alphas <list>', 'width multipliers; default: sixteenths up to 1', listOf(parseNumber))
    .option('--sizes <list>', `heights and widths of the input; default: ${DEFAULT_GRID.sizes}`, listOf(parseCount))
    .option('--depths <list>', 'depthwise separable pairs; default: 1 to 13', listOf(parseCount))
    .addOption(
      new Option('--accuracies <file>', 'search the networks of this JSON file, by the accuracy it gives').conflicts([
        'alphas',
        'sizes',
        'depths',
      ]),
    )
    .option('--max-flash <bytes>', 'flash limit, for example 512K', parseSize)
    .option('--max-ram <bytes>', 'RAM limit, for example 96K', parseSize)
    .option('--max-latency <ms>', 'latency limit, held against the upper end of the range', parseMilliseconds)
    .addOption(
      new Option('--runtime <name>', 'what runs the model; default: wasm3 where the board offers it, else js').choices([
        ...RUNTIMES,
      ]),
    )
    .addOption(
      new Option(
        '--memory <how>',
        'whole tensors side by side (fast), or the least RAM, which takes longer to plan (min)',
      )
        .choices(['fast', 'min'])
        .default('fast'),
    )
    .option('--top <count>', 'networks of the front that are printed, and that --train trains', parseCount, 12)
    .option('--svg <file>', 'write a picture of the front')
    .option(
      '--train <pictures>',
      'train the first networks of the front on a folder or archive of train/CLASS/NAME.jpg',
    )
    .option('--out <dir>', 'where --train writes ONNX files and accuracies.json; default: trained')
    .option('--epochs <count>', 'of --train; default: 30', parseCount)
    .option('--json', 'one JSON object on stdout')
    .action(run);
}

async function run(options: Options): Promise<void> {
  checkTraining(options);
  const trainer = options.train === undefined ? undefined : findTrainer();
  const task: Task = { classes: options.classes, channels: options.channels };
  const { targets, skipped } = boards(options);
  const terms: Terms = { task, targets, limits: limitsOf(options), runtime: options.runtime, memory: options.memory };
  const list = candidatesOf(options, task);
  const started = performance.now();
  let answers = await search(list, terms, (done) => progress(done, list.length));
  const seconds = (performance.now() - started) / 1000;
  if (trainer) {
    const { train, out = 'trained', epochs } = options;
    const chosen = firstOfFronts(answers, options.top);
    const trained = trainAll(chosen, task, { data: resolve(train!), out: resolve(out), epochs }, trainer);
    answers = answers.map((answer) => withAccuracies(answer, trained));
  }
  if (options.svg !== undefined) writeFile(options.svg, chart(answers));
  const report = {
    ok: answers.some(({ fit }) => fit > 0),
    note: DISCLAIMER,
    ...task,
    memory: options.memory,
    limits: terms.limits,
    seconds: Number(seconds.toFixed(1)),
    boards: answers.map(({ target, candidates, fit, front: [best] }) => ({
      target,
      candidates,
      fit,
      best: best?.model ?? null,
    })),
    skipped,
    front: answers.flatMap(({ front }) => front),
  };
  print(options.json, report, () => searchText(answers, skipped, options.top));
  if (!report.ok) process.exitCode = EXIT.failed;
}

/** `all` means the boards that the runtime, where one is given, can run on. */
function boards({ target, runtime }: Options): { targets: string[]; skipped: string[] } {
  const targets = loadTargets(target);
  const all = runtime !== undefined && target.split(',').includes('all');
  const [priced, skipped] = [true, false].map((runs) =>
    targets.filter(({ runtimes }) => (!all || runtime in runtimes) === runs).map(({ id }) => id),
  );
  return { targets: priced, skipped };
}

function limitsOf({ maxFlash, maxRam, maxLatency }: Options): Terms['limits'] {
  return {
    ...(maxFlash === undefined ? {} : { maxFlash }),
    ...(maxRam === undefined ? {} : { maxRam }),
    ...(maxLatency === undefined ? {} : { maxLatencyMs: maxLatency }),
  };
}

function candidatesOf({ accuracies, alphas, sizes, depths }: Options, task: Task): Candidate[] {
  if (accuracies !== undefined) return readAccuracies(accuracies, task);
  const grid = { ...DEFAULT_GRID };
  if (alphas) grid.alphas = alphas;
  if (sizes) grid.sizes = sizes;
  if (depths) grid.depths = depths;
  return candidates(grid, task);
}

function checkTraining({ train, out, epochs }: Options): void {
  if (train !== undefined || (out === undefined && epochs === undefined)) return;
  throw new DepthwiseError('USAGE', '--out and --epochs are of --train, which is not there: give --train PICTURES.');
}

/** The first of each board's front, each once. */
function firstOfFronts(answers: readonly BoardAnswer[], top: number): Candidate[] {
  const chosen = new Map<string, Candidate>();
  for (const { front } of answers) {
    for (const { model, alpha, size, depth } of front.slice(0, top)) chosen.set(model, { model, alpha, size, depth });
  }
  if (chosen.size > 0) return [...chosen.values()];
  throw new DepthwiseError('BUDGET_EXCEEDED', 'No network fits, so there is none to train: raise the limits.');
}

/** The front of what was trained: networks without an accuracy cannot be compared with it. */
function withAccuracies(answer: BoardAnswer, trained: readonly Candidate[]): BoardAnswer {
  const accuracies = new Map(trained.map(({ model, accuracy }) => [model, accuracy]));
  const priced = answer.priced
    .filter(({ model }) => accuracies.has(model))
    .map((one) => ({ ...one, accuracy: accuracies.get(one.model) }));
  const front = paretoFront(priced.filter(({ ok }) => ok)).sort((a, b) => merit(b) - merit(a));
  return { ...answer, priced, front };
}

function progress(done: number, all: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${all} networks priced${done === all ? '\n' : ''}`);
  else if (done === all) note(`${all} networks priced`);
}

function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0) return value;
  throw new InvalidArgumentError(`"${text}" is no number above 0`);
}

function parseCount(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError(`"${text}" is no whole number above 0`);
}

const listOf =
  (parse: (text: string) => number) =>
  (text: string): number[] => [...new Set(text.split(',').map(parse))];
