/** An operator is one file: what else of src may name it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { OPERATOR_NAMES } from '../../src/operators/index.js';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

const texts = new Map(
  readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => [path, readFileSync(join(SRC, path), 'utf8')]),
);

/** Passes over filters are about these, and the float edges of a model are the host's; both are named in a few more files. */
const ELSEWHERE = ['CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED', 'TRANSPOSE_CONV', 'QUANTIZE', 'DEQUANTIZE'];
/** The builder of MobileNets writes these. */
const BUILT = ['RELU6', 'RESHAPE', 'SOFTMAX', 'AVERAGE_POOL_2D'];
/** The type of all operators, the record, the names of the schema, and its own. */
const MOST = 4;

for (const name of OPERATOR_NAMES.filter((each) => !ELSEWHERE.includes(each))) {
  test(`${name} is named in ${MOST} files of src at most`, (t) => {
    const word = new RegExp(`\\b${name}\\b`);
    const named = [...texts].filter(([, text]) => word.test(text)).map(([path]) => path);
    const others = BUILT.includes(name) ? named.filter((path) => path !== 'mobilenet/builder.ts') : named;
    t.true(others.length <= MOST, others.join(', '));
  });
}

test('files of operators fit a few screens', (t) => {
  const long = [...texts].filter(([path, text]) => path.startsWith('operators/') && text.split('\n').length > 201);
  t.deepEqual(
    long.map(([path]) => path),
    [],
  );
});
