/** Codes of the errors that the runtime throws. */
export type FailCode =
  | 'MAGIC'
  | 'VERSION'
  | 'CRC'
  /** The file ends too early, or a read from it came back short. */
  | 'TRUNCATED'
  /** A section, an address or a step that cannot be. */
  | 'LAYOUT'
  /** A kind of step that this build of the runtime leaves out. */
  | 'KIND'
  | 'MEMORY'
  /** An input of another length than the model's. */
  | 'LENGTH';

/** Throws an Error with a property `code`. Classes of errors are not to be had on every board. */
export function fail(code: FailCode, what: string, value: number): never {
  const error = new Error(what + value) as Error & { code: FailCode };
  error.code = code;
  throw error;
}
