/** The kernel module in V8: the same wasm bytes as in wasm3, compiled by the host, for fast evaluation on the desktop. */
import { DepthwiseError } from '../errors.js';
import { checkBlob } from '../format/check.js';
import { H_MEMORY_BYTES, H_PORTS_OFFSET, P_ADDRESS, PORT_BYTES } from '../format/layout.js';
import { type BlobInfo, blobInfo, checkInputs } from './blob.js';
import type { EngineStats, ReadMemory, Session } from './engine.js';

interface Kernels {
  memory: WebAssembly.Memory;
  begin(): number;
  tick(): number;
}

const PAGE = 65536;

/**
 * Opens a .dw file with a kernel module.
 * @throws DepthwiseError BLOB_INVALID, BLOB_VERSION, BLOB_CRC for a bad file; INPUT_SIZE and ENGINE_TRAP from run.
 */
export function openNode(blob: Uint8Array, kernels: Uint8Array): Session {
  checkBlob(blob);
  return new NodeSession(blob, kernels);
}

class NodeSession implements Session {
  private readonly info: BlobInfo;
  private readonly kernels: Kernels;
  private readonly imports: string[];
  private readonly memoryBytes: number;
  private streamed = 0;

  constructor(
    private readonly blob: Uint8Array,
    bytes: Uint8Array,
  ) {
    this.info = blobInfo(blob);
    const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
    this.imports = WebAssembly.Module.imports(module).map((entry) => `${entry.module}.${entry.name}`);
    const read = (to: number, from: number, count: number) => this.read(to >>> 0, from >>> 0, count >>> 0);
    this.kernels = new WebAssembly.Instance(module, { dw: { read } }).exports as unknown as Kernels;
    this.memoryBytes = this.header(H_MEMORY_BYTES);
    this.kernels.memory.grow(Math.ceil(this.memoryBytes / PAGE));
  }

  run(inputs: readonly Uint8Array[], afterStep?: (step: number, read: ReadMemory) => void): Uint8Array[] {
    checkInputs(inputs, this.info);
    const memory = new Uint8Array(this.kernels.memory.buffer);
    this.streamed = 0;
    try {
      this.kernels.begin();
      inputs.forEach((input, i) => {
        memory.set(input, this.portAddress(i));
      });
      const left = [...this.info.ticksOfStep];
      for (let step = this.kernels.tick(); step > 0; step = this.kernels.tick()) {
        if (--left[step - 1] === 0) afterStep?.(step - 1, (address, bytes) => memory.slice(address, address + bytes));
      }
    } catch (cause) {
      if (!(cause instanceof WebAssembly.RuntimeError)) throw cause;
      throw new DepthwiseError(
        'ENGINE_TRAP',
        `The kernels trapped in V8: ${cause.message}. The .dw file asks for something that does not exist; compile it again.`,
        { cause },
      );
    }
    return this.info.outputBytes.map((bytes, i) => {
      const address = this.portAddress(this.info.inputBytes.length + i);
      return memory.slice(address, address + bytes);
    });
  }

  stats(): EngineStats {
    return { linearMemoryBytes: this.memoryBytes, streamedBytes: this.streamed, imports: this.imports };
  }

  private header(field: number): number {
    return new DataView(this.blob.buffer, this.blob.byteOffset).getUint32(field, true);
  }

  private portAddress(port: number): number {
    return this.header(this.header(H_PORTS_OFFSET) + port * PORT_BYTES + P_ADDRESS);
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
