/**
 * The engine that boards run: wasm3 with a microcontroller's limits and the firmware's C glue, themselves compiled to
 * wasm (tools/build/wasm3.ts), so that no trap of a kernel can reach Node. It counts every dispatched op: how is
 * explained in firmware-glue/simulator/sim_count.h.
 */
import { DepthwiseError, type ErrorCode } from '../errors.js';
import { checkBlob } from '../format/check.js';
import { BlobView } from '../program/blob-view.js';
import { H_MEMORY_BYTES, HEADER_BYTES, TICK_WAITING } from '../program/layout.js';
import { type BlobInfo, blobInfo, checkInputs, pushedRows } from './blob.js';
import type { AfterStep, EngineStats, ReadMemory, Session } from './engine.js';
import { opsByKind, type Simulator, simulatorModule } from './wasm3-simulator.js';

/** Ops that one inference may take: thirty times person_detect under TFLM's kernels. Stops a module that never ends. */
const OP_LIMIT = 4e9;

/** RAM that wasm3 finds in the simulator besides linear memory. */
const WASM3_RAM = 1 << 20;

/** Error numbers of firmware-glue/core/dw.h; the others are traps. */
const CODES: Record<number, ErrorCode> = {
  [-2]: 'BLOB_INVALID',
  [-3]: 'BLOB_INVALID',
  [-4]: 'BLOB_VERSION',
  [-5]: 'BLOB_CRC',
  [-6]: 'BLOB_INVALID',
  [-8]: 'MODEL_TOO_LARGE',
  [-10]: 'BLOB_INVALID',
  [-12]: 'BLOB_INVALID',
  [-14]: 'BLOB_INVALID',
};
const ERROR_REFUSED = -10;

/** Costs are those of one inference: begin and every tick. opsByStep leaves out begin and the tick that finds no task. */
export interface Wasm3Session extends Session {
  /** Frees the instance. The session must not be used afterwards. */
  close(): void;
}

/**
 * Opens a .dw file with a kernel module.
 * @param options.opLimit ops that one inference may dispatch before it is stopped with ENGINE_LIMIT.
 * @throws DepthwiseError BLOB_INVALID, BLOB_VERSION, BLOB_CRC for a bad file, MODEL_TOO_LARGE where its memory cannot
 *   be had, ENGINE_TRAP where the module cannot be loaded, TOOL_MISSING before the build. run throws INPUT_SIZE,
 *   ENGINE_TRAP, ENGINE_LIMIT, and BLOB_INVALID where the kernels refuse the model; it can be called again afterwards.
 */
export function openWasm3(blob: Uint8Array, kernels: Uint8Array, options: { opLimit?: number } = {}): Wasm3Session {
  return new Wasm3(blob, kernels, options.opLimit ?? OP_LIMIT);
}

class Wasm3 implements Wasm3Session {
  private simulator: Simulator | undefined;
  private readonly info: BlobInfo;
  private readonly imports: string[];
  private readonly opLimit: number;
  private opsByStep: number[] = [];
  private depthByStep: number[] = [];
  private ticksLeft: number[] = [];
  /** Rows that are still to be pushed; 0 before the first one. */
  private rowsLeft = 0;
  /** Address in the simulator of one row that is on its way. */
  private row = 0;

  constructor(blob: Uint8Array, kernels: Uint8Array, opLimit: number) {
    this.opLimit = Math.min(opLimit, Number.MAX_SAFE_INTEGER);
    this.simulator = new WebAssembly.Instance(simulatorModule(), {}).exports as unknown as Simulator;
    this.imports = this.guard(() => {
      this.sim._initialize();
      const [file, code] = [this.put(blob), this.put(kernels)];
      this.check(this.sim.open(file, blob.length, code, kernels.length, ramBytes(blob)), blob);
      const module = new WebAssembly.Module(new Uint8Array(kernels));
      return WebAssembly.Module.imports(module).map(({ module, name }) => `${module}.${name}`);
    });
    this.info = blobInfo(blob);
  }

  run(inputs: readonly Uint8Array[], afterStep?: AfterStep): Uint8Array[] {
    checkInputs(inputs, this.info);
    return this.guard(() => {
      inputs.forEach((input, i) => {
        if (i > 0 || this.info.rowBytes === 0) this.bytes.set(input, this.sim.input(i));
      });
      this.begin();
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
      this.rowsLeft = 0; // where it fails
      this.feed(rows);
      this.rowsLeft = left - pushed;
      return this.rowsLeft === 0 ? this.outputs() : undefined;
    });
  }

  stats(): EngineStats {
    const sim = this.sim;
    return {
      ops: sim.ops(),
      opsByKind: opsByKind(sim),
      opsByStep: [...this.opsByStep],
      linearMemoryBytes: sim.memory_bytes(),
      maxNativeDepth: sim.max_depth(),
      depthByStep: [...this.depthByStep],
      callsByFunction: Array.from({ length: sim.functions() }, (_, i) => sim.calls(i)),
      compiledFunctions: Array.from({ length: sim.functions() }, (_, i) => i).filter((i) => sim.compiled(i)),
      compiledCodeBytes: sim.code_bytes(),
      heapBytes: sim.heap_bytes(),
      streamedBytes: sim.streamed_bytes(),
      imports: [...this.imports],
    };
  }

  close(): void {
    this.simulator = undefined;
  }

  private begin(): void {
    this.rowsLeft = 0;
    this.ticksLeft = [...this.info.ticksOfStep];
    this.opsByStep = this.ticksLeft.map(() => 0);
    this.depthByStep = this.ticksLeft.map(() => 0);
    this.check(this.sim.begin(this.opLimit));
  }

  /** Runs tasks until none is left or they wait for more rows than these. */
  private feed(rows: Uint8Array, afterStep?: AfterStep): void {
    const { sim } = this;
    const { rowBytes } = this.info;
    let next = 0;
    for (let before = sim.ops(); ; ) {
      const result = sim.tick();
      this.check(result);
      if (result === 0) return;
      const after = sim.ops();
      if (result === TICK_WAITING) {
        if (next === rows.length) return;
        this.row ||= this.put(rows.subarray(next, next + rowBytes));
        this.bytes.set(rows.subarray(next, next + rowBytes), this.row);
        this.check(sim.push_row(this.row));
        next += rowBytes;
        before = sim.ops();
        continue;
      }
      this.opsByStep[result - 1] += after - before;
      this.depthByStep[result - 1] = Math.max(this.depthByStep[result - 1], sim.tick_depth());
      before = after;
      if (--this.ticksLeft[result - 1] === 0) afterStep?.(result - 1, this.read);
    }
  }

  private outputs(): Uint8Array[] {
    return this.info.outputBytes.map((bytes, i) => this.copy(this.sim.output(i), bytes));
  }

  private get sim(): Simulator {
    if (this.simulator === undefined)
      throw new DepthwiseError('USAGE', 'This session is closed: open the model again.');
    return this.simulator;
  }

  private get bytes(): Uint8Array {
    return new Uint8Array(this.sim.memory.buffer);
  }

  private copy(address: number, bytes: number): Uint8Array {
    return this.bytes.slice(address, address + bytes);
  }

  private put(bytes: Uint8Array): number {
    const address = this.sim.alloc(bytes.length);
    if (address === 0)
      throw new DepthwiseError('MODEL_TOO_LARGE', `A file of ${bytes.length} bytes does not fit the simulator.`);
    this.bytes.set(bytes, address);
    return address;
  }

  private readonly read: ReadMemory = (address, bytes) => {
    const size = this.sim.memory_bytes();
    if (address < 0 || bytes < 0 || address + bytes > size) {
      throw new RangeError(`bytes ${address} to ${address + bytes} are outside linear memory, which has ${size}`);
    }
    return this.copy(this.sim.memory_address() + address, bytes);
  };

  private text(address: number): string {
    const bytes = this.bytes;
    return address === 0 ? '' : new TextDecoder().decode(bytes.subarray(address, bytes.indexOf(0, address)));
  }

  /** Throws what a negative result of the glue means. `opened` is the file that it was opening. */
  private check(result: number, opened?: Uint8Array): void {
    if (result >= 0) return;
    const sim = this.sim;
    if (sim.limit_exceeded()) {
      throw new DepthwiseError(
        'ENGINE_LIMIT',
        `The inference was stopped after ${sim.ops()} ops, the limit is ${this.opLimit}: either a kernel never ends, ` +
          'or the model needs a higher limit.',
      );
    }
    const code = CODES[result] ?? 'ENGINE_TRAP';
    const detail = result === ERROR_REFUSED ? `kernel error ${sim.kernel_error()}` : this.text(sim.detail());
    const text = `wasm3: ${this.text(sim.error_text(result))}${detail && `: ${detail}`}.`;
    throw new DepthwiseError(code, (opened && explained(opened, code)) ?? text);
  }

  /** A failure of the simulator itself (its own stack overflows) becomes ENGINE_TRAP and ends the session. */
  private guard<T>(action: () => T): T {
    try {
      return action();
    } catch (cause) {
      if (!isWasmError(cause)) throw cause;
      this.close();
      throw new DepthwiseError('ENGINE_TRAP', `wasm3: the interpreter itself was stopped: ${cause.message}.`, {
        cause,
      });
    }
  }
}

/** RAM for a net, more than any takes: linear memory, and room for wasm3 and its code; what cannot be had is 0. */
function ramBytes(blob: Uint8Array): number {
  if (blob.length < HEADER_BYTES) return 0;
  const bytes = new BlobView(blob).u32(H_MEMORY_BYTES) + WASM3_RAM;
  return bytes < 2 ** 32 ? bytes : 0;
}

/** The glue only knows what is wrong; the host's own check of a file also says where. */
function explained(blob: Uint8Array, code: ErrorCode): string | undefined {
  try {
    checkBlob(blob);
  } catch (error) {
    if (error instanceof DepthwiseError && error.code === code) return error.message;
  }
  return undefined;
}

function isWasmError(error: unknown): error is Error {
  if (error instanceof RangeError) return error.message.includes('call stack');
  return error instanceof WebAssembly.RuntimeError || error instanceof WebAssembly.CompileError;
}
