import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { DepthwiseError } from '../../src/errors.js';
import { readLabels } from '../../src/input/labels.js';
import { fixture, withFixtures } from '../fixtures.js';

const folder = mkdtempSync(join(tmpdir(), 'depthwise-'));
test.after.always(() => rmSync(folder, { recursive: true }));

function labels(content: string | Uint8Array): string[] {
  const file = join(folder, 'labels.txt');
  writeFileSync(file, content);
  return readLabels(file);
}

test.serial('one a line, with LF or CRLF, with or without an end', (t) => {
  t.deepEqual(labels('cat\ndog\n'), ['cat', 'dog']);
  t.deepEqual(labels('cat\r\ndog'), ['cat', 'dog']);
  t.deepEqual(labels('cat\ndog\n\n\n'), ['cat', 'dog']);
});

test.serial('empty lines between keep their place; a byte order mark and outer spaces go', (t) => {
  t.deepEqual(labels('\ufeffcat \n\n dog fish\n'), ['cat', '', 'dog fish']);
  t.deepEqual(labels('Kätzchen\n'), ['Kätzchen']);
});

for (const [name, content, message] of [
  ['empty', '', /is empty/],
  ['zero bytes', 'a\0b', /zero bytes/],
  ['no UTF-8', Uint8Array.of(0xff, 0xfe, 0x41), /is not UTF-8/],
] as const) {
  test.serial(`refused: ${name}`, (t) => {
    const error = t.throws(() => labels(content), { instanceOf: DepthwiseError, message });
    t.is(error?.code, 'INPUT_UNREADABLE');
  });
}

test('a missing file', (t) => {
  t.is(t.throws<DepthwiseError>(() => readLabels(join(folder, 'none.txt')))?.code, 'INPUT_UNREADABLE');
});

withFixtures(test, 'the 1001 classes of ImageNet', (t: ExecutionContext) => {
  const names = readLabels(fixture('models', 'imagenet_labels.txt'));
  t.is(names.length, 1001);
  t.is(names[0], 'background');
});
