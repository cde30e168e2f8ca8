/** Codes of the errors that the runtime throws. The message is the code and the number that is wrong. */
export type FailCode =
  /** First four bytes of the file, which are not those of a .dw file. */
  | 'MAGIC'
  /** Version of the file, which this runtime does not know. */
  | 'VERSION'
  /** CRC-32 of the file's bytes, which is not that of its header. */
  | 'CRC'
  /** Bytes of the file, which has lost or gained some; or the offset of a read that came back short. */
  | 'TRUNCATED'
  /** The offset of a section, the number of a task, a step or a port, or a count of ports that cannot be. */
  | 'LAYOUT'
  /** A kind of step that this build of the runtime leaves out. */
  | 'KIND'
  /** Length of an array for which there is no room. */
  | 'MEMORY'
  /** Bytes that were given as an input that takes another number of them. */
  | 'LENGTH'
  /** Bytes of a row that was pushed to a model that takes whole inputs; or of those it takes, where it was invoked. */
  | 'ORDER';

/** Throws an Error with a property `code`. Classes of errors are not to be had on every board. */
export function fail(code: FailCode, value: number): never {
  // biome-ignore lint/style/useTemplate: ES5 makes a call of concat() of a template.
  const error = new Error(code + ' ' + value) as Error & { code: FailCode };
  error.code = code;
  throw error;
}
