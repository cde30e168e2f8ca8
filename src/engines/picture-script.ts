/** What is put behind the runtime for boards, and behind the script of a head, where a program has frames: dist/pictures.js. */
import { asset } from '../assets.js';

export function pictureScript(): string {
  return `${new TextDecoder().decode(asset('pictures.js'))}depthwisePictures(depthwise);\n`;
}
