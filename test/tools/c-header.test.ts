import { readFileSync } from 'node:fs';
import test from 'ava';
import * as slots from '../../src/format/slot-layout.js';
import * as heads from '../../src/program/head-layout.js';
import * as layout from '../../src/program/layout.js';
import { ALL_KINDS, SMALL_KINDS } from '../../src/steps/index.js';
import { cHeader } from '../../tools/build/c-header.js';

test('firmware-glue/core/dw_format.h is up to date', (t) => {
  t.is(readFileSync(new URL('../../firmware-glue/core/dw_format.h', import.meta.url), 'utf8'), cHeader());
});

/** Of kinds of steps, which are no fields. */
const masks = { ALL_KINDS, SMALL_KINDS };

test('every constant of the layouts is in the header with its value', (t) => {
  const defines = [...cHeader().matchAll(/^#define DW_(\w+) (\w+)u$/gm)].map(([, name, value]) => [
    name,
    Number(value),
  ]);
  t.deepEqual(Object.fromEntries(defines), { ...layout, ...heads, ...slots, ...masks });
});
