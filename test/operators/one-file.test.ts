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

/** The float edges of a model are the host's, and named in a few more files. */
const ELSEWHERE = ['QUANTIZE', 'DEQUANTIZE'];
/** The builder of MobileNets, and what becomes of ONNX operators, write layers of these. */
const BUILT = ['RELU6', 'RESHAPE', 'SOFTMAX', 'AVERAGE_POOL_2D', 'CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED'];
const BUILDERS = [/^mobilenet\/builder\.ts$/, /^onnx\/affine\.ts$/, /^operators\/translate-.*\.ts$/];
/** The type of all operators, the record, the names of the schema, and its own. */
const MOST = 4;
/** Lines of a file of src/operators: below, it says too little of what it computes and refuses; above, it is two jobs. */
const LINES = [30, 200];

for (const name of OPERATOR_NAMES.filter((each) => !ELSEWHERE.includes(each))) {
  test(`${name} is named in ${MOST} files of src at most`, (t) => {
    const word = new RegExp(`\\b${name}\\b`);
    const named = [...texts].filter(([, text]) => word.test(text)).map(([path]) => path);
    const others = BUILT.includes(name) ? named.filter((path) => !BUILDERS.some((each) => each.test(path))) : named;
    t.true(others.length <= MOST, others.join(', '));
  });
}

test(`files of operators have ${LINES.join(' to ')} lines`, (t) => {
  for (const [path, text] of texts) {
    if (!path.startsWith('operators/')) continue;
    const lines = text.split('\n').length - 1;
    t.true(lines >= LINES[0] && lines <= LINES[1], `${path}: ${lines}`);
  }
});
