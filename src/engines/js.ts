/** The board's own JavaScript runtime, dist/depthwise.js, as it is: the same file, in V8. */
import { asset } from '../assets.js';
import { DepthwiseError, type ErrorCode } from '../errors.js';
import {
  H_ARENA_ADDRESS,
  H_ARENA_BYTES,
  H_STEP_COUNT,
  H_STEPS_OFFSET,
  H_TASK_COUNT,
  H_TASKS_OFFSET,
  S_IN_ROWS,
  S_IN2_ROWS,
  S_OUT_ROWS,
  STEP_BYTES,
  T_REPEAT,
  T_STEP,
  TASK_BYTES,
} from '../format/layout.js';
import type { Net } from '../runtime/net.js';
import { type BlobInfo, blobInfo } from './blob.js';
import type { AfterStep, EngineStats, ReadMemory, Session } from './engine.js';

interface Runtime {
  open(blob: Uint8Array): Net;
}

/** Codes of src/runtime/fail.ts. */
const CODES: Record<string, ErrorCode> = {
  MAGIC: 'BLOB_INVALID',
  TRUNCATED: 'BLOB_INVALID',
  LAYOUT: 'BLOB_INVALID',
  KIND: 'BLOB_INVALID',
  VERSION: 'BLOB_VERSION',
  CRC: 'BLOB_CRC',
  MEMORY: 'MODEL_TOO_LARGE',
  LENGTH: 'INPUT_SIZE',
};

/**
 * Opens a .dw file.
 * @throws DepthwiseError BLOB_INVALID, BLOB_VERSION, BLOB_CRC for a bad file, MODEL_TOO_LARGE where its arena cannot be
 *   had, TOOL_MISSING before the build.
 */
export function openJs(blob: Uint8Array): Session {
  const open = runtime().open;
  const net = translated(() => open(blob));
  refuseRows(blob);
  return new JsSession(blob, net);
}

/** The runtime finds rows by formula, and takes whole inputs. */
function refuseRows(blob: Uint8Array): void {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const u32 = (offset: number) => view.getUint32(offset, true);
  const steps = Array.from({ length: u32(H_STEP_COUNT) }, (_, i) => u32(H_STEPS_OFFSET) + i * STEP_BYTES);
  const rows = steps.some((step) => u32(step + S_IN_ROWS) + u32(step + S_OUT_ROWS) + u32(step + S_IN2_ROWS) > 0);
  if (!rows && blobInfo(blob).rowBytes === 0) return;
  throw new DepthwiseError(
    'MODEL_UNSUPPORTED',
    'The JavaScript runtime does not run this .dw file, which was compiled with --memory min or --frame rows. Compile it with --memory fast --frame resident, or take another engine.',
  );
}

class JsSession implements Session {
  private readonly info: BlobInfo;
  private readonly view: DataView;

  constructor(
    blob: Uint8Array,
    private readonly net: Net,
  ) {
    this.info = blobInfo(blob);
    this.view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  }

  push(): never {
    throw new DepthwiseError('USAGE', 'This .dw file takes its input as a whole: call run.');
  }

  run(inputs: readonly Uint8Array[], afterStep?: AfterStep): Uint8Array[] {
    const { net, view } = this;
    const { inputBytes, outputBytes, ticksOfStep } = this.info;
    const found = inputs.map((input) => input.length).join(' + ');
    if (found !== inputBytes.join(' + ')) {
      throw new DepthwiseError(
        'INPUT_SIZE',
        `The inputs have ${found} bytes, the model takes ${inputBytes.join(' + ')}.`,
      );
    }
    net.begin();
    inputs.forEach((input, i) => {
      net.input(i).set(input);
    });
    const left = [...ticksOfStep];
    const tasks = view.getUint32(H_TASKS_OFFSET, true);
    for (let task = 0; task < view.getUint32(H_TASK_COUNT, true); task++) {
      const step = view.getUint16(tasks + task * TASK_BYTES + T_STEP, true);
      for (let repeat = view.getUint8(tasks + task * TASK_BYTES + T_REPEAT); repeat > 0; repeat--) {
        net.tick();
        if (--left[step] === 0) afterStep?.(step, this.read);
      }
    }
    return outputBytes.map((bytes, i) => {
      const { buffer, byteOffset } = net.output(i);
      return new Uint8Array(buffer, byteOffset, bytes).slice();
    });
  }

  stats(): EngineStats {
    return {};
  }

  /** Linear memory is not there; its addresses stand in the .dw file, and those of the arena mean the same here. */
  private readonly read: ReadMemory = (address, bytes) => {
    const start = address - this.view.getUint32(H_ARENA_ADDRESS, true);
    const arenaBytes = this.view.getUint32(H_ARENA_BYTES, true);
    if (start < 0 || bytes < 0 || start + bytes > arenaBytes) {
      throw new RangeError(`Bytes ${start} to ${start + bytes} are outside the arena, which has ${arenaBytes}.`);
    }
    return new Uint8Array(this.net.input().buffer, start, bytes).slice();
  };
}

function translated<T>(action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const code = CODES[(cause as { code?: string }).code ?? ''];
    if (!code) throw cause;
    throw new DepthwiseError(
      code,
      `The JavaScript runtime refuses this .dw file: ${(cause as Error).message}. Compile the model again, or copy the file again.`,
      { cause },
    );
  }
}

let loaded: Runtime | undefined;

/** The bundle is a plain script that wants `module`, as boards have it; to Node this package's .js files are ES modules. */
function runtime(): Runtime {
  if (!loaded) {
    const module = { exports: {} as Runtime };
    new Function('module', new TextDecoder().decode(asset('depthwise.js')))(module);
    loaded = module.exports;
  }
  return loaded;
}
