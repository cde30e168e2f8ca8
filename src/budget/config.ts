/** depthwise.json: which models must fit which boards under which limits. docs/budget.schema.json is CONFIG_SCHEMA. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { Ajv } from 'ajv';
import { RUNTIMES, type Runtime, schemaErrors } from '../boards/target.js';
import { DepthwiseError } from '../errors.js';
import { parseMilliseconds, parseSize } from './size.js';
import type { Limits } from './verdict.js';

const size = {
  description: 'Bytes, or text such as "128K" or "1.5M"; K is 1024.',
  anyOf: [
    { type: 'integer', minimum: 0 },
    { type: 'string', pattern: '^\\d+(\\.\\d+)?\\s*[KMGkmg]?(i?[Bb])?$' },
  ],
};

const limits = {
  maxFlash: size,
  maxRam: size,
  maxLatency: {
    description: 'Milliseconds, or text such as "250ms" or "1.5s".',
    anyOf: [
      { type: 'number', minimum: 0 },
      { type: 'string', pattern: '^\\d+(\\.\\d+)?\\s*(ms|s)?$' },
    ],
  },
};

export const CONFIG_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Budgets of depthwise: models x targets x limits',
  type: 'object',
  additionalProperties: false,
  required: ['budgets'],
  properties: {
    $schema: { type: 'string' },
    budgets: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['model', 'targets'],
        properties: {
          model: {
            description: 'As on the command line; a file is relative to this one.',
            type: 'string',
            minLength: 1,
          },
          targets: {
            description: 'Target ids, or "all".',
            anyOf: [
              { type: 'string', minLength: 1 },
              { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } },
            ],
          },
          runtime: { enum: [...RUNTIMES] },
          ...limits,
          options: {
            description: "compile's options without their dashes, in camel case: deadChannels for --dead-channels.",
            type: 'object',
            additionalProperties: { type: 'string' },
          },
        },
      },
    },
  },
};

export interface BudgetEntry {
  /** A file path is resolved against the folder of the config file. */
  model: string;
  /** A list as --target takes it. */
  targets: string;
  /** undefined: each board's own, see defaultRuntime. */
  runtime: Runtime | undefined;
  limits: Limits;
  options: Record<string, string>;
}

interface RawEntry {
  model: string;
  targets: string | string[];
  runtime?: Runtime;
  maxFlash?: number | string;
  maxRam?: number | string;
  maxLatency?: number | string;
  options?: Record<string, string>;
}

/**
 * Reads a config file.
 * @throws DepthwiseError INPUT_UNREADABLE, CONFIG_INVALID naming the field.
 */
export function readConfig(file: string): BudgetEntry[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new DepthwiseError('INPUT_UNREADABLE', `cannot read the config ${file}: ${(cause as Error).message}`, {
      cause,
    });
  }
  return parseConfig(text, file);
}

export function parseConfig(text: string, file: string): BudgetEntry[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new DepthwiseError('CONFIG_INVALID', `${file} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const check = new Ajv({ allErrors: true }).compile(CONFIG_SCHEMA);
  if (!check(json)) {
    throw new DepthwiseError('CONFIG_INVALID', `${file}: ${schemaErrors(check)} (docs/budget.md shows the format)`);
  }
  return (json as { budgets: RawEntry[] }).budgets.map((entry) => ({
    model: resolveModel(entry.model, dirname(file)),
    targets: Array.isArray(entry.targets) ? entry.targets.join(',') : entry.targets,
    runtime: entry.runtime,
    limits: {
      ...limit('maxFlash', entry.maxFlash, parseSize),
      ...limit('maxRam', entry.maxRam, parseSize),
      ...limit('maxLatencyMs', entry.maxLatency, parseMilliseconds),
    },
    options: withPaths(entry.options ?? {}, dirname(file)),
  }));
}

function limit(key: keyof Limits, value: number | string | undefined, parse: (text: string) => number): Limits {
  if (value === undefined) return {};
  return { [key]: typeof value === 'number' ? value : parse(value) };
}

function withPaths(options: Record<string, string>, folder: string): Record<string, string> {
  const { labels } = options;
  return labels === undefined || isAbsolute(labels) ? options : { ...options, labels: join(folder, labels) };
}

/** Names of built-in models and `mobilenet:...` are no paths; what has a suffix, a slash or exists is one. */
function resolveModel(model: string, folder: string): string {
  if (isAbsolute(model) || model.startsWith('mobilenet:')) return model;
  const path = join(folder, model);
  return /[\\/]|\.(tflite|onnx|dw)$/i.test(model) || existsSync(path) ? path : model;
}
