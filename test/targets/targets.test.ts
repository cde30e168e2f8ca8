import { readFileSync } from 'node:fs';
import test from 'ava';
import { targetsDirectory } from '../../src/assets.js';
import { OP_CLASSES } from '../../src/boards/op-class.js';
import { closest, listTargets, loadTarget, loadTargets, parseTarget } from '../../src/boards/target.js';
import { variableBytes } from '../../src/budget/espruino-heap.js';

const BOARDS = [
  'bangle-js2',
  'esp32',
  'esp32-c3',
  'esp32-s3',
  'esp8266',
  'espruino-esp32',
  'espruino-pico',
  'jerryscript',
  'microbit2',
  'nrf52840',
  'rp2040',
  'stm32f405',
  'stm32l4r5',
];
const text = (id: string): string => readFileSync(new URL(`${id}.json`, targetsDirectory()), 'utf8');

test('every board of the design is there', (t) => {
  t.deepEqual(
    BOARDS.filter((id) => !listTargets().includes(id)),
    [],
  );
});

for (const id of listTargets()) {
  test(`${id} follows the schema, and its memories are no larger than the chip's`, (t) => {
    const target = loadTarget(id);
    t.is(target.id, id);
    for (const memory of [target.ramBytes, target.flashBytes]) {
      t.true((memory.application?.value ?? 0) <= (memory.total?.value ?? Number.POSITIVE_INFINITY));
    }
  });

  test(`${id}: where ops are priced, every class is, with a range`, (t) => {
    const cycles = loadTarget(id).runtimes.wasm3?.cyclesPerOp;
    if (!cycles) return void t.pass();
    t.deepEqual(Object.keys(cycles).sort(), ['default', ...OP_CLASSES].sort());
    for (const figure of Object.values(cycles)) t.true(figure!.low! < figure!.high!);
  });
}

test('every "docs/boards.md#..." of a source is a heading there', (t) => {
  const headings = readFileSync(new URL('../../docs/boards.md', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('#'))
    .map((line) =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, '')
        .replace(/ /g, '-'),
    );
  const anchors = new Set(listTargets().flatMap((id) => text(id).match(/(?<=docs\/boards\.md#)[a-z0-9-]+/g) ?? []));
  t.true(anchors.size > 0);
  t.deepEqual(
    [...anchors].filter((anchor) => !headings.includes(anchor)),
    [],
  );
});

/** Parses esp32-c3 with a change to its JSON. */
function broken(change: (json: any) => void): () => void {
  const json = JSON.parse(text('esp32-c3'));
  change(json);
  return () => parseTarget(JSON.stringify(json), 'esp32-c3.json');
}

const REFUSED: [string, (json: any) => void, RegExp][] = [
  ['a figure without a source', (json) => delete json.clockHz.source, /clockHz .*source/],
  ['an empty source', (json) => (json.clockHz.source = ''), /clockHz\/source/],
  ['a kind that is not known', (json) => (json.clockHz.kind = 'guess'), /clockHz\/kind .*published/],
  ['a bare number', (json) => (json.clockHz = 160e6), /clockHz/],
  ['a negative figure', (json) => (json.ramBytes.total.value = -1), /ramBytes\/total\/value/],
  ['a field that is not known', (json) => (json.psram = null), /psram/],
  ['a missing field', (json) => delete json.flashBytes, /flashBytes/],
  ['a core that is not known', (json) => (json.core = 'z80'), /core/],
  ['an op class that is not known', (json) => (json.runtimes.wasm3.cyclesPerOp.simd = null), /simd/],
  ['an id that is not the name of the file', (json) => (json.id = 'esp32-c2'), /id is "esp32-c2"/],
  ['a range that does not hold its value', (json) => (json.clockHz.low = 1e9), /clockHz: 1000000000 <= 160000000/],
];

for (const [what, change, message] of REFUSED) {
  test(`refused: ${what}`, (t) => {
    t.throws(broken(change), { code: 'CONFIG_INVALID', message });
  });
}

for (const id of listTargets().filter((id) => loadTarget(id).runtimes.js?.heap)) {
  test(`${id}: RAM for an application is the heap: its variables, each as wide as their number asks for`, (t) => {
    const { ramBytes, runtimes } = loadTarget(id);
    const variables = runtimes.js!.heap!.variables!.value;
    t.is(ramBytes.application!.value, variables * variableBytes(variables));
  });
}

test('null stands for what nobody knows, and is accepted for any figure', (t) => {
  t.notThrows(broken((json) => (json.clockHz = json.runtimes.wasm3 = json.ramBytes.total = null)));
});

test('refused: what is not JSON', (t) => {
  t.throws(() => parseTarget('{', 'x.json'), { code: 'CONFIG_INVALID', message: /x\.json is not JSON/ });
});

test('an unknown target lists the known ones and guesses which was meant', (t) => {
  const error = t.throws(() => loadTarget('esp32c3'), { code: 'UNKNOWN_TARGET' });
  t.regex(error!.message, /did you mean esp32-c3\?/);
  for (const id of BOARDS) t.true(error!.message.includes(id));
  t.notRegex(t.throws(() => loadTarget('commodore64'))!.message, /did you mean/);
});

test('the name of a target is no path', (t) => {
  t.throws(() => loadTarget('../package'), { code: 'UNKNOWN_TARGET' });
  t.throws(() => loadTarget('schema'), { code: 'UNKNOWN_TARGET' });
});

test('a list keeps its order and drops repeats; all is every board', (t) => {
  t.deepEqual(
    loadTargets('rp2040, esp32,rp2040').map(({ id }) => id),
    ['rp2040', 'esp32'],
  );
  t.deepEqual(
    loadTargets('all').map(({ id }) => id),
    listTargets(),
  );
  t.throws(() => loadTargets(' ,'), { code: 'USAGE' });
  t.throws(() => loadTargets('all,esp33'), {
    code: 'UNKNOWN_TARGET',
    message: /"esp33" \(did you mean esp32.*, or all/,
  });
  t.notRegex(t.throws(() => loadTarget('all'))!.message, /or all/, 'where one board is wanted');
});

test('closest finds slips and nothing else', (t) => {
  t.is(closest('pr2040', ['rp2040', 'esp32']), 'rp2040');
  t.is(closest('ESP32', ['rp2040', 'esp32']), 'esp32');
  t.is(closest('', ['rp2040', 'esp32']), undefined);
});
