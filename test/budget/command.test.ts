import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ModelCost } from '../../src/budget/cost.js';
import { type BudgetHost, budgetCommand } from '../../src/cli/budget.js';
import { DepthwiseError } from '../../src/errors.js';
import { temporaryFolder } from '../temporary.js';
import { modelCost } from './cost.js';

// The command in this process, with a model whose cost is made up. Tests are serial: an exit code is the process's.

interface Run {
  stdout: string;
  stderr: string;
  exitCode: number;
  /** Models that were compiled, with their rounding. */
  compiled: string[];
}

async function run(
  args: string[],
  cost: Partial<ModelCost> = {},
  env: Record<string, string> = {},
  host: Partial<BudgetHost> = {},
): Promise<Run> {
  const result: Run = { stdout: '', stderr: '', exitCode: 0, compiled: [] };
  const command = budgetCommand({
    costOf: async (name, options) => {
      result.compiled.push([name, options.rounding].filter(Boolean).join(' '));
      return modelCost({ name, ...cost });
    },
    stdout: (text) => {
      result.stdout += text;
    },
    stderr: (text) => {
      result.stderr += text;
    },
    env,
    ...host,
  })
    .exitOverride()
    .configureOutput({
      writeErr: (text) => {
        result.stderr += text;
      },
    });
  const before = process.exitCode;
  try {
    process.exitCode = undefined;
    await command.parseAsync(args, { from: 'user' });
    result.exitCode = Number(process.exitCode ?? 0);
  } finally {
    process.exitCode = before;
  }
  return result;
}

function file(name: string, content: unknown): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

test.serial('a row per board, the breakdown, the advice, and that nothing was measured', async (t) => {
  const { stdout, exitCode } = await run(['m', '--target', 'esp32-c3,rp2040']);
  t.is(exitCode, 0);
  t.regex(stdout, /^esp32-c3 +wasm3 +[\d.]+ KiB of 3\.9 MiB +[\d.]+ KiB of 320\.0 KiB +\d.* ok$/m);
  t.regex(stdout, /^rp2040 /m);
  t.regex(stdout, /activations \(rw\) +30,000 +counted/);
  t.regex(stdout, /RAM peaks at step 1 pw1/);
  t.regex(stdout, /no board was measured/);
});

test.serial('a budget that is exceeded is printed all the same, and exits with 1', async (t) => {
  const { stdout, exitCode } = await run(['m', '--target', 'esp32-c3', '--max-ram', '32K']);
  t.is(exitCode, 1);
  t.regex(stdout, /FAILS$/m);
  t.regex(stdout, /! RAM: .* over 32,768 B \(--max-ram\)/);
});

test.serial('where only the estimate is under the limit, the row says so', async (t) => {
  const free = JSON.parse((await run(['m', '--target', 'esp32-c3', '--json'])).stdout);
  const { estimate, high } = free.targets[0].latencyMs;
  t.true(estimate < high);
  const { stdout, exitCode } = await run(['m', '--target', 'esp32-c3', '--max-latency', `${estimate}ms`]);
  t.is(exitCode, 1);
  t.regex(stdout, /^esp32-c3 .*, only the estimate is under it ! +FAILS$/m);
  t.is((await run(['m', '--target', 'esp32-c3', '--max-latency', `${high}`])).exitCode, 0);
});

test.serial('--json is one object with the fields of the contract, and the weights said to be random', async (t) => {
  const { stdout } = await run(['m', '--target', 'esp32', '--json', '--max-flash', '1M'], { randomWeights: true });
  const report = JSON.parse(stdout);
  t.like(report, { ok: true, models: [{ model: 'm', weights: 'random', macs: 500_000 }] });
  const [verdict] = report.targets;
  t.like(verdict, { model: 'm', target: 'esp32', ok: true, limits: { maxFlash: 1048576 } });
  for (const field of ['flash', 'ram', 'latencyMs', 'peak', 'advice']) t.true(field in verdict, field);
  for (const field of ['estimate', 'low', 'high']) t.is(typeof verdict.latencyMs[field], 'number');
  t.is(verdict.latencyMs.source, 'estimate');
});

test.serial('all leaves out boards without the runtime; naming one fails', async (t) => {
  const all = JSON.parse((await run(['m', '--target', 'all', '--runtime', 'wasm3', '--json'])).stdout);
  t.true(all.skipped.includes('bangle-js2'));
  t.false(all.targets.some(({ target }: { target: string }) => target === 'bangle-js2'));
  const named = await run(['m', '--target', 'bangle-js2', '--runtime', 'wasm3']);
  t.is(named.exitCode, 1);
  t.regex(named.stdout, /bangle-js2 has no wasm3 runtime: it offers js/);
});

test.serial('without --runtime each board has its own: wasm3 where it is offered, else js', async (t) => {
  const { skipped, targets } = JSON.parse((await run(['m', '--target', 'all', '--json'])).stdout);
  t.deepEqual(skipped, []);
  const runtimes = new Map(targets.map(({ target, runtime }: any) => [target, runtime]));
  t.is(runtimes.get('esp32'), 'wasm3');
  t.is(runtimes.get('bangle-js2'), 'js');
});

test.serial('a runtime without figures prints unknown and passes, unless limited', async (t) => {
  const free = await run(['m', '--target', 'bangle-js2', '--runtime', 'js']);
  t.is(free.exitCode, 0);
  t.regex(free.stdout, /^bangle-js2 +js +unknown, over .* unknown +ok as far as known$/m);
  t.is((await run(['m', '--target', 'bangle-js2', '--runtime', 'js', '--max-latency', '1000'])).exitCode, 1);
});

test.serial('usage errors say what to give', async (t) => {
  await t.throwsAsync(run([]), { code: 'USAGE', message: /--config/ });
  await t.throwsAsync(run(['m']), { code: 'USAGE', message: /--target/ });
  await t.throwsAsync(run(['m', '--target', 'esp23']), { code: 'UNKNOWN_TARGET' });
  await t.throwsAsync(run(['m', '--target', 'esp32', '--max-ram', 'big']), { code: 'commander.invalidArgument' });
  await t.throwsAsync(run(['m', '--target', 'esp32', '--runtime', 'jit']), { code: 'commander.invalidArgument' });
  const config = file('depthwise.json', { budgets: [{ model: 'digits', targets: 'esp32' }] });
  await t.throwsAsync(run(['m', '--config', config]), { code: 'USAGE', message: /its models/ });
  await t.throwsAsync(run(['--config', config, '--target', 'esp32']), { code: 'commander.conflictingOption' });
});

test.serial('a config prices models x boards x limits, and compiles each plan once', async (t) => {
  const config = file('depthwise.json', {
    budgets: [
      { model: 'digits', targets: ['esp32', 'esp32-c3'] },
      { model: 'digits', targets: 'esp32', maxRam: '16K' },
      { model: 'digits', targets: 'esp32', options: { rounding: 'single' } },
    ],
  });
  const { stdout, exitCode, compiled } = await run(['--config', config, '--json']);
  t.is(exitCode, 1);
  // The second one does not fit, so its least plan is counted too.
  t.deepEqual(compiled, ['digits', 'digits', 'digits single']);
  const { targets, models } = JSON.parse(stdout);
  t.deepEqual(
    targets.map((verdict: any) => [verdict.model, verdict.target, verdict.ok]),
    [
      ['digits', 'esp32', true],
      ['digits', 'esp32-c3', true],
      ['digits (memory=min)', 'esp32', false],
      ['digits (rounding=single)', 'esp32', true],
    ],
  );
  t.is(models.length, 3);
});

test.serial('a model of a config that is refused is named, and the verdicts on the others stand', async (t) => {
  const config = file('depthwise.json', {
    budgets: [
      { model: 'bad', targets: 'all' },
      { model: 'digits', targets: 'esp32' },
      { model: 'bad', targets: 'esp32' },
    ],
  });
  const host = {
    costOf: async (model: string) => {
      if (model === 'bad') throw new DepthwiseError('MODEL_UNSUPPORTED', 'operator 0 (CONV_2D): type INT16');
      return modelCost({ name: model });
    },
  };
  const { stdout, exitCode } = await run(['--config', config, '--json'], {}, { GITHUB_ACTIONS: 'true' }, host);
  t.is(exitCode, 3);
  const { ok, targets, refused } = JSON.parse(stdout);
  t.false(ok);
  t.deepEqual(refused, [{ model: 'bad', code: 'MODEL_UNSUPPORTED', message: 'operator 0 (CONV_2D): type INT16' }]);
  t.deepEqual(
    targets.map((verdict: any) => [verdict.model, verdict.target, verdict.ok]),
    [['digits', 'esp32', true]],
  );
  const text = await run(['--config', config], {}, { GITHUB_ACTIONS: 'true' }, host);
  t.regex(text.stdout, /^digits: /m);
  t.regex(text.stdout, /bad was refused: operator 0 \(CONV_2D\): type INT16 \[MODEL_UNSUPPORTED\]/);
  t.regex(text.stdout, /::error .*title=bad was refused::operator 0/);
  await t.throwsAsync(run(['bad', '--target', 'esp32'], {}, {}, host), { code: 'MODEL_UNSUPPORTED' });
});

test.serial("options of a config are compile's, with its choices", async (t) => {
  const config = (options: Record<string, string>) =>
    file('depthwise.json', { budgets: [{ model: 'digits', targets: 'esp32', options }] });
  await t.throwsAsync(run(['--config', config({ roundin: 'single' })]), {
    code: 'CONFIG_INVALID',
    message: /rounding/,
  });
  await t.throwsAsync(run(['--config', config({ rounding: 'up' })]), {
    code: 'CONFIG_INVALID',
    message: /double or single/,
  });
});

test.serial('a baseline fails growth, names the step, and lets the same through', async (t) => {
  const baseline = file('baseline.json', (await run(['m', '--target', 'esp32', '--json'])).stdout);
  const same = await run(['m', '--target', 'esp32', '--baseline', baseline]);
  t.is(same.exitCode, 0);
  t.regex(same.stdout, /Baseline: nothing grew/);
  const steps = modelCost().steps.map((step) => (step.name === 'fc' ? { ...step, arenaBytes: 31_000 } : step));
  const grown = await run(['m', '--target', 'esp32', '--baseline', baseline], { arenaBytes: 31_000, steps });
  t.is(grown.exitCode, 1);
  t.regex(grown.stdout, /! m on esp32: RAM grew .* most in arena; step that grew most: 2 fc/);
  const json = await run(['m', '--target', 'esp32', '--baseline', baseline, '--json'], { arenaBytes: 31_000, steps });
  t.like(JSON.parse(json.stdout), { ok: false, baseline: { ok: false, growth: [{ what: 'ram', part: 'arena' }] } });
});

test.serial('on GitHub, failures are annotations: on stdout, or on stderr where stdout is JSON', async (t) => {
  const args = ['m', '--target', 'esp32', '--max-ram', '1K'];
  const off = await run(args);
  t.notRegex(off.stdout, /::error/);
  const on = await run(args, {}, { GITHUB_ACTIONS: 'true' });
  t.regex(on.stdout, /^::error title=m \(memory=min\) does not fit esp32::RAM/m);
  const json = await run([...args, '--json'], {}, { GITHUB_ACTIONS: 'true' });
  t.notThrows(() => JSON.parse(json.stdout));
  t.regex(json.stderr, /^::error title=/m);
  const config = file('depthwise.json', { budgets: [{ model: 'digits', targets: 'esp32', maxRam: '1K' }] });
  t.regex(
    (await run(['--config', config], {}, { GITHUB_ACTIONS: 'true' })).stdout,
    /^::error file=.*depthwise\.json,/m,
  );
});
