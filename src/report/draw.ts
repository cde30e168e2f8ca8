/** Answers drawn on a picture: boxes and names that are readable on light and on dark. */
import type { Answer } from '../heads/answers.js';
import type { Shown } from '../input/read.js';
import { answerName, isDetection } from './answers.js';

const escaped = (text: string): string =>
  text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`).replace(/\p{Cc}/gu, '?');

/**
 * The drawing as SVG, of the picture's size.
 * @param picture address of the picture beneath it; by default there is none.
 */
export function answersSvg(answers: readonly Answer[], { frame: { width, height } }: Shown, picture?: string): string {
  const unit = Math.max(12, Math.round(Math.min(width, height) / 24));
  const line = Math.max(1, Math.round(unit / 8));
  const text = (x: number, y: number, words: string): string =>
    `<text x="${x}" y="${y}" font-family="sans-serif" font-size="${unit}" font-weight="bold" fill="white" stroke="black" ` +
    `stroke-width="${Math.ceil(line * 1.5)}" stroke-linejoin="round" paint-order="stroke">${escaped(words)}</text>`;
  let free = unit;
  const parts = answers.map((answer) => {
    const box = isDetection(answer) ? answer.picture : undefined;
    if (!box) {
      free += 1.3 * unit;
      return text(unit / 2, free - 1.3 * unit, answerName(answer));
    }
    const [x, y] = [Math.max(0, box.x), Math.max(0, box.y)];
    const [right, bottom] = [Math.min(width, box.x + box.width), Math.min(height, box.y + box.height)];
    if (right <= x || bottom <= y) return '';
    const shape = `<rect x="${x}" y="${y}" width="${right - x}" height="${bottom - y}" fill="none"`;
    const label = y > 1.3 * unit ? y - line - unit / 4 : y + unit + line;
    return (
      `${shape} stroke="black" stroke-width="${3 * line}"/>${shape} stroke="white" stroke-width="${line}"/>` +
      text(x, label, answerName(answer))
    );
  });
  const image = picture ? `<image href="${picture}" width="${width}" height="${height}"/>` : '';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${image}${parts.join('')}</svg>\n`;
}
