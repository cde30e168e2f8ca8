/** Facts of a .dw file, already accepted by the runtime, that an engine's host needs. */
import { DepthwiseError } from '../errors.js';
import { BlobView } from '../program/blob-view.js';
import * as F from '../program/layout.js';

export interface BlobInfo {
  stepCount: number;
  /** Bytes of each input and output port, in order. */
  inputBytes: number[];
  outputBytes: number[];
  /** Bytes of a row of the first input where rows are pushed one by one; 0 where it is resident. */
  rowBytes: number;
  /** Calls of tick() that each step takes. */
  ticksOfStep: number[];
}

/** Reads ports and tasks. The blob must have passed the checks of dw_open. */
export function blobInfo(blob: Uint8Array): BlobInfo {
  const view = new BlobView(blob);
  const inputs = view.u32(F.H_INPUT_COUNT);
  const ports = view.ports();
  const bytes = ports.map((port) => port.u32(F.P_BYTES));
  const ticksOfStep = new Array<number>(view.u32(F.H_STEP_COUNT)).fill(0);
  for (const { step, repeat } of view.tasks()) if (step !== F.FEED) ticksOfStep[step] += repeat;
  return {
    stepCount: ticksOfStep.length,
    inputBytes: bytes.slice(0, inputs),
    outputBytes: bytes.slice(inputs),
    rowBytes: ports[0].u32(F.P_ROW_BYTES),
    ticksOfStep,
  };
}

/** @throws DepthwiseError INPUT_SIZE where there are not as many inputs, each of as many bytes, as the model takes. */
export function checkInputs(inputs: readonly Uint8Array[], { inputBytes }: BlobInfo): void {
  if (inputs.length === inputBytes.length && inputs.every((input, i) => input.length === inputBytes[i])) return;
  const found = inputs.map((input) => input.length).join(' + ') || 'no';
  const message = `The inputs have ${found} bytes, the model takes ${inputBytes.join(' + ')}.`;
  throw new DepthwiseError('INPUT_SIZE', message);
}

/**
 * How many rows these bytes are, at most `left`.
 * @throws DepthwiseError USAGE where the input is resident, or has companions that must be there before its first row;
 *   INPUT_SIZE where the bytes are not whole rows, or more rows than are left of the input.
 */
export function pushedRows(bytes: number, left: number, { rowBytes, inputBytes }: BlobInfo): number {
  if (rowBytes === 0) {
    const message = 'This .dw file takes its input as a whole: call run, or compile the model with --frame rows.';
    throw new DepthwiseError('USAGE', message);
  }
  if (inputBytes.length > 1) {
    const message = `This model has ${inputBytes.length} inputs, only the first of which comes in rows: call run with all of them.`;
    throw new DepthwiseError('USAGE', message);
  }
  if (bytes === 0 || bytes % rowBytes !== 0) {
    throw new DepthwiseError('INPUT_SIZE', `${bytes} bytes were pushed, expected whole rows of ${rowBytes} bytes.`);
  }
  const rows = bytes / rowBytes;
  if (rows <= left) return rows;
  const message = `${rows} rows were pushed, but only ${left} of the input's ${inputBytes[0] / rowBytes} are left: push them, then begin the next input.`;
  throw new DepthwiseError('INPUT_SIZE', message);
}
