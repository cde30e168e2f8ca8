/** bundle.json: what a bundle holds, whole or not, and how it gets onto the board. docs/bundle.md describes it. */
import { Ajv } from 'ajv';
import type { Partition } from '../boards/esp32-flash.js';
import { RUNTIMES, type Runtime, schemaErrors } from '../boards/target.js';
import { DepthwiseError } from '../errors.js';
import type { MadeUp } from '../report/made-up.js';

export const MANIFEST = 'bundle.json';

/** Counts up when a reader of an older version would misunderstand the file. */
export const MANIFEST_VERSION = 1;

/** Kinds of flashing; each is a file in src/flash. `none`: the bundle is built into a firmware by its user. */
export const FLASH_KINDS = ['esp32', 'espruino', 'none'] as const;

/** How a bundle is flashed, with what its kind needs to know besides the files. */
export type FlashPlan = { kind: Exclude<(typeof FLASH_KINDS)[number], 'esp32'> } | Esp32Plan;

/** Images go to addresses in the chip's flash; those of the firmware are where its build puts them. */
export interface Esp32Plan {
  kind: 'esp32';
  /** esptool's name of the chip. */
  chip: string;
  flashBytes: number;
  partitions: Partition[];
}

export interface ManifestFile {
  /** Inside the bundle, with / between folders. */
  path: string;
  bytes: number;
  /** In hexadecimal. */
  sha256: string;
  /** Where flashing puts it: an offset in flash, or a name in the board's storage. Without one it stays on the host. */
  address?: number | string;
}

export interface Manifest extends MadeUp {
  bundle: typeof MANIFEST_VERSION;
  /** Version of the package that wrote it. */
  depthwise: string;
  target: string;
  runtime: Runtime;
  model: string;
  flash: FlashPlan;
  files: ManifestFile[];
}

/** No path leads out of the bundle: names with slashes between, none of them `.` or `..`. */
const PATH = '^(?!\\.{1,2}(/|$))[^/\\\\\\0]+(/(?!\\.{1,2}(/|$))[^/\\\\\\0]+)*$';

const text = { type: 'string', minLength: 1 };

const SCHEMA = {
  type: 'object',
  required: ['bundle', 'depthwise', 'target', 'runtime', 'model', 'flash', 'files'],
  properties: {
    bundle: { type: 'integer' },
    depthwise: text,
    target: text,
    runtime: { enum: [...RUNTIMES] },
    model: { type: 'string' },
    weights: { enum: ['random'] },
    ranges: { enum: ['random'] },
    flash: {
      type: 'object',
      required: ['kind'],
      properties: {
        kind: { enum: [...FLASH_KINDS] },
        chip: text,
        flashBytes: { type: 'integer', minimum: 1 },
        partitions: {
          type: 'array',
          items: {
            type: 'object',
            required: ['name', 'type', 'subtype', 'address', 'bytes'],
            properties: {
              ...{ name: text, type: text, subtype: text },
              address: { type: 'integer', minimum: 0 },
              bytes: { type: 'integer', minimum: 1 },
            },
          },
        },
      },
      if: { properties: { kind: { const: 'esp32' } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { required: ['chip', 'flashBytes', 'partitions'] },
    },
    files: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['path', 'bytes', 'sha256'],
        properties: {
          path: { type: 'string', pattern: PATH },
          bytes: { type: 'integer', minimum: 0 },
          sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
          address: { anyOf: [{ type: 'integer', minimum: 0 }, text] },
        },
      },
    },
  },
};

const AGAIN = 'Write the bundle again with `depthwise bundle`.';

/**
 * The manifest that `json`, the content of `file`, is.
 * @throws DepthwiseError BUNDLE_INVALID naming the field.
 */
export function parseManifest(json: string, file: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new DepthwiseError('BUNDLE_INVALID', `${file} is not JSON: ${(cause as Error).message}. ${AGAIN}`, { cause });
  }
  const version = (value as { bundle?: unknown } | null)?.bundle;
  if (Number.isInteger(version) && version !== MANIFEST_VERSION) {
    throw new DepthwiseError(
      'BUNDLE_INVALID',
      `${file} has version ${version}, expected ${MANIFEST_VERSION}: another version of depthwise wrote it. ${AGAIN}`,
    );
  }
  const check = new Ajv({ allErrors: true }).compile<Manifest>(SCHEMA);
  if (!check(value)) throw new DepthwiseError('BUNDLE_INVALID', `${file}: ${schemaErrors(check)}. ${AGAIN}`);
  return value;
}
