/** `run --gallery`: names for vectors, in a file. */
import { existsSync } from 'node:fs';
import { DepthwiseError } from '../errors.js';
import { answersOf } from '../heads/answers.js';
import { Gallery } from '../heads/gallery-file.js';
import { MOST_VALUES } from '../program/head-layout.js';
import { readFile, writeFile } from './files.js';
import { note } from './output.js';
import { headValues, type Runnable } from './run-report.js';

export interface GalleryFlags {
  gallery?: string;
  enroll?: string;
}

/**
 * The gallery of a model that gives vectors; to enrol, it need not exist.
 * @throws DepthwiseError USAGE, INPUT_UNREADABLE, BLOB_INVALID.
 */
export function openGallery({ contents }: Runnable, { gallery: file, enroll }: GalleryFlags): Gallery | undefined {
  if (file === undefined) {
    if (enroll !== undefined) throw new DepthwiseError('USAGE', '--enroll needs a --gallery to add to.');
    return undefined;
  }
  const values = contents.outputs[0].bytes;
  if (contents.head?.name !== 'embed' || values > MOST_VALUES) {
    throw new DepthwiseError(
      'USAGE',
      `--gallery compares vectors of at most ${MOST_VALUES} values, but the head of this model is ${contents.head?.name ?? 'classify'}: --head embed.`,
    );
  }
  const isNew = enroll !== undefined && !existsSync(file);
  return new Gallery(isNew ? new Uint8Array(0) : readFile(file, 'INPUT_UNREADABLE'), values, file);
}

/** Adds the vector of every record under one name, and writes the file. */
export function enrollAll(
  gallery: Gallery,
  runnable: Runnable,
  outputs: Uint8Array[][],
  { gallery: file, enroll: label }: GalleryFlags,
): void {
  let pictures = 0;
  for (const record of outputs) {
    const [answer] = answersOf(runnable.contents.head!, headValues(runnable, record));
    if ('embedding' in answer) pictures = gallery.enroll(label!, answer.embedding);
  }
  writeFile(file!, gallery.bytes);
  note(`${file}: ${label} is the mean of ${pictures} picture${pictures === 1 ? '' : 's'}`);
}
