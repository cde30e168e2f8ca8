/** Dead channels on their way through the compiler: its options, its costs, and random graphs. */
import test from 'ava';
import { Command } from 'commander';
import fc from 'fast-check';
import { graphCost } from '../../src/analysis/cost.js';
import { validateGraph } from '../../src/analysis/validate.js';
import {
  addCompileOptions,
  type CompileFlags,
  compileModel,
  refuseCompileFlags,
} from '../../src/cli/compile-options.js';
import { eliminateDeadChannels } from '../../src/compile/dead-channels.js';
import { compile } from '../../src/compile.js';
import { runReference } from '../../src/engines/reference.js';
import { openRunner } from '../../src/engines/run.js';
import { readBlob } from '../../src/format/read.js';
import type { Rounding } from '../../src/kernels/reference/fixedpoint.js';
import { executedMacs, weightBytes } from '../../src/program/program.js';
import { difference } from '../difference.js';
import { graphs, inputBytes } from '../graphs.js';
import { Net } from './dead-channels-net.js';
import { thinned } from './thinned.js';

test('compile: on by default; off by option and where every layer is to be looked at; MACs of the file are nominal', (t) => {
  const net = new Net();
  const a = net.conv(net.x, 4);
  const graph = net.constant(a, [0, 1]).graph([net.point(a, 2)]);
  const nominal = graphCost(graph);
  const on = compile(graph);
  t.is(executedMacs(on.program), nominal.macs / 2);
  t.is(weightBytes(on.program), nominal.weightBytes / 2);
  t.is(readBlob(on.blob).macs, nominal.macs);
  t.is(on.deadChannels!.removed, 2);
  for (const options of [{ deadChannels: false }, { fuse: false }, { fuse: false, deadChannels: true }]) {
    const off = compile(graph, options);
    t.is(executedMacs(off.program), nominal.macs);
    t.is(off.deadChannels, undefined);
  }
});

test('--dead-channels off leaves them in; a .dw file refuses the option', (t) => {
  const net = new Net();
  const a = net.conv(net.x, 4);
  const graph = net.constant(a, [0, 1]).graph([net.point(a, 2)]);
  const flags = (...args: string[]) =>
    addCompileOptions(new Command()).exitOverride().parse(args, { from: 'user' }).opts<CompileFlags>();
  const removed = (...args: string[]) => compileModel(graph, flags(...args)).deadChannels?.removed;
  t.deepEqual([removed(), removed('--dead-channels', 'on'), removed('--dead-channels', 'off')], [2, 2, undefined]);
  const { blob } = compile(graph);
  const model = { kind: 'dw', blob, contents: readBlob(blob) } as const;
  t.notThrows(() => refuseCompileFlags(model, flags()));
  for (const how of ['on', 'off']) {
    const error = { code: 'USAGE', message: /--dead-channels cannot apply/ };
    t.throws(() => refuseCompileFlags(model, flags('--dead-channels', how)), error);
  }
});

test('random thinned graphs: the compiled one gives the bytes of the reference kernels on the original', (t) => {
  let removed = 0;
  let constant = 0;
  const property = fc.property(
    graphs(6),
    fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    fc.constantFrom(0, 0, 0, 1, 2, 3),
    fc.constantFrom<Rounding>('double', 'double', 'single'),
    (full, seed, pattern, rounding) => {
      const graph = thinned(full, seed);
      const result = eliminateDeadChannels(graph, rounding);
      validateGraph(result.graph);
      removed += result.report.removed;
      constant += result.report.constant;
      if (eliminateDeadChannels(result.graph, rounding).graph !== result.graph) throw new Error('not idempotent');
      const inputs = inputBytes(graph, seed, pattern);
      const expected = runReference(graph, inputs, { rounding });
      const runners: [string, Uint8Array[]][] = [
        ['reference', runReference(result.graph, inputs, { rounding })],
        ['node', openRunner(graph, compile(graph, { rounding }), 'node').run(inputs)],
      ];
      for (const [engine, outputs] of runners) {
        const results = outputs.map((output, i) => difference(output, expected[i]));
        if (results.some((text) => text !== 'equal')) throw new Error(`${engine}: ${results.join(', ')}`);
      }
    },
  );
  t.notThrows(() => fc.assert(property, { numRuns: 400, seed: 11, includeErrorInReport: true }));
  t.true(removed > 1000 && constant > 300 && removed - constant > 300, `${removed} removed, ${constant} constant`);
});
