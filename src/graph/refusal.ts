/** How operators are refused: messages of one form, and the limits that several rules share. */
import { DepthwiseError } from '../errors.js';
import { type Operator, type Tensor, where } from './graph.js';

/** Greatest height, width or channel count of an activation: what 16 bits hold (src/program/layout.ts). */
export const MAX_DIMENSION = 65535;
/** Greatest number of values in a tensor. */
export const MAX_ELEMENTS = 2 ** 26;

/** MODEL_UNSUPPORTED, of which `reason` is the same wherever it is found. */
export class Unsupported extends DepthwiseError {
  constructor(
    place: string,
    readonly reason: string,
    advice: string,
  ) {
    super('MODEL_UNSUPPORTED', `${place}: ${reason}. ${advice}.`);
  }
}

/** Result of `run`; undefined where it throws a refusal, which goes to `refuse`. Every other error is thrown on. */
export function unlessRefused<T>(run: () => T, refuse: (error: DepthwiseError) => void): T | undefined {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof DepthwiseError) || error.code !== 'MODEL_UNSUPPORTED') throw error;
    refuse(error);
    return undefined;
  }
}

/** `operator 3 (NAME), tensor 5 "x": FOUND; EXPECTED. DO`, as an error. */
type Complaint = (found: string, expected: string, advice?: string, tensor?: Tensor) => DepthwiseError;

/** More than this compiler takes. */
export const unsupported =
  (operator: Operator): Complaint =>
  (found, expected, advice = 'Change the model and export it again', tensor) =>
    new Unsupported(where(operator, tensor), `${found}; supported: ${expected}`, advice);

/** A contradiction in the file. */
export const invalid =
  (operator: Operator): Complaint =>
  (found, expected, advice = 'The file contradicts itself: export the model again', tensor) =>
    new DepthwiseError('MODEL_INVALID', `${where(operator, tensor)}: ${found}; expected: ${expected}. ${advice}.`);

/** The factor of a requantisation must be one that a 32-bit multiplier and a shift can hold. */
export function checkMultiplier(operator: Operator, multiplier: number, output: Tensor): void {
  // A multiplier is a 32-bit fraction shifted left by 30 at most.
  if (multiplier > 0 && multiplier < 2 ** 30) return;
  throw invalid(operator)(
    `scales that need a factor of ${multiplier}`,
    'a factor above 0 and below 2^30',
    undefined,
    output,
  );
}
