import { chmodSync, mkdirSync } from 'node:fs';
import test from 'ava';
import { readBlob } from '../../src/format/read.js';
import { GraphBuilder, seededRandom } from '../graph/builder.js';
import { cli, cliJson, Folder } from './cli.js';

const SPEC = 'mobilenet:0.25@32x32x3,4';

test.serial('writes the .dw file and says what it needs', async (t) => {
  const folder = new Folder();
  const made = await cliJson('compile', SPEC, '-o', folder.file('net.dw'));
  t.deepEqual(folder.names(), ['net.dw']);
  const blob = folder.read('net.dw');
  const contents = readBlob(blob);
  t.is(made.blobBytes, blob.length);
  t.is(made.arenaBytes, contents.arenaBytes);
  t.is(made.scratchBytes, contents.scratchBytes);
  t.is(made.linearMemoryBytes, contents.memoryBytes);
  t.true(made.weightBytes > 200_000 && made.weightBytes < made.blobBytes);
  t.true(made.lowerBoundBytes > 0 && made.lowerBoundBytes <= made.arenaBytes);
  t.true(made.macsExecuted <= made.macs);
  t.is(made.macs, 833_152);
  t.true(Number.isInteger(made.peakStep) && made.peakStep < contents.steps.length);
  t.is(made.weights, 'random');
  t.true(contents.randomWeights);
});

test.serial('the same model gives the same bytes', async (t) => {
  const folder = new Folder();
  for (const name of ['a.dw', 'b.dw']) await cliJson('compile', SPEC, '-o', folder.file(name));
  t.deepEqual(folder.read('a.dw'), folder.read('b.dw'));
});

test.serial('text: layers, flash, RAM, the step where RAM peaks', async (t) => {
  const folder = new Folder();
  const { stdout, exitCode } = await cli('compile', SPEC, '-o', folder.file('net.dw'));
  t.is(exitCode, 0);
  t.regex(stdout, /weights: random/);
  t.regex(stdout, /^flash .* B, of them weights /m);
  t.regex(stdout, /^RAM .*arena [\d,]+ B, scratch [\d,]+ B/m);
  t.regex(stdout, /^peak .*step \d+/m);
  t.true(stdout.includes(folder.file('net.dw')));
});

test.serial('the least RAM: what it costs, pieces inside the arena, a map of 80 columns', async (t) => {
  const folder = new Folder();
  const fast = await cliJson('compile', SPEC, '-o', folder.file('fast.dw'));
  const min = await cliJson('compile', SPEC, '-o', folder.file('min.dw'), '--memory', 'min', '--frame', 'rows');
  t.true(min.arenaBytes < fast.arenaBytes);
  t.true(min.lowerBoundBytes <= min.arenaBytes);
  t.is(min.inputRows, 32);
  for (const { offset, bytes, from, to } of min.plan) t.true(offset + bytes <= min.arenaBytes && from <= to);
  const { stdout } = await cli('compile', SPEC, '-o', folder.file('min.dw'), '--memory', 'min', '--map');
  t.regex(stdout, /^ops .* more than with --memory fast/m);
  const map = stdout.split('\n').filter((line) => /^ *\d+ [a-zA-Z.]+ +[\d,]+$/.test(line));
  t.is(map.length, 30);
  for (const line of map) t.true(line.length <= 80, line);
});

test.serial('rounding and labels go into the file', async (t) => {
  const folder = new Folder();
  const labels = folder.write('labels.txt', 'background\ncat\ndog\nfox\n');
  await cliJson('compile', SPEC, '-o', folder.file('net.dw'), '--rounding', 'single', '--labels', labels);
  const contents = readBlob(folder.read('net.dw'));
  t.is(contents.rounding, 'single');
  t.deepEqual(contents.labels, ['background', 'cat', 'dog', 'fox']);
});

test.serial('as many labels as classes, or exit code 2 and no file', async (t) => {
  const folder = new Folder();
  const labels = folder.write('labels.txt', 'cat\ndog\n');
  const { exitCode, stderr } = await cli('compile', SPEC, '-o', folder.file('net.dw'), '--labels', labels);
  t.is(exitCode, 2);
  t.regex(stderr, /labels\.txt has 2 labels, expected 4/);
  t.deepEqual(folder.names(), ['labels.txt']);
});

test.serial('a file that cannot be written: exit code 2, and nothing is left behind', async (t) => {
  const folder = new Folder();
  mkdirSync(folder.file('taken.dw'));
  for (const output of [folder.file('taken.dw'), folder.file('no/such/folder/net.dw')]) {
    const { exitCode, stdout, stderr } = await cli('compile', SPEC, '-o', output, '--json');
    t.is(exitCode, 2, output);
    t.is(stdout, '');
    t.true(stderr.includes(output) && stderr.includes('OUTPUT_UNWRITABLE'), stderr);
  }
  t.deepEqual(folder.names(), ['taken.dw']);
});

test.serial('what is written replaces the old file whole', async (t) => {
  const folder = new Folder();
  folder.write('net.dw', new Uint8Array(5_000_000));
  chmodSync(folder.file('net.dw'), 0o644);
  const { blobBytes } = await cliJson('compile', SPEC, '-o', folder.file('net.dw'));
  t.is(folder.read('net.dw').length, blobBytes);
});

test.serial('a .dw file is compiled already', async (t) => {
  const folder = new Folder();
  await cliJson('compile', SPEC, '-o', folder.file('net.dw'));
  const { exitCode, stderr } = await cli('compile', folder.file('net.dw'), '-o', folder.file('again.dw'));
  t.is(exitCode, 2);
  t.regex(stderr, /net\.dw is compiled already/);
  t.deepEqual(folder.names(), ['net.dw']);
});

test.serial('a model without steps compiles', async (t) => {
  const folder = new Folder();
  const b = new GraphBuilder(seededRandom(1));
  const model = folder.model('flat.tflite', b.graph([b.reshape(b.input([1, 2, 3, 4]), [1, 24])]));
  const { exitCode, stdout } = await cli('compile', model, '-o', folder.file('flat.dw'));
  t.is(exitCode, 0);
  t.regex(stdout, /arena 24 B/);
});

test.serial('dead channels are left out unless told otherwise', async (t) => {
  const folder = new Folder();
  const b = new GraphBuilder(seededRandom(6));
  const x = b.conv(b.input([1, 4, 4, 2]), 8, { kernel: [1, 1], activation: 'relu', bias: false });
  b.tensors[b.operators[0].inputs[1]].data!.fill(0, 0, 2 * 4);
  const model = folder.model('dead.tflite', b.graph([b.conv(x, 4, { kernel: [1, 1] })]));
  const on = await cliJson('compile', model, '-o', folder.file('on.dw'));
  const off = await cliJson('compile', model, '-o', folder.file('off.dw'), '--dead-channels', 'off');
  t.is(off.macsExecuted, off.macs);
  t.is(on.macs, off.macs);
  t.true(on.macsExecuted < off.macsExecuted && on.weightBytes < off.weightBytes);
});
