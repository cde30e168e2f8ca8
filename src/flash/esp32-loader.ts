/** Interface of a board's loader for flashing, and how esptool-js implements it. */
import { packageMissing, serialPort, type WebSerialPort } from './esp32-port.js';

export interface Loader {
  /** esptool's name of the chip: ESP32, ESP32-S3, ... */
  readonly chip: string;
  /** Size of the flash chip; undefined where it does not say. */
  flashBytes(): Promise<number | undefined>;
  /** MD5 of a region of flash, in hexadecimal. */
  md5(address: number, bytes: number): Promise<string>;
  /** Erases the sectors that `data` takes, and writes it. */
  write(address: number, data: Uint8Array, progress: (share: number) => void): Promise<void>;
  /** Starts the firmware and closes the port. */
  close(): Promise<void>;
}

/** The line went dead: what is under way cannot go on, nor be tried again. */
export class CableError extends Error {}

export type OpenPort = (path: string) => Promise<WebSerialPort>;

interface Transport {
  buffer: Uint8Array;
  trace(message: string): void;
  read(timeout: number): Promise<Uint8Array>;
  setRTS(state: boolean): Promise<void>;
  disconnect(): Promise<void>;
}

interface EspLoader {
  chip: { CHIP_NAME: string };
  detectChip(mode?: string, attempts?: number): Promise<void>;
  runStub(): Promise<unknown>;
  changeBaud(): Promise<void>;
  detectFlashSize(): Promise<string | undefined>;
  flashSizeBytes(size: string): number;
  flashMd5sum(address: number, bytes: number): Promise<string>;
  writeFlash(options: object): Promise<void>;
}

interface EsptoolJs {
  Transport: new (port: WebSerialPort, tracing: boolean) => Transport;
  ESPLoader: new (options: object) => EspLoader;
}

const ESPTOOL_JS: string = 'esptool-js';

/** Baud rate that every ROM loader listens to. */
export const ROM_BAUD = 115200;

/** Times that the board is reset and called. */
const CALLS = 4;

/**
 * Resets the board into its loader, tells its chip, and starts the flasher stub there.
 * @throws DepthwiseError PACKAGE_MISSING, PORT_UNAVAILABLE; other errors of the line as they come.
 */
export async function connect(path: string, baudRate: number, open: OpenPort = serialPort): Promise<Loader> {
  const esptool = await load();
  const port = await open(path);
  const cable = new Cable(port);
  const transport = quiet(esptool, port, cable);
  const loader = new esptool.ESPLoader({ transport, baudrate: baudRate, romBaudrate: ROM_BAUD, terminal: SILENT });
  const close = async (): Promise<void> => {
    cable.expected = true;
    await transport.disconnect().catch(() => {});
  };
  try {
    await cable.guard(loader.detectChip('default_reset', CALLS));
    await cable.guard(loader.runStub());
    if (baudRate !== ROM_BAUD) await cable.guard(loader.changeBaud());
  } catch (error) {
    await close();
    throw error;
  }
  return {
    chip: loader.chip.CHIP_NAME,
    flashBytes: async () => {
      const size = await cable.guard(loader.detectFlashSize());
      return size === undefined ? undefined : loader.flashSizeBytes(size);
    },
    md5: (address, bytes) => cable.guard(loader.flashMd5sum(address, bytes)),
    write: (address, data, progress) =>
      cable.guard(
        loader.writeFlash({
          fileArray: [{ data, address }],
          ...{ flashMode: 'keep', flashFreq: 'keep', flashSize: 'keep' },
          eraseAll: false,
          compress: true,
          reportProgress: (_: number, written: number, total: number) => progress(written / total),
        }),
      ),
    close: async () => {
      await transport.setRTS(true);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await transport.setRTS(false);
      await close();
    },
  };
}

/** Its messages are not ours: what is under way is said by who calls. */
const SILENT = { clean() {}, writeLine() {}, write() {} };

async function load(): Promise<EsptoolJs> {
  try {
    return await import(ESPTOOL_JS);
  } catch (cause) {
    throw packageMissing('esptool-js', cause);
  }
}

/** Knows whether the port closed by itself. */
class Cable {
  /** From now on it may close. */
  expected = false;
  lost = false;
  private fail = (): void => {};
  private readonly broken = new Promise<never>((_, reject) => {
    this.fail = () => reject(new CableError('the port closed'));
  });

  constructor(port: WebSerialPort) {
    this.broken.catch(() => {});
    port.onLost = () => {
      if (this.expected) return;
      this.lost = true;
      this.fail();
    };
  }

  /** `task`, or CableError as soon as the port closes. */
  guard<T>(task: Promise<T>): Promise<T> {
    return Promise.race([task, this.broken]);
  }
}

/** esptool-js's transport, which prints some lines whatever it is told, and waits on a port that is closed. */
function quiet({ Transport }: EsptoolJs, port: WebSerialPort, cable: Cable): Transport {
  class Quiet extends Transport {
    override trace(): void {}

    override async read(timeout: number): Promise<Uint8Array> {
      const until = Date.now() + timeout;
      // A short look at a time: it cannot be called off.
      while (!cable.lost && this.buffer.length === 0 && Date.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      if (cable.lost) throw new CableError('the port closed');
      return super.read(this.buffer.length > 0 ? timeout : 0);
    }
  }
  return new Quiet(port, false);
}
