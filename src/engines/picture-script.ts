/** dist/pictures.js, which follows the board's runtime and a head's script where a program has frames. */
import { asset } from '../assets.js';

export function pictureScript(): string {
  return `${new TextDecoder().decode(asset('pictures.js'))}depthwisePictures(depthwise);\n`;
}
