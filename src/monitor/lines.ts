/** Output of a board on its serial port: lines of JSON with answers, and everything else, which is its log. */
import { Ajv, type JSONSchemaType } from 'ajv';
import type { Answer } from '../heads/answers.js';
import { answerLines } from '../report/answers.js';

/** One picture, as the example of a bundle tells of it. */
export interface Told {
  /** Milliseconds from the picture to its answers. */
  ms: number;
  answers: Answer[];
}

/** A line without an end is given up after so many characters. */
const LONGEST = 65_536;

/** Whole lines out of pieces of them. */
export class Lines {
  private readonly decoder = new TextDecoder();
  private rest = '';

  /** Lines that end in this piece, without their ends. */
  push(bytes: Uint8Array): string[] {
    const lines = (this.rest + this.decoder.decode(bytes, { stream: true })).split(/\r?\n/);
    this.rest = lines.pop()!;
    if (this.rest.length > LONGEST) lines.push(this.end());
    return lines;
  }

  /** Text behind the last line. */
  end(): string {
    const { rest } = this;
    this.rest = '';
    return rest;
  }
}

const number = { type: 'number' } as const;
const label = { type: ['string', 'null'] };
const fields = (properties: Record<string, object>) => ({ properties, required: Object.keys(properties) });
const box = { x: number, y: number, width: number, height: number };

/** Fields of src/heads/answers.ts, as far as they are printed. */
const TOLD = {
  type: 'object',
  required: ['ms', 'answers'],
  properties: {
    ms: number,
    answers: {
      type: 'array',
      items: {
        type: 'object',
        anyOf: [
          {
            ...fields({ label, index: number, score: number }),
            not: { anyOf: Object.keys(box).map((name) => ({ required: [name] })) },
          },
          fields({ label, index: number, score: number, ...box }),
          fields({ label: { type: 'string' }, similarity: number }),
          fields({ latitude: number, longitude: number, radiusKm: number, score: number }),
        ],
      },
    },
  },
} as unknown as JSONSchemaType<Told>;

const isTold = new Ajv({ allowUnionTypes: true, strictTypes: false, strictRequired: false }).compile(TOLD);

/** Answers of a line to a picture; undefined where it is no such line. */
export function told(line: string): Told | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isTold(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Answers in one line, in the words of `run`. */
export const toldText = ({ ms, answers }: Told): string =>
  `${ms.toFixed(1)} ms  ${answerLines(answers).replaceAll('\n', '; ')}`;
