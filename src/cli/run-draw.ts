/** `run --draw`: answers on the pictures that they are of, by sharp. */
import { extname } from 'node:path';
import { DepthwiseError } from '../errors.js';
import type { Answer } from '../heads/answers.js';
import type { Shown } from '../input/read.js';
import { loadSharp } from '../input/sharp.js';
import { answersSvg } from '../report/draw.js';
import { writeFile } from './files.js';

/** @throws DepthwiseError USAGE before anything runs. */
export function checkDrawing(file: string): void {
  if (extname(file) === '.png' || extname(file) === '.svg') return;
  throw new DepthwiseError('USAGE', `--draw ${file}: expected a name that ends in .png or .svg.`);
}

/**
 * Writes a picture with its answers; of several, each with its number in front of the ending.
 * @throws DepthwiseError USAGE, PACKAGE_MISSING, OUTPUT_UNWRITABLE.
 */
export async function drawAnswers(file: string, answers: Answer[][], shown: (Shown | undefined)[]): Promise<void> {
  const sharp = await loadSharp('--draw needs the package sharp, which is not installed: npm install sharp.');
  const ending = extname(file);
  const pictures = shown.map((picture, i) => {
    if (picture) return picture;
    throw new DepthwiseError('USAGE', `--draw ${file}: record ${i} is no picture. Give pictures as --input.`);
  });
  for (const [i, picture] of pictures.entries()) {
    const { width, height, data } = picture.frame;
    const image = sharp(data, { raw: { width, height, channels: data.length / (width * height) } });
    const name = pictures.length === 1 ? file : `${file.slice(0, -ending.length)}-${i}${ending}`;
    if (ending === '.svg') {
      const png = await image.png().toBuffer();
      writeFile(name, answersSvg(answers[i], picture, `data:image/png;base64,${png.toString('base64')}`));
    } else {
      const layer = Buffer.from(answersSvg(answers[i], picture));
      writeFile(
        name,
        new Uint8Array(
          await image
            .composite([{ input: layer }])
            .png()
            .toBuffer(),
        ),
      );
    }
  }
}
