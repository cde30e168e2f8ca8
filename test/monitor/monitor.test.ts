/** `monitor` on ports that are no boards: one in this process, and a pseudo-terminal. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { WebSerialPort } from '../../src/flash/esp32-port.js';
import { listen } from '../../src/monitor/monitor.js';
import { ending, executable, started } from '../cli/cli.js';
import { Pty, ptyMissing } from '../flash/esp32-lines.js';
import { needs } from '../needs.js';

/** A board that says some pieces and goes away. */
class Talker implements WebSerialPort {
  readable: ReadableStream<Uint8Array> | null = null;
  writable: WritableStream<Uint8Array> | null = null;
  onLost = (): void => {};
  baudRate = 0;
  heard = '';

  constructor(private readonly pieces: string[]) {}

  async open({ baudRate }: { baudRate: number }): Promise<void> {
    this.baudRate = baudRate;
    const { pieces } = this;
    this.readable = new ReadableStream({
      async pull(controller) {
        const piece = pieces.shift();
        // Whatever is typed comes before the port goes away.
        await new Promise(setImmediate);
        if (piece === undefined) controller.close();
        else controller.enqueue(new TextEncoder().encode(piece));
      },
    });
    this.writable = new WritableStream({
      write: (bytes) => {
        this.heard += new TextDecoder().decode(bytes);
      },
    });
  }

  close = async (): Promise<void> => {};
  setBaudRate = async (): Promise<void> => {};
  setSignals = async (): Promise<void> => {};
  getInfo = () => ({});
}

test('lines of a board, what is typed, and the end', async (t) => {
  const port = new Talker(['one\r\ntw', 'o\nhal', 'f']);
  const said: string[] = [];
  async function* typed() {
    yield new TextEncoder().encode('enroll ada\n');
  }
  const error = await t.throwsAsync(
    listen(port, 'PORT', (line) => said.push(line), typed()),
    { code: 'BOARD_FAILED' },
  );
  t.regex(error!.message, /^PORT went away/);
  t.deepEqual(said, ['one', 'two', 'half']);
  t.is(port.heard, 'enroll ada\n');
  t.is(port.baudRate, 115_200);
});

test('a port that does not open, and none', async (t) => {
  const missing = await executable('monitor', '--port', '/dev/no-such-port');
  t.is(missing.exitCode, 2);
  t.regex(missing.stderr, /\/dev\/no-such-port cannot be opened .*\[PORT_UNAVAILABLE\]/);
  const none = await executable('monitor');
  t.is(none.exitCode, 2);
  t.regex(none.stderr, /--port/);
});

const SAID = '{"ms":12,"answers":[{"label":"cat","index":0,"score":0.75}]}\r\nI (3) example: hello\r\n';

for (const { flags, stdout, log } of [
  { flags: [], stdout: '12.0 ms  cat 0.75\nI (3) example: hello\n', log: '' },
  {
    flags: ['--json'],
    stdout: '{"ms":12,"answers":[{"label":"cat","index":0,"score":0.75}]}\n',
    log: 'I (3) example: hello\n',
  },
]) {
  needs(
    test.serial,
    ptyMissing(),
    `a pseudo-terminal: lines as run prints them, ${flags.join() || 'text'}`,
    async (t) => {
      const pty = await Pty.open('ESP32-C3');
      const child = started('monitor', '--port', pty.path, ...flags);
      const ended = ending(child, flags);
      // What the board says before somebody listens is lost, so it says it until it is heard.
      const timer = setInterval(() => pty.write(Buffer.from(SAID)), 200);
      await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
      await sleep(400);
      clearInterval(timer);
      pty.close();
      const { exitCode, ...said } = await ended;
      t.is(exitCode, 1, said.stderr);
      t.true(said.stdout.includes(stdout), said.stdout);
      t.true(said.stderr.includes(log) && said.stderr.includes('went away'), said.stderr);
    },
  );
}
