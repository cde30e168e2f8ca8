/** Class names, one a line, the first one of output value 0. */
import { DepthwiseError } from '../errors.js';
import { readInputFile } from './file.js';

/**
 * The lines of a UTF-8 text file without the spaces around them; LF or CRLF. Empty lines at the end do not count, others
 * do, as a line's number is its class. The caller compares the count with the model's outputs.
 * @throws DepthwiseError INPUT_UNREADABLE.
 */
export function readLabels(file: string): string[] {
  const bytes = readInputFile(file);
  const fail = (found: string) =>
    new DepthwiseError('INPUT_UNREADABLE', `${file} ${found}; expected a UTF-8 text file with one class name a line.`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw fail('is not UTF-8');
  }
  // A zero byte ends a name in a .dw file.
  if (text.includes('\0')) throw fail('has zero bytes in it');
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  while (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) throw fail('is empty');
  return lines;
}
