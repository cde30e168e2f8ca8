/** `depthwise budget`: will a model fit and how fast, as a gate in CI. docs/budget.md shows it in a workflow. */
import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { DEFAULT_SLOTS, type Slots } from '../boards/esp32-flash.js';
import { defaultRuntime, loadTargets, RUNTIMES, type Runtime, type Target } from '../boards/target.js';
import { annotations } from '../budget/annotations.js';
import { compareWithBaseline, readBaseline } from '../budget/baseline.js';
import { type BudgetEntry, readConfig } from '../budget/config.js';
import type { ModelCost } from '../budget/cost.js';
import { type BudgetReport, budgetReport, type Job, type Refusal } from '../budget/report.js';
import { parseMilliseconds, parseSize } from '../budget/size.js';
import { budgetText } from '../budget/text.js';
import type { Limits } from '../budget/verdict.js';
import { DepthwiseError, ERRORS, EXIT } from '../errors.js';
import type { Memory } from '../plan/planner.js';
import { addCompileOptions, parseMemory } from './compile-options.js';
import { fittingCost } from './fit.js';
import { loadModel, MODEL_HELP } from './model.js';
import { slotsOption } from './slots-option.js';

type Options = Record<string, unknown>;

interface BudgetOptions extends Options {
  target?: string;
  maxFlash?: number;
  maxRam?: number;
  slots: Slots;
  maxLatency?: number;
  runtime?: Runtime;
  config?: string;
  baseline?: string;
  json?: boolean;
}

/** Host of the command, which a test replaces: the compiler, the two streams and the environment. */
export interface BudgetHost {
  costOf(model: string, options: Options): Promise<ModelCost>;
  stdout(text: string): void;
  stderr(text: string): void;
  env: Record<string, string | undefined>;
}

const PROCESS: BudgetHost = {
  costOf: async (model, options) =>
    (await import('./cost.js')).costOf(loadModel(model, options.outputs as string | undefined), options),
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  env: process.env,
};

/** The command. It prints its report also where a budget is exceeded, and then sets the exit code to 1. */
export function budgetCommand(host: Partial<BudgetHost> = {}): Command {
  const command = new Command('budget')
    .description('will the model fit and how fast; exit 1 if not')
    .argument('[model]', MODEL_HELP)
    .option('--target <list>', 'target ids with commas between, or all')
    .option('--max-flash <bytes>', 'flash limit, for example 512K', parseSize)
    .addOption(slotsOption())
    .option('--max-ram <bytes>', 'RAM limit, for example 96K', parseSize)
    .option('--max-latency <ms>', 'latency limit, held against the upper end of the range', parseMilliseconds)
    .addOption(
      new Option('--runtime <name>', 'what runs the model; default: wasm3 where the board offers it, else js').choices([
        ...RUNTIMES,
      ]),
    )
    .addOption(
      new Option('--config <file>', 'JSON file of models x targets x limits').conflicts([
        'target',
        'maxFlash',
        'maxRam',
        'maxLatency',
        'runtime',
      ]),
    )
    .option('--baseline <file>', 'fail where flash, RAM or ops grew over a former `budget --json`')
    .option('--json', 'one JSON object on stdout');
  addCompileOptions(command);
  return command.action(async (model: string | undefined, options: BudgetOptions) => {
    await budget(model, options, { ...PROCESS, ...host });
  });
}

async function budget(model: string | undefined, options: BudgetOptions, host: BudgetHost): Promise<void> {
  const entries = options.config === undefined ? [fromOptions(model, options)] : fromConfig(model, options.config);
  const before = options.baseline === undefined ? undefined : readBaseline(options.baseline);
  const report = await reportOf(entries, options, host);
  const baseline = before && compareWithBaseline(before, report);
  const ok = report.ok && (baseline?.ok ?? true);
  if (options.json) {
    host.stdout(`${JSON.stringify({ ...report, ok, ...(baseline ? { baseline } : {}) }, null, 2)}\n`);
  } else {
    host.stdout(budgetText(report, baseline));
  }
  if (host.env.GITHUB_ACTIONS) {
    // stdout is one JSON object under --json; the runner reads commands from stderr as well.
    const write = options.json ? host.stderr : host.stdout;
    for (const line of annotations(report, baseline, annotatedFile(model, options.config))) write(`${line}\n`);
  }
  if (!ok) process.exitCode = Math.max(EXIT.failed, ...report.refused.map(({ code }) => ERRORS[code]));
}

function fromOptions(model: string | undefined, options: BudgetOptions): BudgetEntry {
  if (model === undefined) throw new DepthwiseError('USAGE', 'no model: name one, or give --config FILE');
  if (options.target === undefined) {
    throw new DepthwiseError('USAGE', 'no target: give --target T[,T...], or --target all');
  }
  const { maxFlash, maxRam, maxLatency, slots, target, runtime } = options;
  const limits: Limits = {
    ...(slots === DEFAULT_SLOTS ? {} : { slots }),
    ...(maxFlash === undefined ? {} : { maxFlash }),
    ...(maxRam === undefined ? {} : { maxRam }),
    ...(maxLatency === undefined ? {} : { maxLatencyMs: maxLatency }),
  };
  return { model, targets: target, runtime, limits, options: {} };
}

function fromConfig(model: string | undefined, file: string): BudgetEntry[] {
  if (model === undefined) {
    const entries = readConfig(file);
    for (const entry of entries) checkCompileOptions(entry, file);
    return entries;
  }
  throw new DepthwiseError('USAGE', `both a model ("${model}") and --config ${file}: the config names its models`);
}

/** Options of a config file do not pass commander, so its choices are held against them here. */
function checkCompileOptions({ model, options }: BudgetEntry, file: string): void {
  const known = new Map(addCompileOptions(new Command()).options.map((option) => [option.attributeName(), option]));
  for (const [name, value] of Object.entries(options)) {
    const option = known.get(name);
    const refuse = (found: string, expected: string) =>
      new DepthwiseError('CONFIG_INVALID', `${file}, options of ${model}: ${found}, expected ${expected}`);
    if (!option) throw refuse(`"${name}"`, `one of the options ${[...known.keys()].join(', ')}`);
    try {
      option.parseArg?.(value, undefined);
    } catch {
      throw refuse(`${name} is "${value}"`, option.argChoices?.join(' or ') ?? 'what --help says of it');
    }
  }
}

/**
 * Each model is compiled and counted once per set of compile options. One of a config file that is refused does not keep back
 * the verdicts on the others.
 */
async function reportOf(
  entries: readonly BudgetEntry[],
  options: BudgetOptions,
  host: BudgetHost,
): Promise<BudgetReport> {
  const jobs: Job[] = [];
  const skipped: string[] = [];
  const refused = new Map<string, Refusal>();
  const costs = new Map<string, ModelCost>();
  for (const entry of entries) {
    const targets = boards(entry, skipped);
    const own = Object.entries(entry.options).map(([key, value]) => `${key}=${value}`);
    const key = [entry.model, ...own].join(' ');
    if (refused.has(key)) continue;
    try {
      for (const board of targets) {
        const runtime = entry.runtime ?? defaultRuntime(board);
        const cost = await fittingCost(planCosts(key, entry, options, own, costs, host), board, entry.limits, runtime);
        jobs.push({ cost, targets: [board], limits: entry.limits, runtime });
      }
    } catch (error) {
      if (options.config === undefined || !(error instanceof DepthwiseError)) throw error;
      refused.set(key, { model: entry.model, code: error.code, message: error.message });
    }
  }
  return budgetReport(jobs, skipped, [...refused.values()]);
}

/** `all` means the boards that the runtime can run on; a board that was named is priced, and fails, all the same. */
function boards(entry: BudgetEntry, skipped: string[]): Target[] {
  const targets = loadTargets(entry.targets);
  const { runtime } = entry;
  if (runtime === undefined || !entry.targets.split(',').includes('all')) return targets;
  const [run, not] = [true, false].map((runs) => targets.filter(({ runtimes }) => runtime in runtimes === runs));
  skipped.push(...not.map(({ id }) => id));
  return run;
}

/** Costs of an entry's plans, each counted once; a plan that is asked for with --memory is the only one. */
function planCosts(
  key: string,
  entry: BudgetEntry,
  options: BudgetOptions,
  own: readonly string[],
  known: Map<string, ModelCost>,
  host: BudgetHost,
): (memory?: Memory) => Promise<ModelCost> {
  const { memory: text, ...others } = entry.options;
  const given = text === undefined ? (options.memory as Memory | undefined) : parseMemory(text);
  return async (chosen) => {
    const memory = given ?? chosen;
    const plan = `${key} ${memory}`;
    const found = known.get(plan);
    if (found) return found;
    const all: Options = { ...options, ...others, ...(memory !== undefined && { memory }) };
    const cost = await host.costOf(entry.model, all);
    // Unusual options are part of the name, so that the same model planned twice stays two models, also in a baseline.
    const planned = given === undefined && memory !== undefined ? [`memory=${memory}`] : [];
    const unusual = [...own, ...planned];
    const name = unusual.length === 0 ? cost.name : `${cost.name} (${unusual.join(', ')})`;
    const how = { memory, frame: all.frame } as Pick<ModelCost, 'memory' | 'frame'>;
    const made = { ...how, ...cost, name };
    known.set(plan, made);
    return made;
  };
}

function annotatedFile(model: string | undefined, config: string | undefined): string | undefined {
  return [config, model].find((file) => file !== undefined && existsSync(file));
}
