/** A head described in a file, for models whose shapes do not say enough: docs/heads.md. */
import { Ajv } from 'ajv';
import { DepthwiseError } from '../errors.js';
import { type HeadSpec, YOLO_VERSIONS } from '../graph/head.js';
import { MOST_ANSWERS } from '../program/head-layout.js';

const probability = { type: 'number', minimum: 0, maximum: 1 };
const most = { type: 'integer', minimum: 1, maximum: MOST_ANSWERS };

const fields = (kind: string, properties: object, required: string[] = []) => ({
  type: 'object',
  additionalProperties: false,
  required: ['kind', ...required],
  properties: { kind: { const: kind }, ...properties },
});

const pair = (items: object) => ({ type: 'array', minItems: 2, maxItems: 2, items });
const anchor = pair({ type: 'number', exclusiveMinimum: 0 });
const grids = { type: 'array', items: { type: 'array', minItems: 1, items: anchor } };

const SCHEMAS: Record<string, object> = {
  none: fields('none', {}),
  classify: fields('classify', {}),
  centroids: fields('centroids', { background: { type: 'integer', minimum: -1 }, threshold: probability, most }, [
    'background',
  ]),
  yolo: fields(
    'yolo',
    {
      version: { enum: [...YOLO_VERSIONS] },
      anchors: grids,
      activated: { type: 'boolean' },
      overlap: probability,
      threshold: probability,
      most,
    },
    ['version'],
  ),
  embed: fields('embed', { threshold: probability }),
  locate: fields(
    'locate',
    {
      cells: { type: 'array', minItems: 1, items: pair({ type: 'number', minimum: -180, maximum: 180 }) },
      most,
      near: { type: 'integer', minimum: 0, maximum: 20_000 },
    },
    ['cells'],
  ),
};

const ajv = new Ajv({ allErrors: true });

/**
 * @param place of the text, for messages.
 * @throws DepthwiseError CONFIG_INVALID.
 */
export function parseHeadFile(text: string, place: string): HeadSpec {
  const fail = (found: string) =>
    new DepthwiseError('CONFIG_INVALID', `${place}: ${found}. docs/heads.md has the fields of a head.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw fail(`this is no JSON: ${(cause as Error).message}`);
  }
  const kind = String((value as { kind?: unknown } | null)?.kind);
  const schema = SCHEMAS[kind];
  if (!schema) throw fail(`kind ${kind}, expected one of ${Object.keys(SCHEMAS).join(', ')}`);
  if (!ajv.validate(schema, value)) throw fail(ajv.errorsText(ajv.errors, { dataVar: 'head' }));
  return value as HeadSpec;
}
