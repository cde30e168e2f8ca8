/** The line to an Espruino board: a serial port, Bluetooth or TCP, through the npm package `espruino`. */
import { DepthwiseError } from '../errors.js';

export interface Link {
  /** Sends ASCII text. */
  send(text: string): void;
  /** Sends a few bytes at a time from now on, with pauses: some boards lose what comes faster. */
  slowDown(): void;
  /** Gives what arrives to `receive`, and calls `lost` when the line breaks. */
  listen(receive: (text: string) => void, lost: () => void): void;
  close(): Promise<void>;
}

/** The part of the package's interface that is used here. It is a script for browsers that Node runs with globals. */
interface Espruino {
  Config: Record<string, unknown>;
  Core: {
    Serial: {
      startListening(receive: (data: ArrayBuffer) => void): void;
      open(port: string, connected: (info: unknown) => void, disconnected: () => void): void;
      write(text: string, showStatus: boolean): void;
      setSlowWrite(on: boolean, force: boolean): void;
      close(): void;
      connection: { closeLowLevel?(): void };
    };
  };
}

/** A variable, so that neither tsc nor a bundler looks for a package that may not be there. */
const PACKAGE: string = 'espruino';

/** Milliseconds until a port that does not open is given up. */
const PATIENCE = 15_000;

/** Milliseconds until a port that does not close is left to itself. */
const FAREWELL = 1000;

/** Settings of the package: no questions to the board and no downloads of ours when a port opens. */
const QUIET = { ENV_ON_CONNECT: false, SET_TIME_ON_WRITE: false, SAVE_ON_SEND: 0 };

/**
 * Opens a serial port (`/dev/ttyACM0`, `COM3`), a Bluetooth address or `tcp://HOST:PORT`.
 * @throws DepthwiseError PACKAGE_MISSING, PORT_UNAVAILABLE.
 */
export async function openLink(port: string): Promise<Link> {
  const muffled = muffle();
  try {
    const { Core, Config } = await load();
    Object.assign(Config, QUIET, port.startsWith('tcp://') && { SERIAL_TCPIP: [port], BLUETOOTH_LOW_ENERGY: false });
    return await open(Core.Serial, port, muffled);
  } catch (error) {
    muffled.now();
    throw error;
  }
}

async function load(): Promise<Espruino> {
  let tools: { init(ready: () => void): void };
  try {
    tools = (await import(PACKAGE)).default;
  } catch (cause) {
    throw new DepthwiseError(
      'PACKAGE_MISSING',
      'Espruino boards are flashed through the package espruino, which is not installed: npm install espruino',
      { cause },
    );
  }
  await new Promise<void>((ready) => tools.init(ready));
  return (globalThis as unknown as { Espruino: Espruino }).Espruino;
}

function open(serial: Espruino['Core']['Serial'], port: string, muffled: Muffle): Promise<Link> {
  let receive = (_text: string): void => {};
  let lost = (): void => {};
  // The package calls it where a write fails, and forgot to define it.
  serial.connection.closeLowLevel = () => {};
  serial.startListening((data) => receive(Buffer.from(data).toString('latin1')));
  return new Promise((resolve, reject) => {
    const refuse = (reason: string): void => {
      clearTimeout(timer);
      reject(
        new DepthwiseError(
          'PORT_UNAVAILABLE',
          `${port} cannot be opened: ${reason}${port.startsWith('tcp://') ? TCP_HELP : SERIAL_HELP}`,
        ),
      );
    };
    const timer = setTimeout(() => refuse('no answer'), PATIENCE);
    muffled.onError((text) => refuse(reasonOf(text)));
    const connected = (info: unknown): void => {
      if (info === undefined) {
        refuse('it is not there');
        return;
      }
      clearTimeout(timer);
      muffled.onError(() => lost());
      serial.setSlowWrite(false, true);
      resolve({
        send: (text) => serial.write(text, false),
        slowDown: () => serial.setSlowWrite(true, true),
        listen: (onText, onLost) => {
          receive = onText;
          lost = onLost;
        },
        close: async () => {
          // The package speaks of the end, too, when it comes.
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, FAREWELL);
            lost = () => {
              clearTimeout(timer);
              resolve();
            };
            serial.close();
          });
          await new Promise(setImmediate);
          muffled.now();
        },
      });
    };
    serial.open(port, connected, () => lost());
  });
}

const TCP_HELP = ': check the address tcp://HOST:PORT, and that the board is on and answers there.';
const SERIAL_HELP =
  '. Expected a serial port that no other program holds and that you may use, or tcp://HOST:PORT; serial ports need the package serialport.';

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'its name could not be looked up',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'no answer',
  ECONNRESET: 'the other side hung up',
};

/** The reason of a socket's error, in words; the package tells it as JSON. */
function reasonOf(text: string): string {
  const [, code] = /"code":"(\w+)"/.exec(text) ?? [];
  return code === undefined ? text : `${REASONS[code] ?? 'the connection failed'} (${code})`;
}

interface Muffle {
  /** Sets the listener for a TCP connection that fails, of which the package tells nobody else. */
  onError(listener: (text: string) => void): void;
  /** Gives the console back. */
  now(): void;
}

/** Takes the console away from the package, which tells there what it does: stdout is for results. */
function muffle(): Muffle {
  const { log, warn, error, info } = console;
  let listener = (_text: string): void => {};
  console.log = console.warn = console.info = () => {};
  console.error = (...parts: unknown[]) => {
    const [, reason] = /^RECEIVE ERROR: (.*)/.exec(parts.join(' ')) ?? [];
    if (reason !== undefined) listener(reason);
  };
  return {
    onError: (next) => {
      listener = next;
    },
    now: () => Object.assign(console, { log, warn, error, info }),
  };
}
