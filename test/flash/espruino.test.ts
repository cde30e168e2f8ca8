import test, { type ExecutionContext } from 'ava';
import { sha256, writeBundle } from '../../src/bundle/folder.js';
import { cli, cliJson, executable, Folder } from '../cli/cli.js';
import { seededRandom } from '../graph/builder.js';
import { type Faults, Peer } from './espruino-peer.js';

const PIECE = 384;

function bytes(count: number): Uint8Array {
  const random = seededRandom(count);
  return Uint8Array.from({ length: count }, () => Math.floor(random() * 256));
}

const SCRIPT = 'exports.answer = 42;';
const MODEL = bytes(10 * PIECE + 17);

/** A board, and a bundle for it: a script and a model of eleven pieces, and a file that stays on the host. */
async function bench(t: ExecutionContext, faults: Faults = {}) {
  const peer = new Peer();
  t.teardown(() => peer.close());
  peer.faults = faults;
  const port = await peer.listen();
  const folder = new Folder().file('bundle');
  const about = { bundle: 1, depthwise: '0.0.0', target: 'board', runtime: 'js', model: 'm' } as const;
  writeBundle(folder, { ...about, flash: { kind: 'espruino' } }, [
    { path: 'script.js', content: SCRIPT, address: 'script' },
    { path: 'model.dw', content: MODEL, address: 'model.dw' },
    { path: 'README.md', content: '' },
  ]);
  return { peer, port, args: ['flash', folder, '--port', port] };
}

const holdsAll = (peer: Peer): boolean =>
  peer.files.get('script')?.toString() === SCRIPT && Buffer.compare(peer.files.get('model.dw')!, MODEL) === 0;

test.serial('files with an address are written, read back, and reported with their SHA-256', async (t) => {
  const { peer, port, args } = await bench(t);
  const report = await cliJson(...args);
  t.deepEqual(report, {
    target: 'board',
    port,
    dryRun: false,
    written: [
      { address: 'script', bytes: SCRIPT.length, sha256: sha256(SCRIPT) },
      { address: 'model.dw', bytes: MODEL.length, sha256: sha256(MODEL) },
    ],
  });
  t.true(holdsAll(peer));
  t.deepEqual([...peer.files.keys()], ['script', 'model.dw']);
});

test.serial('progress is on stderr, and nothing of the package is on stdout', async (t) => {
  const { args } = await bench(t);
  const { stdout, stderr } = await cli(...args);
  t.regex(stderr, /^script +0 %\nscript 100 %\nmodel\.dw +0 %\n/);
  t.regex(stderr, /model\.dw 100 %\n$/);
  t.regex(stdout, /^address +bytes +SHA-256\n/);
  t.regex(stdout, /read back and compared\n$/);
});

test.serial('a dry run says the same and opens no port', async (t) => {
  const { peer, args } = await bench(t);
  peer.close();
  const { written, dryRun } = await cliJson(...args, '--dry-run');
  t.true(dryRun);
  t.is(written.length, 2);
  t.is(peer.lines, 0);
});

test.serial('what is there already is not written again', async (t) => {
  const { peer, args } = await bench(t);
  await cliJson(...args);
  const first = peer.writes;
  await cliJson(...args);
  t.true(first > 0);
  t.is(peer.writes, first);
  t.true(holdsAll(peer));
});

test.serial('lost bytes: the piece is sent again, and the upload ends well', async (t) => {
  for (const lose of [
    { from: 200, bytes: 4, times: 2 },
    { from: 3, bytes: 1, times: 1 },
    { from: 300, bytes: 600, times: 1 },
  ]) {
    const { peer, args } = await bench(t, { lose });
    const { exitCode, stderr } = await cli(...args);
    t.is(exitCode, 0, stderr);
    t.is(lose.times, 0);
    t.true(holdsAll(peer));
  }
});

test.serial('a line on which bytes are always lost is given up with the place', async (t) => {
  const { args } = await bench(t, { lose: { from: 200, bytes: 4, times: 1000 } });
  const { exitCode, stdout, stderr } = await cli(...args);
  t.is(exitCode, 1);
  t.is(stdout, '');
  t.regex(stderr, /model\.dw, bytes 0 to 383: bytes were lost on the line.*\[BOARD_FAILED\]/);
});

test.serial('a pulled cable is an error, and the next upload goes on from there', async (t) => {
  const { peer, args } = await bench(t, { breakAfter: 14 });
  const broken = await cli(...args);
  t.is(broken.exitCode, 1);
  t.regex(broken.stderr, /model\.dw, bytes \d+ to \d+: the connection broke.*stays.*\[BOARD_FAILED\]/);
  t.false(holdsAll(peer));
  const { exitCode, stderr } = await cli(...args);
  t.is(exitCode, 0, stderr);
  t.regex(stderr, /model\.dw +[1-9]\d? %/);
  t.notRegex(stderr, /model\.dw +0 %/);
  t.true(holdsAll(peer));
});

test.serial('the executable ends with the code of the error when the board hangs up', async (t) => {
  const { args } = await bench(t, { breakAfter: 14 });
  const { exitCode, stderr } = await executable(...args);
  t.is(exitCode, 1, stderr);
  t.regex(stderr, /the connection broke/);
});

test.serial('another file of the same size and beginning is replaced', async (t) => {
  const { peer, args } = await bench(t);
  const other = Buffer.from(MODEL);
  other[5 * PIECE] ^= 0xff;
  peer.files.set('model.dw', other);
  const { exitCode, stderr } = await cli(...args);
  t.is(exitCode, 0, stderr);
  t.true(holdsAll(peer));
});

test.serial('flash that does not hold what is written is an error', async (t) => {
  const { args } = await bench(t, { wornAt: PIECE });
  const { exitCode, stderr } = await cli(...args);
  t.is(exitCode, 1);
  t.regex(stderr, /model\.dw: .*not what was sent.*\[CHECK_FAILED\]/);
});

test.serial('a storage that is too small is said before anything of the file is sent', async (t) => {
  const { peer, args } = await bench(t, { room: 1000 });
  const { exitCode, stderr } = await cli(...args);
  t.is(exitCode, 1);
  t.regex(
    stderr,
    new RegExp(`model\\.dw has ${MODEL.length} bytes, and the board's storage ${1000 - SCRIPT.length} free`),
  );
  t.false(peer.files.has('model.dw'));
});

test.serial('nobody there: exit code 2', async (t) => {
  const { peer, args } = await bench(t);
  peer.close();
  const { exitCode, stdout, stderr } = await cli(...args);
  t.is(exitCode, 2);
  t.is(stdout, '');
  t.regex(
    stderr,
    /tcp:\/\/127\.0\.0\.1:\d+ cannot be opened: nothing listens there \(ECONNREFUSED\): [^{}]*\[PORT_UNAVAILABLE\]$/m,
  );
});

test.serial('somebody there who is no Espruino', async (t) => {
  const { args } = await bench(t, { mute: true });
  const { exitCode, stderr } = await cli(...args);
  t.is(exitCode, 1);
  t.regex(stderr, /the prompt: no answer came\. Is it an Espruino/);
});
