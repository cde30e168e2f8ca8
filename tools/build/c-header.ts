/**
 * Writes the constants of src/program/layout.ts, head-layout.ts and src/format/slot-layout.ts, and the conditions of src/format/calls.ts,
 * as a C header, so that the firmware and the compiler cannot disagree about the .dw file. The header is committed: a board
 * build needs no Node.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { CALLS_SECTION, CONDITIONS, KINDS_SECTION } from '../../src/format/calls.js';
import * as slots from '../../src/format/slot-layout.js';
import * as heads from '../../src/program/head-layout.js';
import * as layout from '../../src/program/layout.js';
import { ALL_KINDS, SMALL_KINDS } from '../../src/steps/index.js';

const HEADER = new URL('../../firmware-glue/core/dw_format.h', import.meta.url);

/** Text of dw_format.h: one `#define DW_<NAME> <value>u` for each constant of the layout, then the rules. */
export function cHeader(): string {
  const constants: [string, number][] = [layout, heads, slots].flatMap((each) => Object.entries(each));
  if (new Set(constants.map(([name]) => name)).size < constants.length) throw new Error('Two constants have one name.');
  constants.sort(([, a], [, b]) => a - b);
  constants.sort(([a], [b]) => (group(a) < group(b) ? -1 : Number(group(a) > group(b))));
  const defines = constants.map(([name, value], i) => {
    const gap = i > 0 && group(constants[i - 1][0]) !== group(name) ? '\n' : '';
    return `${gap}#define DW_${name} ${value > 0xffff ? `0x${value.toString(16)}` : value}u\n`;
  });
  return [
    '/* The .dw file: written by tools/build/c-header.ts from src/program: layout.ts, head-layout.ts, and src/format:\n',
    ' * slot-layout.ts, calls.ts, which explain every field. Do not edit: run npm run build. */\n',
    '#ifndef DW_FORMAT_H\n#define DW_FORMAT_H\n\n',
    ...defines,
    kindMasks(),
    callRules(),
    '\n#endif\n',
  ].join('');
}

/** Kinds that there are, and those that the small builds have, 1 << KIND_* each; and a module's section that says which it has. */
function kindMasks(): string {
  const masks = { ALL_KINDS, SMALL_KINDS };
  const defines = Object.entries(masks).map(([name, mask]) => `#define DW_${name} 0x${(mask >>> 0).toString(16)}u\n`);
  return `\n${defines.join('')}#define DW_KINDS_SECTION ${sectionName(KINDS_SECTION)}\n`;
}

/** With its length in front, as in a module. */
const sectionName = (name: string): string => `"\\${name.length.toString(8).padStart(3, '0')}${name}"`;

/** The section's name; and initialisers: number of the condition, kinds, field, mask, and whether bits of it are set. */
function callRules(): string {
  const rules = Object.entries(CONDITIONS).flatMap(([name, rules], i) =>
    rules.map(({ kinds, field, mask, set }) => {
      const numbers = [i + 1, `0x${(kinds >>> 0).toString(16)}u`, field, `0x${mask.toString(16)}u`, Number(set)];
      return ` \\\n    /* ${name} */ {${numbers.join(', ')}}`;
    }),
  );
  return `\n#define DW_CALLS_SECTION ${sectionName(CALLS_SECTION)}\n#define DW_CALL_RULES${rules.join(',')}\n`;
}

/** Rewrites the header where it is out of date. */
export async function writeCHeader(): Promise<void> {
  const text = cHeader();
  const old = await readFile(HEADER, 'utf8').catch(() => '');
  if (old !== text) await writeFile(HEADER, text);
}

/** H, P, T, S, STATE, KIND, ...: what stands before the first underscore; single words form the first group. */
function group(name: string): string {
  return name.includes('_') ? name.slice(0, name.indexOf('_')) : '';
}
