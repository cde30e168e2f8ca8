/** Exit codes of the command line; README.md lists them. */
export const EXIT = { done: 0, failed: 1, usage: 2, invalid: 3, missing: 4 } as const;

/**
 * Every error a user can meet, with the exit code it ends the command with. Messages are written where the
 * error is raised and say four things: what was found, where, what was expected, what to do.
 */
export const ERRORS = {
  BUDGET_EXCEEDED: EXIT.failed,
  CHECK_FAILED: EXIT.failed,
  BOARD_FAILED: EXIT.failed,
  USAGE: EXIT.usage,
  INPUT_SIZE: EXIT.usage,
  INPUT_UNREADABLE: EXIT.usage,
  OUTPUT_UNWRITABLE: EXIT.usage,
  OUTPUT_EXISTS: EXIT.usage,
  UNKNOWN_TARGET: EXIT.usage,
  CONFIG_INVALID: EXIT.usage,
  MODEL_NOT_FOUND: EXIT.usage,
  PORT_UNAVAILABLE: EXIT.usage,
  MODEL_INVALID: EXIT.invalid,
  MODEL_UNSUPPORTED: EXIT.invalid,
  MODEL_TOO_LARGE: EXIT.invalid,
  PICTURE_INVALID: EXIT.invalid,
  BLOB_INVALID: EXIT.invalid,
  BLOB_VERSION: EXIT.invalid,
  BLOB_CRC: EXIT.invalid,
  BUNDLE_INVALID: EXIT.invalid,
  ENGINE_TRAP: EXIT.invalid,
  ENGINE_LIMIT: EXIT.invalid,
  PACKAGE_MISSING: EXIT.missing,
  TOOL_MISSING: EXIT.missing,
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** The one error type of the library. `code` is stable, `exitCode` is what the command line returns. */
export class DepthwiseError extends Error {
  readonly exitCode: number;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'DepthwiseError';
    this.exitCode = ERRORS[code];
  }
}
