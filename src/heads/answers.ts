/** Answers in words and numbers that people use: labels, probabilities, pixels. */
import * as H from '../program/head-layout.js';
import type { Gallery } from './gallery-file.js';
import { type Head, headFile } from './open.js';
import { centroids } from './readers/centroids.js';
import { embed } from './readers/embed.js';
import type { Found, HeadFile, Scratch } from './readers/head-file.js';
import { locate } from './readers/locate.js';
import { ssd } from './readers/ssd.js';
import { yolo } from './readers/yolo.js';

interface Scored {
  label: string | null;
  index: number;
  score: number;
}

/** Pixels of the input, in sixteenths, or of the picture that it was made from. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Without a score where the model has chosen the class itself. */
export type ClassAnswer = Omit<Scored, 'score'> & { score: number | null };
export type DetectionAnswer = Scored & Box & { picture?: Box };
export interface EmbeddingAnswer {
  /** At length 127. */
  embedding: number[];
}
/** The nearest of a gallery, or "unknown". */
export interface MatchAnswer {
  label: string;
  /** Cosine of the angle between the two vectors. */
  similarity: number;
}
export interface LocationAnswer {
  latitude: number;
  longitude: number;
  radiusKm: number;
  score: number;
}
export type Answer = ClassAnswer | DetectionAnswer | EmbeddingAnswer | MatchAnswer | LocationAnswer;

export interface AnswerOptions {
  labels?: readonly string[];
  /** A probability that counts instead of the file's. */
  threshold?: number;
  /** Gallery that vectors are compared with. */
  gallery?: Gallery;
}

/** Readers of heads with boxes. */
const DETECTORS: Partial<Record<Head['name'], (f: HeadFile, s: Scratch) => Found[]>> = { centroids, ssd, yolo };

/** @param outputs of one inference, values of the file's own types. */
export function answersOf(
  head: Head,
  outputs: ArrayLike<number>[],
  { labels, threshold, gallery }: AnswerOptions = {},
): Answer[] {
  const plain = headFile(head.bytes, outputs);
  const file = { ...plain, _threshold: threshold === undefined ? undefined : leastScore(plain, threshold) };
  const detect = DETECTORS[head.name];
  if (detect) return detect(file, takeScratch(file)).map((found) => detection(file, found, labels));
  if (head.name === 'embed') return [vectorAnswer(file, gallery, threshold)];
  if (head.name === 'locate') return places(file);
  return [];
}

/** A name under which nothing of a gallery is. */
const UNKNOWN = 'unknown';

function vectorAnswer(file: HeadFile, gallery?: Gallery, threshold?: number): EmbeddingAnswer | MatchAnswer {
  const vector = embed(file);
  if (!gallery) return { embedding: [...vector] };
  const { label, similarity } = gallery.match(vector) ?? { label: UNKNOWN, similarity: 0 };
  const least = threshold ?? file._word(H.D_THRESHOLD) / 2 ** 15;
  return { label: similarity >= least ? label : UNKNOWN, similarity };
}

/** The least value of a score that is worth at least this. */
function leastScore(file: HeadFile, threshold: number): number {
  return Math.ceil((threshold * 2 ** 24) / (file._word(H.D_SCORE_STEP) >>> 0) - 1e-6) + file._word(H.D_SCORE_ZERO);
}

/** Scratch of one answer, sized by the file. */
export function takeScratch(file: HeadFile): Scratch {
  const kind = file._word(H.D_KIND);
  const most = file._word(H.D_MOST);
  const kept = kind === H.HEAD_YOLO ? most : kind === H.HEAD_SSD ? file._word(H.D_PER_CLASS) || most : 0;
  const boxes = (file._word(H.D_SCRATCH_BYTES) - H.KEPT_BYTES * kept) / 4;
  return {
    _order: new Uint16Array(boxes),
    _scores: new Uint16Array(boxes),
    _kept: new Int32Array((H.KEPT_BYTES / 4) * kept),
  };
}

function real(file: HeadFile, score: number): number {
  return ((score - file._word(H.D_SCORE_ZERO)) * (file._word(H.D_SCORE_STEP) >>> 0)) / 2 ** 24;
}

function detection(
  file: HeadFile,
  { index, score, x, y, width, height }: Found,
  labels: readonly string[] = [],
): Answer {
  return {
    label: labels[index] ?? null,
    index,
    score: real(file, score),
    x: x / 16,
    y: y / 16,
    width: width / 16,
    height: height / 16,
  };
}

function places(file: HeadFile): LocationAnswer[] {
  const place = locate(file);
  if (!place) return [];
  const { latitude, longitude, radiusKm, score } = place;
  return [
    {
      latitude: latitude / 65536,
      longitude: longitude / 65536,
      radiusKm,
      score: real(file, score + file._word(H.D_SCORE_ZERO)),
    },
  ];
}
