/** A serial port of the package `serialport` as esptool-js wants it: with the interface of a browser's Web Serial. */
import { existsSync } from 'node:fs';
import { DepthwiseError } from '../errors.js';

/** The part of Web Serial that esptool-js uses, and in-place changes of the baud rate. */
export interface WebSerialPort {
  readonly readable: ReadableStream<Uint8Array> | null;
  readonly writable: WritableStream<Uint8Array> | null;
  open(options: { baudRate: number }): Promise<void>;
  close(): Promise<void>;
  setBaudRate(baudRate: number): Promise<void>;
  /** Lines that are not named stay. A port without these lines ignores it. */
  setSignals(signals: { dataTerminalReady?: boolean; requestToSend?: boolean }): Promise<void>;
  getInfo(): { usbVendorId?: number; usbProductId?: number };
  /** Called when the port closes without being asked to. */
  onLost: () => void;
}

type Callback = (error?: Error | null) => void;

/** The part of serialport's interface that is used here. */
interface NodePort {
  open(done: Callback): void;
  close(done: Callback): void;
  write(data: Uint8Array, done: Callback): void;
  drain(done: Callback): void;
  update(options: { baudRate: number }, done: Callback): void;
  set(lines: { dtr: boolean; rts: boolean }, done: Callback): void;
  on(event: 'data', listener: (data: Uint8Array) => void): void;
  on(event: 'close' | 'error', listener: () => void): void;
  removeAllListeners(): void;
  isOpen: boolean;
}
interface NodePortClass {
  new (options: { path: string; baudRate: number; autoOpen: false }): NodePort;
  list(): Promise<{ path: string; vendorId?: string; productId?: string }[]>;
}

/** Variables, so that neither tsc nor a bundler looks for packages that may not be there. */
const SERIALPORT: string = 'serialport';

/** Milliseconds between two looks whether the port is still there. */
const WATCH = 250;

/** A package that is not there, and what to do. */
export const packageMissing = (name: string, cause: unknown): DepthwiseError =>
  new DepthwiseError(
    'PACKAGE_MISSING',
    `ESP32 boards are flashed through the packages esptool-js and serialport, or Espressif's esptool. ${name} is not installed: npm install esptool-js serialport`,
    { cause },
  );

/**
 * The port at `path`, not open yet.
 * @throws DepthwiseError PACKAGE_MISSING.
 */
export async function serialPort(path: string): Promise<WebSerialPort> {
  let SerialPort: NodePortClass;
  try {
    ({ SerialPort } = await import(SERIALPORT));
  } catch (cause) {
    throw packageMissing('serialport', cause);
  }
  const ports = await SerialPort.list().catch(() => []);
  const info = ports.find((port) => port.path === path);
  const id = (text: string | undefined) => (text === undefined ? undefined : Number.parseInt(text, 16));
  const ids = { usbVendorId: id(info?.vendorId), usbProductId: id(info?.productId) };
  return new NodeSerial(
    SerialPort,
    path,
    ids,
    ports.map((port) => port.path),
  );
}

class NodeSerial implements WebSerialPort {
  readable: ReadableStream<Uint8Array> | null = null;
  writable: WritableStream<Uint8Array> | null = null;
  onLost = (): void => {};
  private port: NodePort | undefined;
  private watch: NodeJS.Timeout | undefined;
  private lines = { dtr: false, rts: false };

  constructor(
    private readonly SerialPort: NodePortClass,
    private readonly path: string,
    private readonly ids: ReturnType<WebSerialPort['getInfo']>,
    private readonly others: readonly string[],
  ) {}

  getInfo = () => this.ids;

  async open({ baudRate }: { baudRate: number }): Promise<void> {
    const port = new this.SerialPort({ path: this.path, baudRate, autoOpen: false });
    await settled((done) => port.open(done)).catch((cause) => {
      throw unavailable(this.path, cause.message, this.others);
    });
    this.port = port;
    this.readable = new ReadableStream({
      start: (controller) => {
        port.on('data', (data) => controller.enqueue(data));
        const lost = (): void => {
          if (this.port !== port) return;
          this.gone();
          if (port.isOpen) port.close(() => {});
          controller.close();
          this.onLost();
        };
        port.on('close', lost);
        port.on('error', lost);
        // A port that goes away reads as empty for ever, where serialport was about to read: it tells nobody.
        // On Windows ports are no files, and their reads fail.
        if (process.platform !== 'win32') this.watch = setInterval(() => existsSync(this.path) || lost(), WATCH);
      },
    });
    this.writable = new WritableStream({
      write: async (data) => {
        await settled((done) => port.write(data, done));
        await settled((done) => port.drain(done));
      },
    });
  }

  async close(): Promise<void> {
    const { port } = this;
    this.gone();
    if (port?.isOpen) await settled((done) => port.close(done));
  }

  async setBaudRate(baudRate: number): Promise<void> {
    await settled((done) => this.port!.update({ baudRate }, done));
  }

  async setSignals({ dataTerminalReady: dtr, requestToSend: rts }: Parameters<WebSerialPort['setSignals']>[0]) {
    if (dtr !== undefined) this.lines.dtr = dtr;
    if (rts !== undefined) this.lines.rts = rts;
    const { port } = this;
    if (port) await settled((done) => port.set(this.lines, done)).catch(() => {});
  }

  private gone(): void {
    clearInterval(this.watch);
    this.port = undefined;
    this.readable = null;
    this.writable = null;
  }
}

const settled = (start: (done: Callback) => void): Promise<void> =>
  new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));

/** Why a port does not open, by what operating systems say of it. */
function unavailable(path: string, reason: string, others: readonly string[]): DepthwiseError {
  const say = (text: string) => new DepthwiseError('PORT_UNAVAILABLE', text);
  if (/permission denied/i.test(reason)) {
    const linux = 'on Linux `sudo usermod -aG dialout $USER`, then log in again';
    return say(`${path} may not be used by you (${reason}): get access to serial ports, ${linux}.`);
  }
  if (/lock|busy|access denied/i.test(reason)) {
    return say(`${path} is in use by another program (${reason}): close its serial monitor, and try again.`);
  }
  const known = others.length > 0 ? `Ports that are there: ${others.join(', ')}` : 'No serial port was found';
  return say(`${path} cannot be opened (${reason}). ${known}; plug the board in with a cable that carries data.`);
}
