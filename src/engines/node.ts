/** The kernel module in V8: the same wasm bytes as in wasm3, compiled by the host, for fast evaluation on the desktop. */
import { DepthwiseError } from '../errors.js';
import { checkBlob } from '../format/check.js';
import { BlobView } from '../program/blob-view.js';
import { H_MEMORY_BYTES, P_ADDRESS, TICK_WAITING } from '../program/layout.js';
import { type BlobInfo, blobInfo, checkInputs, pushedRows } from './blob.js';
import type { AfterStep, EngineStats, Session } from './engine.js';

interface Kernels {
  memory: WebAssembly.Memory;
  begin(): number;
  tick(): number;
  push(): number;
}

/**
 * Machines that native kernels have forms for: 32-bit ones; those that add products to 64 bits; those that load no signed bytes, so
 * that values are 16-bit halves of words; and those of them that have dot products.
 */
export const NATIVE_MACHINES = ['plain', 'wide', 'halves', 'dot'] as const;
export type NativeMachine = (typeof NATIVE_MACHINES)[number];

const PAGE = 65536;

/**
 * Opens a .dw file with a kernel module.
 * @param machine what native kernels are told of theirs (src/kernels/wasm/native/machine.ts).
 * @throws DepthwiseError BLOB_INVALID, BLOB_VERSION, BLOB_CRC for a bad file; INPUT_SIZE and ENGINE_TRAP from run.
 */
export function openNode(blob: Uint8Array, kernels: Uint8Array, machine: NativeMachine = 'plain'): Session {
  checkBlob(blob);
  return new NodeSession(blob, kernels, machine);
}

class NodeSession implements Session {
  private readonly info: BlobInfo;
  private readonly ports: BlobView[];
  private readonly kernels: Kernels;
  private readonly imports: string[];
  private readonly memoryBytes: number;
  private streamed = 0;
  private ticksLeft: number[] = [];
  /** Rows that are still to be pushed; 0 before the first one. */
  private rowsLeft = 0;

  constructor(
    private readonly blob: Uint8Array,
    bytes: Uint8Array,
    machine: NativeMachine,
  ) {
    this.info = blobInfo(blob);
    this.ports = new BlobView(blob).ports();
    const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
    this.imports = WebAssembly.Module.imports(module).map((entry) => `${entry.module}.${entry.name}`);
    const read = (to: number, from: number, count: number) => this.read(to >>> 0, from >>> 0, count >>> 0);
    const dw = { read, ...this.answers(machine) };
    this.kernels = new WebAssembly.Instance(module, { dw }).exports as unknown as Kernels;
    this.memoryBytes = new BlobView(blob).u32(H_MEMORY_BYTES);
    this.kernels.memory.grow(Math.ceil(this.memoryBytes / PAGE));
  }

  /** The imports of native kernels. */
  private answers(machine: NativeMachine): Record<string, (...values: number[]) => number> {
    return {
      wide: () => Number(machine === 'wide'),
      halves: () => (machine === 'halves' ? 1 : machine === 'dot' ? 2 : 0),
      flip: () => 128,
      dot: (x, w, quads, sum) => {
        const values = new Int16Array(this.kernels.memory.buffer);
        for (let i = 0; i < 4 * quads; i++) sum = (sum + values[x / 2 + i] * values[w / 2 + i]) | 0;
        return sum;
      },
    };
  }

  run(inputs: readonly Uint8Array[], afterStep?: AfterStep): Uint8Array[] {
    checkInputs(inputs, this.info);
    return this.guard(() => {
      this.begin();
      inputs.forEach((input, i) => {
        if (i > 0 || this.info.rowBytes === 0) this.memory.set(input, this.portAddress(i));
      });
      this.feed(inputs[0], afterStep);
      return this.outputs();
    });
  }

  push(rows: Uint8Array): Uint8Array[] | undefined {
    const { inputBytes, rowBytes } = this.info;
    const left = this.rowsLeft || inputBytes[0] / rowBytes;
    const pushed = pushedRows(rows.length, left, this.info);
    return this.guard(() => {
      if (this.rowsLeft === 0) this.begin();
      this.rowsLeft = left - pushed;
      this.feed(rows);
      return this.rowsLeft === 0 ? this.outputs() : undefined;
    });
  }

  stats(): EngineStats {
    return { linearMemoryBytes: this.memoryBytes, streamedBytes: this.streamed, imports: this.imports };
  }

  private begin(): void {
    this.streamed = 0;
    this.rowsLeft = 0;
    this.ticksLeft = [...this.info.ticksOfStep];
    this.kernels.begin();
  }

  /** Runs tasks until none is left or they wait for more rows than these. */
  private feed(rows: Uint8Array, afterStep?: AfterStep): void {
    const { kernels, memory } = this;
    const { rowBytes } = this.info;
    let next = 0;
    for (let result = kernels.tick(); result > 0; result = kernels.tick()) {
      if (result === TICK_WAITING) {
        if (next === rows.length) return;
        memory.set(rows.subarray(next, next + rowBytes), kernels.push());
        next += rowBytes;
      } else if (--this.ticksLeft[result - 1] === 0) {
        afterStep?.(result - 1, (address, bytes) => memory.slice(address, address + bytes));
      }
    }
  }

  private outputs(): Uint8Array[] {
    return this.info.outputBytes.map((bytes, i) => {
      const address = this.portAddress(this.info.inputBytes.length + i);
      return this.memory.slice(address, address + bytes);
    });
  }

  private guard<T>(action: () => T): T {
    try {
      return action();
    } catch (cause) {
      this.rowsLeft = 0;
      if (!(cause instanceof WebAssembly.RuntimeError)) throw cause;
      throw new DepthwiseError(
        'ENGINE_TRAP',
        `The kernels trapped in V8: ${cause.message}. The .dw file asks for something that does not exist; compile it again.`,
        { cause },
      );
    }
  }

  private get memory(): Uint8Array {
    return new Uint8Array(this.kernels.memory.buffer);
  }

  private portAddress(port: number): number {
    return this.ports[port].u32(P_ADDRESS);
  }

  private read(to: number, from: number, count: number): void {
    const memory = new Uint8Array(this.kernels.memory.buffer);
    if (from + count > this.blob.length || to + count > this.memoryBytes) {
      throw new WebAssembly.RuntimeError(`read of ${count} bytes at ${from} of a ${this.blob.length} B file to ${to}`);
    }
    memory.set(this.blob.subarray(from, from + count), to);
    this.streamed += count;
  }
}
