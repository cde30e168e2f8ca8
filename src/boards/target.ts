/** Boards as data: targets/ID.json, checked against targets/schema.json. docs/boards.md says what each figure means. */

import { readdirSync, readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { targetsDirectory } from '../assets.js';
import { editDistance } from '../edit-distance.js';
import { DepthwiseError } from '../errors.js';
import type { JsWork, Work } from '../steps/work.js';
import type { OpClass } from './op-class.js';

export const RUNTIMES = ['wasm3', 'aot', 'js'] as const;
export type Runtime = (typeof RUNTIMES)[number];

/**
 * Where a figure is from: a document, the real code run under QEMU or counted in its machine code, or computed from
 * such figures by a rule that docs/boards.md gives.
 */
export type FigureKind = 'published' | 'qemu' | 'counted' | 'estimate';

/** A figure with its range, where it has one. null in its place: nobody knows. */
export interface Figure<T = number> {
  value: T;
  low?: number;
  high?: number;
  source: string;
  kind: FigureKind;
}

export interface Memory {
  total: Figure | null;
  /** Bytes that an application can have in the usual set-up of the board. */
  application: Figure | null;
  /** RAM: the most of it in one piece, with Wi-Fi off; where it is not given, all of it. */
  largestBlock?: Figure | null;
  /** RAM outside of the chip. */
  external?: Figure | null;
}

export interface TargetRuntime {
  flashBytes: Figure | null;
  /** Besides linear memory, compiled code and native stack. */
  ramBytes: Figure | null;
  cyclesPerOp: ({ default: Figure | null } & Partial<Record<OpClass, Figure | null>>) | null;
  /** Do ops jump to the next op (true), or call it and grow the native stack? */
  tailCalls: Figure<boolean> | null;
  stackBytesPerDispatch: Figure | null;
  /** Native stack besides nested dispatches. */
  stackBytes: Figure | null;
}

/** The kernels as native code. */
export interface AotRuntime {
  /** Code with the kernels of all kinds of steps: a bundle has those that its model uses. */
  flashBytes: Figure | null;
  /** Besides linear memory and native stack. */
  ramBytes: Figure | null;
  stackBytes: Figure | null;
  /** Per unit of work (src/steps/work.ts). */
  instructions: Figure<Work> | null;
  cyclesPerInstruction: Figure | null;
}

export const JS_ENGINES = ['espruino', 'jerryscript'] as const;
export type JsEngine = (typeof JS_ENGINES)[number];

/** How a project for ESP-IDF is set up for a board. */
export interface Esp32Board {
  /** The target of the chip's own development kit. */
  chip: 'esp32' | 'esp32-s3' | 'esp32-c3' | 'esp32-c6' | 'esp32-p4';
  /** PlatformIO's name of the board. */
  platformio: string;
  psram?: 'quad' | 'octal';
  /** Pins of its camera, by the names of the example's menu; -1 where there is none. */
  camera?: Record<string, number>;
}

/** Engine of the JavaScript bundle. */
export interface JsRuntime {
  engine: JsEngine;
  heap: {
    /** Espruino: variables that the firmware is built with. src/budget/espruino-heap.ts has the rules. */
    variables: Figure | null;
    /** Variables that the firmware itself has in use at its prompt. */
    ownVariables: Figure | null;
  } | null;
  /** Cycles by unit of work (src/steps/work.ts). */
  cycles: Record<JsWork, Figure | null> | null;
}

export interface Target {
  id: string;
  name: string;
  core: string;
  clockHz: Figure | null;
  ramBytes: Memory;
  flashBytes: Memory;
  flashMapped: Figure<boolean> | null;
  /** A runtime without a key cannot run on the board; null can, and nothing is known of it yet. */
  runtimes: { wasm3?: TargetRuntime | null; aot?: AotRuntime | null; js?: JsRuntime | null };
  /** Where a bundle is a project for ESP-IDF. */
  esp32?: Esp32Board;
  published: { what: string; milliseconds: Figure | null }[];
  notes: string[];
}

/** Default runtime of a board: wasm3 where it is offered, else the board's JavaScript. */
export function defaultRuntime({ runtimes }: Target): Runtime {
  return RUNTIMES.find((runtime) => runtime in runtimes)!;
}

const SCHEMA = 'schema.json';

let validator: ValidateFunction | undefined;

function validate(): ValidateFunction {
  validator ??= new Ajv({ allErrors: true }).compile(
    JSON.parse(readFileSync(new URL(SCHEMA, targetsDirectory()), 'utf8')),
  );
  return validator;
}

/** Ids of every board, in alphabetical order. */
export function listTargets(): string[] {
  return readdirSync(targetsDirectory())
    .filter((file) => file.endsWith('.json') && file !== SCHEMA)
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/**
 * The board `id`.
 * @throws DepthwiseError UNKNOWN_TARGET with the ids there are, CONFIG_INVALID where the file breaks the schema.
 */
export function loadTarget(id: string): Target {
  const known = listTargets();
  if (!known.includes(id)) throw unknownTarget(id, known.join(', '));
  const file = `${id}.json`;
  return parseTarget(readFileSync(new URL(file, targetsDirectory()), 'utf8'), file);
}

function unknownTarget(id: string, expected: string): DepthwiseError {
  const near = closest(id, listTargets());
  const hint = near ? ` (did you mean ${near}?)` : '';
  return new DepthwiseError('UNKNOWN_TARGET', `no target "${id}"${hint}; expected one of ${expected}`);
}

/** The boards of a list like `esp32,rp2040`, or every one for `all`. Each once, in the order given. */
export function loadTargets(list: string): Target[] {
  const ids = list
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
  if (ids.length === 0) throw new DepthwiseError('USAGE', 'the list of targets is empty: give ids, or all');
  const known = listTargets();
  const unknown = ids.find((id) => id !== 'all' && !known.includes(id));
  if (unknown !== undefined) throw unknownTarget(unknown, `${known.join(', ')}, or all`);
  return [...new Set(ids.flatMap((id) => (id === 'all' ? known : [id])))].map(loadTarget);
}

/**
 * The board that `text`, the content of `file`, describes.
 * @throws DepthwiseError CONFIG_INVALID naming the field.
 */
export function parseTarget(text: string, file: string): Target {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new DepthwiseError('CONFIG_INVALID', `targets/${file} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const check = validate();
  if (!check(json)) {
    throw new DepthwiseError(
      'CONFIG_INVALID',
      `targets/${file}: ${schemaErrors(check)} (targets/${SCHEMA} describes the file)`,
    );
  }
  const target = json as Target;
  const wrong = inconsistencies(target, file);
  if (wrong.length > 0) throw new DepthwiseError('CONFIG_INVALID', `targets/${file}: ${wrong.join('; ')}`);
  return target;
}

/** A validator's complaints, one clause per field; the branches of a null-or-figure are not told apart. */
export function schemaErrors(check: ValidateFunction): string {
  const clauses = (check.errors ?? [])
    .filter((error) => error.keyword !== 'anyOf' && !(error.keyword === 'type' && error.params.type === 'null'))
    .map((error) => {
      const extra = error.params.additionalProperty ?? error.params.allowedValues;
      return `${error.instancePath || '/'} ${error.message}${extra === undefined ? '' : ` (${extra})`}`;
    });
  return [...new Set(clauses)].join('; ');
}

/** Checks beyond the schema: the id is the file's name, and low <= value <= high. */
function inconsistencies(target: Target, file: string): string[] {
  const wrong = target.id === file.replace(/\.json$/, '') ? [] : [`id is "${target.id}", the file is ${file}`];
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    const { value: middle, low = middle, high = middle } = value as Record<string, unknown>;
    if (typeof middle === 'number' && !((low as number) <= middle && middle <= (high as number))) {
      wrong.push(`${path}: ${low} <= ${middle} <= ${high} does not hold`);
    }
    for (const [key, child] of Object.entries(value)) walk(child, `${path}/${key}`);
  };
  walk(target, '');
  return wrong;
}

/** The candidate nearest to `word`, if it is near enough to be a slip: at most a third of its letters differ. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: editDistance(plain(word), plain(candidate)) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best && best.edits <= Math.max(1, Math.floor(plain(best.candidate).length / 3)) ? best.candidate : undefined;
}
