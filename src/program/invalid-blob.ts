import { DepthwiseError } from '../errors.js';

/** Advice on a .dw file that is not what its writer wrote. */
export const COMPILE_AGAIN = 'Compile the model again, or copy the file again.';

/** A .dw file that contradicts itself. */
export function invalidBlob(found: string, expected: string): DepthwiseError {
  return new DepthwiseError('BLOB_INVALID', `This .dw file holds ${found}, expected ${expected}. ${COMPILE_AGAIN}`);
}
