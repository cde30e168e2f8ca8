/** The flashing of ESP32 boards through a real terminal: the package serialport, and the command as a process of its own. */
import { pbkdf2 } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { serialPort } from '../../src/flash/esp32-port.js';
import { executable } from '../cli/cli.js';
import { needs } from '../needs.js';
import { bench, holdsAll } from './esp32-bench.js';
import { Pty, ptyMissing } from './esp32-lines.js';

/** A test on a pseudo-terminal, where one can be had. */
function onPty(title: string, run: (t: ExecutionContext, pty: Pty) => Promise<void>): void {
  needs(test.serial, ptyMissing(), `a pseudo-terminal: ${title}`, async (t) => {
    const pty = await Pty.open('ESP32-C3');
    t.teardown(() => pty.close());
    await run(t, pty);
  });
}

onPty('bundle, flash, and flash again, all by the command', async (t, pty) => {
  const made = await bench();
  const first = await executable('flash', made.folder, '--port', pty.path, '--json');
  t.is(first.exitCode, 0, first.stderr);
  t.is(JSON.parse(first.stdout).written.length, 4);
  t.true(holdsAll(pty, made));
  t.regex(first.stderr, /^firmware.bin 100 %$/m);
  const again = await executable('flash', made.folder, '--port', pty.path);
  t.is(again.exitCode, 0, again.stderr);
  t.regex(again.stdout, /the board holds all of it already: nothing was written/);
});

onPty('a cable that is pulled', async (t, pty) => {
  const made = await bench();
  pty.peer.faults = { pullAfter: 3 };
  const { exitCode, stderr, stdout } = await executable('flash', made.folder, '--port', pty.path, '--json');
  t.is(exitCode, 1);
  t.is(stdout, '');
  t.regex(stderr, /went away: was the cable pulled\? .* of firmware.bin were written.*\[BOARD_FAILED\]/s);
});

onPty('a cable that is pulled before a read comes to its turn', async (t, pty) => {
  const port = await serialPort(pty.path);
  await port.open({ baudRate: 115200 });
  const lost = new Promise<void>((resolve) => {
    port.onLost = resolve;
  });
  // All threads that could read are busy while a byte arrives and the terminal goes away.
  const busy = Array.from({ length: 8 }, () => promisify(pbkdf2)('', '', 400_000, 64, 'sha512'));
  pty.write(Uint8Array.of(1));
  await sleep(100);
  pty.close();
  await Promise.all([...busy, lost]);
  t.is(port.readable, null);
  await port.close();
});
