/**
 * The body of MobileNetV1 (arXiv 1704.04861, table 1) as data, and the two ways to write one down:
 *
 *   mobilenet:ALPHA@HxWxC,CLASSES        mobilenet:0.25@96x96x1,2
 *   mobilenet:{JSON}, or a .json file    {"alpha": 0.25, "input": [32, 32, 3], "classes": 10, "stemStride": 1}
 */
import { readFileSync } from 'node:fs';
import { DepthwiseError } from '../errors.js';

/** A depthwise and a pointwise convolution. `channels` is what the pointwise one puts out, before alpha. */
export interface Pair {
  channels: number;
  stride: 1 | 2;
}

export interface MobileNetSpec {
  /** Width multiplier: channel counts are int(alpha * c). */
  alpha: number;
  /** Input, in pixels and channels. The resolution multiplier rho is in the height and width. */
  height: number;
  width: number;
  channels: number;
  classes: number;
  stemStride: 1 | 2;
  pairs: readonly Pair[];
}

/** Output channels of the first convolution, before alpha. */
export const STEM_CHANNELS = 32;

/** The paper's table 1 prints s2 for the last depthwise convolution, which its own 7x7 output shows to be s1. */
export const PAIRS: readonly Pair[] = [
  { channels: 64, stride: 1 },
  { channels: 128, stride: 2 },
  { channels: 128, stride: 1 },
  { channels: 256, stride: 2 },
  { channels: 256, stride: 1 },
  { channels: 512, stride: 2 },
  { channels: 512, stride: 1 },
  { channels: 512, stride: 1 },
  { channels: 512, stride: 1 },
  { channels: 512, stride: 1 },
  { channels: 512, stride: 1 },
  { channels: 1024, stride: 2 },
  { channels: 1024, stride: 1 },
];
const FIRST_REPEATED = 6;
const REPEATED = 5;

/**
 * The first `depth` pairs of the body in the order in which they are missed least: the five repeated 512-channel pairs
 * go first, so that 8 is the paper's shallow MobileNet (section 4.1); below 8 pairs go from the end.
 */
export function pairsOfDepth(depth: number): Pair[] {
  const removed = PAIRS.length - depth;
  const withoutRepeats = PAIRS.toSpliced(FIRST_REPEATED, Math.min(removed, REPEATED));
  return withoutRepeats.slice(0, depth);
}

export type LayerKind = 'conv' | 'depthwise' | 'pointwise' | 'classifier';
type Shape = readonly [height: number, width: number, channels: number];

/** One of the layers that have weights. */
export interface Layer {
  /** `conv0`, `dw1`, `pw1`, ..., `fc`. */
  name: string;
  kind: LayerKind;
  /** Height and width of the window. */
  kernel: number;
  stride: number;
  inputShape: Shape;
  outputShape: Shape;
}

/** The paper's int(alpha * c). 0.57 * 100 is a little below 57 in binary, hence the small addend. */
export function scaled(alpha: number, channels: number): number {
  return Math.floor(alpha * channels + 1e-9);
}

/** Stem, pairs and classifier in order: 28 layers for the whole network. Windows are padded SAME. */
export function layersOf(spec: MobileNetSpec): Layer[] {
  const layers: Layer[] = [];
  let shape: Shape = [spec.height, spec.width, spec.channels];
  const add = (name: string, kind: LayerKind, kernel: number, stride: number, channels: number): void => {
    const outputShape: Shape = [Math.ceil(shape[0] / stride), Math.ceil(shape[1] / stride), channels];
    layers.push({ name, kind, kernel, stride, inputShape: shape, outputShape });
    shape = outputShape;
  };
  add('conv0', 'conv', 3, spec.stemStride, scaled(spec.alpha, STEM_CHANNELS));
  spec.pairs.forEach(({ channels, stride }, i) => {
    add(`dw${i + 1}`, 'depthwise', 3, stride, shape[2]);
    add(`pw${i + 1}`, 'pointwise', 1, 1, scaled(spec.alpha, channels));
  });
  shape = [1, 1, shape[2]];
  add('fc', 'classifier', 1, 1, spec.classes);
  return layers;
}

const PREFIX = 'mobilenet:';
const FORMS = `${PREFIX}ALPHA@HxWxC,CLASSES (for example ${PREFIX}0.25@96x96x1,2), ${PREFIX}{JSON} or a .json file`;

/** Whether a MODEL argument describes a MobileNet: starts with `mobilenet:`, or names a .json file. */
export function isSpec(model: string): boolean {
  return model.startsWith(PREFIX) || /\.json$/i.test(model);
}

/**
 * Reads a MODEL argument for which isSpec() holds.
 * @throws DepthwiseError USAGE, or MODEL_NOT_FOUND for a .json file that cannot be read.
 */
export function parseSpec(model: string): MobileNetSpec {
  if (!model.startsWith(PREFIX)) return fromJson(readText(model), model);
  const text = model.slice(PREFIX.length);
  if (text.trimStart().startsWith('{')) return fromJson(text, model);
  const match = /^([^@,]+)@(\d+)x(\d+)x(\d+),(\d+)$/.exec(text);
  if (!match) throw new DepthwiseError('USAGE', `"${model}" describes no MobileNet: expected ${FORMS}.`);
  const [alpha, height, width, channels, classes] = match.slice(1).map(Number);
  return mobileNet({ alpha, input: [height, width, channels], classes }, model);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new DepthwiseError(
      'MODEL_NOT_FOUND',
      `${path} cannot be read: ${(cause as Error).message}. Check the path.`,
      {
        cause,
      },
    );
  }
}

function fromJson(text: string, place: string): MobileNetSpec {
  try {
    return mobileNet(JSON.parse(text), place);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new DepthwiseError('USAGE', `${place}: not JSON (${cause.message}); expected ${EXAMPLE}.`, { cause });
  }
}

/** The JSON form. Only the first three are required. */
export interface MobileNetOptions {
  alpha: number;
  /** Height, width, channels. */
  input: readonly number[];
  classes: number;
  /** Number of pairs, 1 to 13 (see pairsOfDepth), or the pairs themselves as [channels before alpha, stride]. */
  depth?: number | readonly (readonly number[])[];
  /** 1 keeps small inputs at their size; the paper's is 2. */
  stemStride?: number;
  /** Stride of the last pair that halves height and width; 1 keeps the size of small maps. The paper's is 2. */
  lastStride?: number;
}

const EXAMPLE =
  '{"alpha": 0.25, "input": [32, 32, 3], "classes": 10, "depth": 13, "stemStride": 1, "lastStride": 1}, ' +
  'of which the first three are required';
const KEYS = ['alpha', 'input', 'classes', 'depth', 'stemStride', 'lastStride'];
const MAX_ALPHA = 4;
const MAX_SIZE = 4096;
const MAX_PAIRS = 64;
/** Channels and classes are 16 bits wide in a .dw file. */
const MAX_CHANNELS = 65535;

/**
 * Checks the numbers of a MobileNet. `place` names them in messages.
 * @throws DepthwiseError USAGE.
 */
export function mobileNet(options: MobileNetOptions, place: string): MobileNetSpec {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new DepthwiseError('USAGE', `${place}: expected an object like ${EXAMPLE}.`);
  }
  const unknown = Object.keys(options).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) {
    throw new DepthwiseError('USAGE', `${place}: unknown field "${unknown}"; expected ${KEYS.join(', ')}.`);
  }
  const { alpha, input, classes, depth = PAIRS.length, stemStride = 2, lastStride } = options;
  const fail = (field: string, found: unknown, expected: string) =>
    new DepthwiseError('USAGE', `${place}: ${field} is ${JSON.stringify(found) ?? 'missing'}; expected ${expected}.`);
  const integer = (field: string, value: unknown, low: number, high: number): number => {
    if (Number.isInteger(value) && (value as number) >= low && (value as number) <= high) return value as number;
    throw fail(field, value, `a whole number from ${low} to ${high}`);
  };
  const stride = (field: string, value: unknown): 1 | 2 => {
    if (value === 1 || value === 2) return value;
    throw fail(field, value, '1 or 2');
  };

  if (!(typeof alpha === 'number' && alpha > 0 && alpha <= MAX_ALPHA)) {
    throw fail('alpha', Number.isNaN(alpha) ? 'not a number' : alpha, `a number above 0, ${MAX_ALPHA} at most`);
  }
  if (!Array.isArray(input) || input.length !== 3) throw fail('input', input, '[height, width, channels]');
  integer('height', input[0], 1, MAX_SIZE);
  integer('width', input[1], 1, MAX_SIZE);
  integer('channels', input[2], 1, MAX_CHANNELS);
  integer('classes', classes, 1, MAX_CHANNELS);

  let pairs: Pair[];
  if (Array.isArray(depth)) {
    if (depth.length < 1 || depth.length > MAX_PAIRS) throw fail('depth', depth, `1 to ${MAX_PAIRS} pairs`);
    pairs = depth.map((pair, i) => {
      if (!Array.isArray(pair) || pair.length !== 2) throw fail(`depth[${i}]`, pair, '[channels, stride]');
      return {
        channels: integer(`depth[${i}]`, pair[0], 1, MAX_CHANNELS),
        stride: stride(`stride of depth[${i}]`, pair[1]),
      };
    });
  } else {
    pairs = pairsOfDepth(integer('depth', depth, 1, PAIRS.length));
  }
  if (lastStride !== undefined) {
    const last = pairs.findLastIndex((pair) => pair.stride === 2);
    if (last < 0) throw fail('lastStride', lastStride, 'it to be left out where no pair has stride 2');
    pairs[last] = { ...pairs[last], stride: stride('lastStride', lastStride) };
  }
  for (const channels of [STEM_CHANNELS, ...pairs.map((pair) => pair.channels)]) {
    integer(`int(alpha * ${channels})`, scaled(alpha, channels), 1, MAX_CHANNELS);
  }
  const [height, width, channels] = input;
  return { alpha, height, width, channels, classes, stemStride: stride('stemStride', stemStride), pairs };
}

/** The MODEL argument that parses to `spec`, in its shortest form. */
export function specName(spec: MobileNetSpec): string {
  const { alpha, height, width, channels, classes, stemStride, pairs } = spec;
  const short = `${PREFIX}${alpha}@${height}x${width}x${channels},${classes}`;
  if (stemStride === 2 && samePairs(pairs, PAIRS)) return short;
  const options: MobileNetOptions = { alpha, input: [height, width, channels], classes };
  if (!samePairs(pairs, PAIRS)) {
    const stock = pairs.length <= PAIRS.length && samePairs(pairs, pairsOfDepth(pairs.length));
    options.depth = stock ? pairs.length : pairs.map((pair) => [pair.channels, pair.stride]);
  }
  if (stemStride !== 2) options.stemStride = stemStride;
  return PREFIX + JSON.stringify(options);
}

const samePairs = (a: readonly Pair[], b: readonly Pair[]): boolean =>
  a.length === b.length && a.every((pair, i) => pair.channels === b[i].channels && pair.stride === b[i].stride);
