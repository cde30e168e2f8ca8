/** The board's own JavaScript runtime, dist/depthwise.js, as it is: the same file, in V8. */

import type { Net } from '../board-js/net.js';
import { DepthwiseError, type ErrorCode } from '../errors.js';
import { checkBlob } from '../format/check.js';
import { BlobView } from '../program/blob-view.js';
import { H_ARENA_ADDRESS, H_ARENA_BYTES } from '../program/layout.js';
import { type BlobInfo, blobInfo, checkInputs, pushedRows } from './blob.js';
import type { AfterStep, EngineStats, ReadMemory, Session } from './engine.js';
import { loadRuntime, type Runtime } from './runtime-script.js';

/** Codes of src/board-js/fail.ts. */
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
  checkBlob(blob);
  const open = runtime().open;
  const net = translated(() => open(blob));
  return new JsSession(blob, net);
}

class JsSession implements Session {
  private readonly info: BlobInfo;
  private readonly view: BlobView;
  /** Rows that are still to be pushed; 0 before the first one. */
  private rowsLeft = 0;

  constructor(
    blob: Uint8Array,
    private readonly net: Net,
  ) {
    this.info = blobInfo(blob);
    this.view = new BlobView(blob);
  }

  push(rows: Uint8Array): Uint8Array[] | undefined {
    const { rowBytes, inputBytes } = this.info;
    const left = this.rowsLeft || inputBytes[0] / rowBytes;
    const pushed = pushedRows(rows.length, left, this.info);
    if (this.rowsLeft === 0) this.net.begin();
    this.rowsLeft = left - pushed;
    return this.feed(rows) ? this.outputs() : undefined;
  }

  run(inputs: readonly Uint8Array[], afterStep?: AfterStep): Uint8Array[] {
    const { net, view } = this;
    const { rowBytes, ticksOfStep } = this.info;
    checkInputs(inputs, this.info);
    net.begin();
    this.rowsLeft = 0;
    inputs.forEach((input, i) => {
      if (i > 0 || rowBytes === 0) net.input(i).set(input);
    });
    if (rowBytes > 0) {
      this.feed(inputs[0]);
      return this.outputs();
    }
    const left = [...ticksOfStep];
    for (const { step, repeat } of view.tasks()) {
      for (let times = repeat; times > 0; times--) {
        net.tick();
        if (--left[step] === 0) afterStep?.(step, this.read);
      }
    }
    return this.outputs();
  }

  /** Whether these rows were the last ones. */
  private feed(rows: Uint8Array): boolean {
    const { rowBytes } = this.info;
    let done = false;
    for (let at = 0; at < rows.length; at += rowBytes) done = this.net.push(rows.subarray(at, at + rowBytes));
    return done;
  }

  private outputs(): Uint8Array[] {
    return this.info.outputBytes.map((bytes, i) => {
      const { buffer, byteOffset } = this.net.output(i);
      return new Uint8Array(buffer, byteOffset, bytes).slice();
    });
  }

  stats(): EngineStats {
    return {};
  }

  /** Linear memory is not there; its addresses stand in the .dw file, and those of the arena mean the same here. */
  private readonly read: ReadMemory = (address, bytes) => {
    const start = address - this.view.u32(H_ARENA_ADDRESS);
    const arenaBytes = this.view.u32(H_ARENA_BYTES);
    if (start < 0 || bytes < 0 || start + bytes > arenaBytes) {
      throw new RangeError(`Bytes ${start} to ${start + bytes} are outside the arena, which has ${arenaBytes}.`);
    }
    return new Uint8Array(this.net.output().buffer, start, bytes).slice();
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

function runtime(): Runtime {
  loaded ??= loadRuntime('depthwise.js');
  return loaded;
}
