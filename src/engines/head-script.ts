/** The script of dist/heads that follows the board's runtime where a model has answers of its own kind. */
import { asset } from '../assets.js';
import type { Head } from '../heads/open.js';

/** Text to put behind a build of the runtime; empty where its own `classify` and `top` are all there is. */
export function headScript(head: Head | undefined): string {
  if (!head || head.name === 'none' || head.name === 'classify') return '';
  return `${new TextDecoder().decode(asset(`heads/${head.name}.js`))}depthwiseHead(depthwise);\n`;
}
