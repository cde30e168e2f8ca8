/** Lines to a board for tests: within this process, and a pseudo-terminal. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import type { WebSerialPort } from '../../src/flash/esp32-port.js';
import { type ChipName, Esp32Peer } from './esp32-peer.js';

/** A port whose other end is `peer`. */
export class InProcess implements WebSerialPort {
  readable: ReadableStream<Uint8Array> | null = null;
  writable: WritableStream<Uint8Array> | null = null;
  onLost = (): void => {};
  readonly peer: Esp32Peer;
  private controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  private inReset = false;

  constructor(chip: ChipName, flashBytes?: number) {
    this.peer = new Esp32Peer(
      chip,
      (bytes) => this.controller?.enqueue(bytes),
      () => this.pull(),
      flashBytes,
    );
  }

  getInfo = () => ({});

  async open({ baudRate }: { baudRate: number }): Promise<void> {
    this.peer.baud = baudRate;
    this.readable = new ReadableStream({
      start: (controller) => {
        this.controller = controller;
      },
    });
    // What arrives is answered a little later, as on a line.
    this.writable = new WritableStream({ write: (bytes) => void setImmediate(() => this.peer.receive(bytes)) });
  }

  async close(): Promise<void> {
    this.controller = undefined;
    this.readable = null;
    this.writable = null;
  }

  async setBaudRate(baudRate: number): Promise<void> {
    this.peer.baud = baudRate;
  }

  async setSignals({ requestToSend }: { requestToSend?: boolean }): Promise<void> {
    if (requestToSend === undefined) return;
    if (this.inReset && !requestToSend) this.peer.reset();
    this.inReset = requestToSend;
  }

  private pull(): void {
    const { controller } = this;
    void this.close();
    controller?.close();
    this.onLost();
  }
}

/** What a pseudo-terminal takes that is not there. */
export function ptyMissing(): string[] {
  const { stdout } = spawnSync('script', ['--version'], { encoding: 'utf8' });
  return stdout?.includes('util-linux') ? [] : ['script of util-linux'];
}

/**
 * A pseudo-terminal, whose master `script` of util-linux holds for us: what is written into its standard input comes out
 * at the terminal, and the other way round.
 */
export class Pty {
  readonly peer: Esp32Peer;

  private constructor(
    /** Of the terminal, as --port takes it. */
    readonly path: string,
    private readonly child: ChildProcess,
    chip: ChipName,
  ) {
    this.peer = new Esp32Peer(
      chip,
      (bytes) => this.write(bytes),
      () => this.close(),
    );
    child.stdout!.on('data', (bytes: Uint8Array) => this.peer.receive(bytes));
    child.stdin!.on('error', () => {});
  }

  /** Throws where `script` of util-linux makes no terminal. */
  static async open(chip: ChipName): Promise<Pty> {
    const child = spawn('script', [
      '--quiet',
      '--flush',
      '--command',
      'stty raw -echo; tty; exec sleep 1000',
      '/dev/null',
    ]);
    const path = await new Promise<string | undefined>((resolve) => {
      child.on('error', () => resolve(undefined));
      child.on('exit', () => resolve(undefined));
      child.stdout.once('data', (data: Buffer) => resolve(/\/dev\/\S+/.exec(data.toString())?.[0]));
    });
    if (path) return new Pty(path, child, chip);
    child.kill();
    throw new Error('script made no pseudo-terminal');
  }

  /** What the board would send. */
  write(bytes: Uint8Array): void {
    this.child.stdin!.write(bytes);
  }

  /** The terminal goes away, as when a cable is pulled. */
  close(): void {
    this.child.kill('SIGKILL');
  }
}
