/** What is put behind the runtime for boards where a model has answers of its own kind: a script of dist/heads. */
import { asset } from '../assets.js';
import type { Head } from '../heads/open.js';

/** Text to put behind a build of the runtime; empty where its own `classify` and `top` are all there is. */
export function headScript(head: Head | undefined): string {
  if (!head || head.name === 'none' || head.name === 'classify') return '';
  return `${new TextDecoder().decode(asset(`heads/${head.name}.js`))}depthwiseHead(depthwise);\n`;
}
