/**
 * A board for tests: a TCP server that speaks Espruino's prompt as far as flashing goes. It runs the lines it gets in a
 * realm with a storage whose bits can only be cleared, as those of flash, and misbehaves on demand.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { createContext, runInContext } from 'node:vm';
import CRC32 from 'crc-32';

export interface Faults {
  /** Number of the received byte from which on `bytes` are lost, and how often that happens: at most once a line. */
  lose?: { from: number; bytes: number; times: number };
  /** The connection breaks after this many lines. */
  breakAfter?: number;
  /** Nobody reads what is sent. */
  mute?: boolean;
  /** Bits of the storage that cannot be set any more. */
  wornAt?: number;
  /** Bytes of the storage. */
  room?: number;
}

export class Peer {
  readonly files = new Map<string, Buffer>();
  /** Lines that ran. */
  lines = 0;
  /** Pieces that were written into the storage. */
  writes = 0;
  faults: Faults = {};
  private server: Server | undefined;
  private line = '';
  private lost = 0;
  private readonly sockets = new Set<Socket>();
  private readonly realm = createContext({
    E: { CRC32: (text: string) => CRC32.bstr(text) >>> 0 },
    atob: (text: string) => Buffer.from(text, 'base64').toString('latin1'),
    require: () => this.storage,
  });

  /** @returns the port as `flash` takes it. */
  async listen(): Promise<string> {
    runInContext('var global = this', this.realm);
    const server = createServer((socket) => {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('data', (data) => {
        if (!this.faults.mute) for (const byte of data.toString('latin1')) this.receive(byte, socket);
      });
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `tcp://127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server?.close();
  }

  private receive(byte: string, socket: Socket): void {
    const { lose } = this.faults;
    if (lose && lose.times > 0 && this.line.length === lose.from) {
      if (this.lost++ < lose.bytes) return;
      this.lost = 0;
      lose.times--;
    }
    if (byte === '\x03') this.line = '';
    else if (byte !== '\n') this.line += byte;
    else this.run(socket);
  }

  private run(socket: Socket): void {
    const line = this.line.replace('\x10', '');
    this.line = '';
    if (this.faults.breakAfter === this.lines++) {
      socket.end();
      return;
    }
    Object.assign(this.realm, { print: (text: string) => socket.write(`${text}\r\n`) });
    try {
      runInContext(line, this.realm);
    } catch (error) {
      socket.write(`Uncaught ${error}\r\n at line 1 col 1\r\n>`);
    }
  }

  private readonly storage = {
    read: (name: string, offset = 0, length?: number): string | undefined => {
      const end = length === undefined ? undefined : offset + length;
      return this.files.get(name)?.subarray(offset, end).toString('latin1');
    },
    erase: (name: string): void => void this.files.delete(name),
    getFree: (): number => this.free(),
    write: (name: string, data: string, offset = 0, size = 0): boolean => {
      this.writes++;
      if (size > 0 && this.files.get(name)?.length !== size) {
        if (size > this.free()) return false;
        this.files.set(name, Buffer.alloc(size, 255));
      }
      const file = this.files.get(name);
      if (!file || offset + data.length > file.length) throw new Error('File out of range');
      for (const [i, byte] of Buffer.from(data, 'latin1').entries()) {
        file[offset + i] &= byte;
        if (offset + i === this.faults.wornAt) file[offset + i] = 0;
      }
      return true;
    },
  };

  private free(): number {
    const used = [...this.files.values()].reduce((sum, file) => sum + file.length, 0);
    return (this.faults.room ?? Number.POSITIVE_INFINITY) - used;
  }
}
