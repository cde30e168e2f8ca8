/**
 * Codes of the errors that the runtime throws. The message is the code and the number that is wrong and, where it is known,
 * `not` and the right one.
 */
export type FailCode =
  /** First four bytes of the file, which are not those of a .dw file. */
  | 'MAGIC'
  /** Version of the file, which this runtime does not know. */
  | 'VERSION'
  /** CRC-32 of the file's bytes, which is not that of its header. */
  | 'CRC'
  /** Bytes of the file, which has lost or gained some; or the offset of a read that came back short, or not at all. */
  | 'TRUNCATED'
  /** The offset of a section, the number of a task, a step or a port, or a count of ports that cannot be. */
  | 'LAYOUT'
  /** A kind of step that is none, or that this build of the runtime leaves out. */
  | 'KIND'
  /** Length of an array for which there is no room. */
  | 'MEMORY'
  /** Bytes that were given as an input that takes another number of them. */
  | 'LENGTH'
  /** Side of a frame that has no pixels or too many, channels of an input that takes no pictures, or a format that is none. */
  | 'FRAME'
  /** Bytes of a row that was pushed to a model that takes whole inputs (`not -1`); or of those it takes, where it was invoked. */
  | 'ORDER';

/** Throws an Error with a property `code`. Classes of errors are not to be had on every board. */
export function fail(code: FailCode, value: number | string): never {
  // biome-ignore lint/style/useTemplate: ES5 makes a call of concat() of a template.
  const error = new Error(code + ' ' + value) as Error & { code: FailCode };
  error.code = code;
  throw error;
}

/** Throws unless `value` is `expected`, which the message names too. */
export function expect(code: FailCode, value: number, expected: number): void {
  // biome-ignore lint/style/useTemplate: as above.
  if (value !== expected) fail(code, value + ' not ' + expected);
}

/** Throws LAYOUT. */
export function refuseLayout(bad: boolean, value: number): void {
  if (bad) fail('LAYOUT', value);
}
