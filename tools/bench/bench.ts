/**
 * What each layer costs in wasm3, as ops (counted, repeatable) and as ns on this machine:
 *
 *     npm run bench [-- --update] [-- NAME ...]
 *
 * against the committed baseline (--update writes it) and against plain loops (tools/bench/naive). Real models need
 * DEPTHWISE_FIXTURES. NAME: part of the name of a model; all without it.
 */
import { parseArgs } from 'node:util';
import { formatPercent, table } from '../../src/report/table.js';
import { kindName } from '../../src/steps/index.js';
import { compileKernels } from '../build/kernels.js';
import { type Baseline, readBaseline, writeBaseline } from './baseline.js';
import { benchInputs, type Count, countOps } from './count.js';
import { type BenchModel, benchModels } from './models.js';
import { naiveKernels, packingTwice } from './variants.js';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { update: { type: 'boolean' } } });
const builds = { kernels: await compileKernels(), naive: await naiveKernels(), twice: await packingTwice() };
const baseline = readBaseline();
const counted: Baseline = {};

/** Prints a model's table; returns its ops. */
function bench({ name, compiled }: BenchModel): number {
  const inputs = benchInputs(compiled);
  const now = countOps(compiled, builds.kernels, inputs);
  const naive = countOps(compiled, builds.naive, inputs);
  const twice = countOps(compiled, builds.twice, inputs);
  sameOutputs(name, now, naive);
  const { steps } = compiled.program;
  const macs = steps.reduce((sum, step) => sum + step.macs, 0);
  const rows = steps.map((step, i) => {
    const { height, width, channels } = step.output;
    const ops = now.opsByStep[i];
    return [
      i,
      kindName(step.kind),
      `${height}x${width}x${channels}`,
      step.macs,
      ops,
      perMac(ops, step.macs),
      formatPercent(ops / now.ops),
      twice.opsByStep[i] - ops,
      now.nsByStep[i],
      times(naive.opsByStep[i], ops),
      times(naive.nsByStep[i], now.nsByStep[i]),
    ];
  });
  const sum = (list: number[]) => list.reduce((total, value) => total + value, 0);
  const [ns, naiveNs] = [sum(now.nsByStep), sum(naive.nsByStep)];
  rows.push([
    '',
    'all',
    '',
    macs,
    now.ops,
    perMac(now.ops, macs),
    formatPercent(1),
    twice.ops - now.ops,
    ns,
    times(naive.ops, now.ops),
    times(naiveNs, ns),
  ]);
  const head = ['', 'kind', 'output', 'MACs', 'ops', 'ops/MAC', 'share', 'packing', 'ns', 'naive ops', 'naive ns'];
  const align = head.map((_, column) => (column === 1 || column === 2 ? 'left' : 'right'));
  const { compiledCodeBytes, maxNativeDepth } = now.stats;
  console.log(`${name}: ${against(now.ops, baseline[name])}`);
  console.log(`compiled code ${compiledCodeBytes} bytes, native depth ${maxNativeDepth} ops\n`);
  console.log(`${table(head, rows, { align })}\n`);
  return now.ops;
}

const perMac = (ops: number, macs: number): string => (macs > 0 ? (ops / macs).toFixed(2) : '');
const times = (slow: number, fast: number): string => `${(slow / fast).toFixed(1)} x`;

function against(ops: number, before: number | undefined): string {
  if (before === undefined) return `${ops} ops, no baseline`;
  const change = (100 * (ops - before)) / before;
  return `${ops} ops, ${change < 0 ? '' : '+'}${change.toFixed(2)} % against the baseline`;
}

function sameOutputs(name: string, a: Count, b: Count): void {
  a.outputs.forEach((output, i) => {
    if (!Buffer.from(output).equals(b.outputs[i])) throw new Error(`${name}: the naive kernels give other bytes`);
  });
}

for (const model of benchModels()) {
  if (positionals.length > 0 && !positionals.some((part) => model.name.includes(part))) continue;
  counted[model.name] = bench(model);
}
if (values.update) writeBaseline(counted);
