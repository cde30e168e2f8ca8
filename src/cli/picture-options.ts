/** Options of commands that read pictures. */
import { Option } from 'commander';
import { FITS } from '../pictures/fit.js';

export const fitOption = (): Option =>
  new Option(
    '--fit <how>',
    "of a picture that has another shape than the model's input: the largest part in its middle (crop), or all of it between black bars (letterbox); default: crop",
  ).choices([...FITS]);
