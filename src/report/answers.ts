/** Answers as people read them. */
import type { Answer, Box, DetectionAnswer } from '../heads/answers.js';
import type { Shown } from '../input/read.js';
import { toFrame } from '../pictures/fit.js';

/** Adds, to boxes in pixels of the input, the same in pixels of the picture. */
export function inPicture(answers: Answer[], shown?: Shown): Answer[] {
  if (!shown) return answers;
  return answers.map((answer) => {
    if (!isDetection(answer)) return answer;
    const { x, y, width, height } = toFrame(shown.fit, scaled(answer, 16));
    return { ...answer, picture: scaled({ x, y, width, height }, 1 / 16) };
  });
}

const scaled = ({ x, y, width, height }: Box, factor: number): Box => ({
  x: factor * x,
  y: factor * y,
  width: factor * width,
  height: factor * height,
});

export const isDetection = (answer: Answer): answer is DetectionAnswer => 'width' in answer;

/** `face 0.98 at 41,30 28x35`, a line each; boxes in pixels of the picture where there is one. */
export function answerLines(answers: readonly Answer[]): string {
  return answers.length === 0 ? 'nothing found' : answers.map(answerLine).join('\n');
}

/** An answer's name and score, without its place. */
export function answerName(answer: Answer): string {
  if ('similarity' in answer) return `${answer.label} ${answer.similarity.toFixed(2)}`;
  if ('embedding' in answer) return `embedding of ${answer.embedding.length} values`;
  if ('latitude' in answer) {
    const { latitude, longitude, radiusKm, score } = answer;
    return `${latitude.toFixed(4)}, ${longitude.toFixed(4)} within ${radiusKm} km, ${score.toFixed(2)}`;
  }
  return `${answer.label ?? `class ${answer.index}`} ${answer.score?.toFixed(2) ?? ''}`.trimEnd();
}

function answerLine(answer: Answer): string {
  if (!isDetection(answer)) return answerName(answer);
  const { x, y, width, height } = answer.picture ?? answer;
  const [left, top, across, down] = [x, y, width, height].map(Math.round);
  return `${answerName(answer)} at ${left},${top} ${across}x${down}`;
}
