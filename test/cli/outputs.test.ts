/** --outputs, for every command that reads a model. */
import test from 'ava';
import { randomValues } from '../import/onnx/blocks.js';
import { buildOnnx } from '../import/onnx/build.js';
import { cli, cliJson, Folder } from './cli.js';

const layers = async (...args: string[]) => (await cliJson(...args)).layers.length;

test.serial('a model is cut at tensors, by every command, whatever it comes from', async (t) => {
  const folder = new Folder();
  const all = await cliJson('info', 'digits-mini');
  const [first, second] = all.layers.map(({ name }: { name: string }) => name);
  t.is(await layers('info', 'digits-mini', '--outputs', second), 2);
  t.is(
    await layers(
      'info',
      'mobilenet:0.25@96x96x1,2',
      '--outputs',
      (await cliJson('info', 'mobilenet:0.25@96x96x1,2')).layers[4].name,
    ),
    5,
  );

  const dw = folder.file('cut.dw');
  await cliJson('compile', 'digits-mini', '-o', dw, '--outputs', `${first},${second}`);
  const cut = await cliJson('info', dw);
  t.deepEqual(
    cut.outputs.map(({ name }: { name: string }) => name),
    [first, second],
  );
  t.falsy(cut.labels?.length, 'they are of another output');
  const input = folder.write('in.bin', new Uint8Array(784));
  t.is((await cliJson('run', 'digits-mini', '--outputs', first, '--input', input)).macs, all.layers[0].macs);
  t.is(
    (await cliJson('budget', 'digits-mini', '--outputs', first, '--target', 'esp32')).models[0].macs,
    all.layers[0].macs,
  );
  const config = { budgets: [{ model: 'digits-mini', targets: 'esp32', options: { outputs: first } }] };
  const file = folder.write('budgets.json', new TextEncoder().encode(JSON.stringify(config)));
  t.is((await cliJson('budget', '--config', file)).models[0].macs, all.layers[0].macs);

  const wrong: [string[], RegExp][] = [
    [['info', dw, '--outputs', first], /already planned, so --outputs cannot apply/],
    [['info', 'digits-mini', '--outputs', 'nothing'], /no operator of the model gives a tensor "nothing"; near it: "/],
    [['info', 'digits-mini', '--outputs', `${first},`], /expected names of tensors/],
    [['info', 'digits-mini', '--outputs', `${first},${first}`], /each once/],
  ];
  for (const [args, message] of wrong) {
    const { exitCode, stderr } = await cli(...args);
    t.is(exitCode, 2, args.join(' '));
    t.regex(stderr, message);
  }
});

test.serial('a float model is cut before it is quantised', async (t) => {
  const folder = new Folder();
  const bytes = buildOnnx({
    nodes: [
      { op: 'Conv', inputs: ['x', 'w'], outputs: ['c'] },
      { op: 'LSTM', inputs: ['c'], outputs: ['y'] },
    ],
    constants: { w: { shape: [2, 1, 3, 3], data: randomValues(18, 1) } },
    inputs: { x: [1, 1, 6, 6] },
    outputs: ['y'],
  });
  const model = folder.write('lstm.onnx', bytes);
  const refused = await cli('info', model);
  t.is(refused.exitCode, 3);
  t.regex(refused.stderr, /To have what comes before: --outputs c /);
  t.is(await layers('info', model, '--outputs', 'c'), 1);
  const data = ['--data', folder.write('data.bin', new Uint8Array(72)), '-o', folder.file('out.tflite')];
  t.is(await layers('quantize', model, ...data, '--outputs', 'c'), 1);
});
