/** CIFAR-10 and its split, the same as in tools/train/cifar10_data.py. */
import sharp from 'sharp';
import split from '../train/cifar10-split.json' with { type: 'json' };
import type { Sample } from './sample.js';
import { filesOf } from './tar.js';

export const LABELS: readonly string[] = split.labels;
export const CIFAR10_PARTS = ['fit', 'validation', 'test'] as const;
export type Cifar10Part = (typeof CIFAR10_PARTS)[number];

const SIDE = 32;
const PIXELS = SIDE * SIDE;

/** A picture before it is decoded. */
interface Entry {
  label: number;
  pixels: () => Uint8Array | Promise<Uint8Array>;
}

/**
 * The pictures of one part, class by class. `archive` is a .tar.gz of train/CLASS/NAME.jpg and test/CLASS/NAME.jpg, or
 * cifar-10-binary.tar.gz as its authors publish it. `choose` leaves out some before they are decoded.
 */
export async function loadCifar10(
  archive: string,
  part: Cifar10Part,
  choose: <T>(entries: T[]) => T[] = (entries) => entries,
): Promise<Sample[]> {
  const kind = part === 'test' ? 'test' : 'train';
  const classes = entriesOf(archive, kind);
  if (classes.some(({ length }) => length === 0)) {
    throw new Error(
      `${archive}: a class without ${kind} pictures; expected ${kind}/CLASS/NAME.jpg, or the .bin batches`,
    );
  }
  const entries = classes.flatMap((ofClass) => ofClass.filter((_, i) => part === 'test' || partOf(i) === part));
  const samples: Sample[] = [];
  for (const { label, pixels } of choose(entries)) samples.push({ label, pixels: await pixels() });
  return samples;
}

function partOf(index: number): Cifar10Part {
  return index % split.modulo === split.validation ? 'validation' : 'fit';
}

/** By class; pictures in the order of their names, or of the records. */
function entriesOf(archive: string, kind: 'train' | 'test'): Entry[][] {
  const classes: (Entry & { name: string })[][] = LABELS.map(() => []);
  for (const { name, bytes } of filesOf(archive)) {
    const [, folder, label, file] = /(train|test)\/(\w+)\/([^/]+\.jpe?g)$/.exec(name) ?? [];
    if (folder === kind && LABELS.includes(label)) {
      const at = LABELS.indexOf(label);
      classes[at].push({ name: file, label: at, pixels: () => decode(bytes, name) });
    }
    if (!(kind === 'test' ? /test_batch\.bin$/ : /data_batch_\d\.bin$/).test(name)) continue;
    for (let record = 0; (record + 1) * (1 + 3 * PIXELS) <= bytes.length; record++) {
      const planes = bytes.subarray(record * (1 + 3 * PIXELS));
      classes[planes[0]].push({
        // Records of several files: by file, then as they stand.
        name: `${name}/${String(record).padStart(5, '0')}`,
        label: planes[0],
        pixels: () =>
          Uint8Array.from({ length: 3 * PIXELS }, (_, i) => planes[1 + (i % 3) * PIXELS + Math.floor(i / 3)]),
      });
    }
  }
  for (const entries of classes) entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return classes;
}

async function decode(jpeg: Uint8Array, name: string): Promise<Uint8Array> {
  const { data, info } = await sharp(jpeg)
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.width === SIDE && info.height === SIDE && info.channels === 3) return new Uint8Array(data);
  throw new Error(`${name} is ${info.width}x${info.height}x${info.channels}, expected ${SIDE}x${SIDE}x3`);
}
