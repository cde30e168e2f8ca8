/** Dead channels of the real models: how many there are, and that TFLite Micro's outputs stay. */
import type { ExecutionContext, TestFn } from 'ava';
import test from 'ava';
import { compile } from '../../src/compile.js';
import type { EngineName } from '../../src/engines/engine.js';
import { runReference } from '../../src/engines/reference.js';
import { openRunner } from '../../src/engines/run.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { executedMacs, weightBytes } from '../../src/program/program.js';
import { cli, cliJson, Folder } from '../cli/cli.js';
import { difference } from '../difference.js';
import { fixture, readFixture, readManifest, withFixtures } from '../fixtures.js';

const load = (model: string) => importTflite(readFixture('models', `${model}.tflite`), model);

withFixtures(
  test,
  'vww_96_int8: 49.8 % of the multiply-accumulates and 14.1 % of the weights are live',
  (t: ExecutionContext) => {
    const { program, deadChannels } = compile(load('vww_96_int8'));
    t.is(executedMacs(program), 3_733_073);
    t.is(weightBytes(program), 29_286);
    t.deepEqual(deadChannels!.weightBytes, { before: 208_112, after: 29_286 });
    t.deepEqual(deadChannels!.macs, { before: 7_489_664, after: 3_733_073 });
  },
);

withFixtures(test.serial as TestFn, 'compile and info say what goes and why', async (t: ExecutionContext) => {
  const model = fixture('models', 'vww_96_int8.tflite');
  const file = new Folder().file('vww.dw');
  const on = await cliJson('compile', model, '-o', file);
  t.like(on, { macs: 7_489_664, macsExecuted: 3_733_073, weightBytes: 29_286 });
  t.like(on.deadChannels, { removed: 1716, weightBytes: { before: 208_112, after: 29_286 } });
  t.like(on.deadChannels.layers[26], { index: 26, before: 256, after: 22, constant: 234, unread: 0 });
  const off = await cliJson('compile', model, '-o', file, '--dead-channels', 'off');
  t.like(off, { macs: 7_489_664, macsExecuted: 7_489_664, weightBytes: 208_112, deadChannels: undefined });

  const line = 'dead channels: 1,716 of 2,738 removed, weights 208,112 -> 29,286 B; --dead-channels off keeps them';
  const { stdout } = await cli('compile', model, '-o', file);
  t.true(stdout.split('\n').includes(line));
  t.regex(stdout, /^ *26 .* 22 of 256$/m);
  const kept = await cli('compile', model, '-o', file, '--dead-channels', 'off');
  t.is(kept.exitCode, 0);
  t.notRegex(kept.stdout, /dead channels|22 of 256/);

  const info = await cliJson('info', model);
  t.like(info, { macs: 7_489_664, params: 210_850, weightBytes: 208_112 });
  t.like(info.deadChannels, { removable: 1716, constant: 1555, unread: 161, channels: 2738 });
  t.regex((await cli('info', model)).stdout, /1,716 of 2,738 \(1,555 constant, 161 read by nobody\)/);
  const dense = await cli('info', fixture('models', 'kws_ref_model.tflite'));
  t.regex(dense.stdout, /dead channels: none of 588/);
});

withFixtures(test, 'person_detect and kws_ref_model are all but dense', (t: ExecutionContext) => {
  const live = (model: string) => {
    const { before, after } = compile(load(model)).deadChannels!.weightBytes;
    return Number((after / before).toFixed(3));
  };
  t.deepEqual(['person_detect', 'kws_ref_model'].map(live), [0.999, 1]);
});

for (const model of ['vww_96_int8', 'person_detect', 'kws_ref_model']) {
  withFixtures(test, `${model}: outputs of tflite-micro without dead channels`, (t: ExecutionContext) => {
    const graph = load(model);
    const compiled = compile(graph);
    const { cases } = readManifest<{ cases: { input: string; output: string }[] }>('golden', model, 'manifest.json');
    for (const engine of ['node', 'wasm3', 'js'] as EngineName[]) {
      const runner = openRunner(graph, compiled, engine);
      for (const { input, output } of cases) {
        const [found] = runner.run([readFixture('golden', model, input)]);
        t.is(difference(found, readFixture('golden', model, output)), 'equal', `${engine} ${input}`);
      }
    }
  });
}

withFixtures(
  test,
  'mobilenet_v1_0.25_128_quant: ten records as the reference kernels have them',
  (t: ExecutionContext) => {
    const graph = load('mobilenet_v1_0.25_128_quant');
    const compiled = compile(graph);
    t.true(compiled.deadChannels!.removed > 0);
    const runner = openRunner(graph, compiled, 'node');
    const inputs = readFixture('golden', 'mobilenet_v1_0.25_128_quant', 'inputs_10.u8');
    const size = inputs.length / 10;
    for (let i = 0; i < 10; i += 3) {
      const record = [inputs.subarray(i * size, (i + 1) * size)];
      t.is(difference(runner.run(record)[0], runReference(graph, record)[0]), 'equal', `record ${i}`);
    }
  },
);
