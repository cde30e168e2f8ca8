/**
 * Damaged .dw files: whatever the bytes, a host either refuses the file or runs it to its end, and nothing but a
 * DepthwiseError comes out. Half of the files get a CRC that fits again, so that the checks behind it are reached.
 */
import test from 'ava';
import { asset } from '../../src/assets.js';
import { compile } from '../../src/compile.js';
import { openJs } from '../../src/engines/js.js';
import { openNode } from '../../src/engines/node.js';
import { openWasm3 } from '../../src/engines/wasm3.js';
import { DepthwiseError } from '../../src/errors.js';
import { readBlob } from '../../src/format/read.js';
import { buildMobileNet } from '../../src/mobilenet/builder.js';
import { parseSpec } from '../../src/mobilenet/topology.js';
import { seededRandom } from '../graph/builder.js';
import { makeGraph } from '../graphs.js';
import { stepFiles } from '../steps/files.js';
import { fullFiles } from '../steps/full-programs.js';
import { mutated, repaired } from './damaged.js';

const MUTATIONS = 4000;
/** Of the files that the host accepts, the ones that also run in wasm3 and in the JavaScript runtime. */
const OTHER_ENGINES = 3;
const OP_LIMIT = 5e7;

const kernels = asset('kernels-full.wasm');

/** Files of every kind of step: random graphs and programs, and a small MobileNet. */
function originals(): Uint8Array[] {
  const random = seededRandom(77);
  const integer = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  const plans = [{}, { memory: 'min' }, {}, { memory: 'min', frame: 'rows' }] as const;
  const blobs = Array.from({ length: 40 }, (_, i) => compile(makeGraph({ integer }, i + 1, 6), plans[i % 4]).blob);
  return [
    ...blobs,
    ...stepFiles(),
    ...fullFiles(30),
    compile(buildMobileNet(parseSpec('mobilenet:0.25@16x16x1,2'))).blob,
  ];
}

test('a damaged file is refused, or runs to its end', (t) => {
  const blobs = originals();
  const random = seededRandom(99);
  const outcomes = new Map<string, number>();
  /** Runs `action`; counts what came of it. */
  const attempt = (what: string, action: () => void): boolean => {
    let outcome = 'done';
    try {
      action();
    } catch (error) {
      if (!(error instanceof DepthwiseError)) throw error;
      outcome = error.code;
    }
    outcomes.set(`${what} ${outcome}`, (outcomes.get(`${what} ${outcome}`) ?? 0) + 1);
    return outcome === 'done';
  };
  let accepted = 0;
  for (let i = 0; i < MUTATIONS; i++) {
    const blob = blobs[i % blobs.length];
    const damaged = mutated(blob, blobs[Math.floor(random() * blobs.length)], random);
    if (i % 8 !== 0) repaired(damaged);
    let inputs: Uint8Array[] = [];
    const readable = attempt('read', () => {
      const contents = readBlob(damaged);
      inputs = contents.inputs.map(({ bytes }) => new Uint8Array(bytes).fill(i));
    });
    if (readable) attempt('node', () => openNode(damaged, kernels).run(inputs));
    if (readable ? accepted++ % OTHER_ENGINES !== 0 : i % 20 !== 0) continue;
    attempt('wasm3', () => openWasm3(damaged, kernels, { opLimit: OP_LIMIT }).run(inputs));
    attempt('js', () => openJs(damaged).run(inputs));
  }
  t.log(Object.fromEntries([...outcomes].sort()));
  // The test would be worth little if the first check caught everything, or nothing.
  t.true(outcomes.get('read BLOB_INVALID')! > MUTATIONS / 10);
  t.true(outcomes.get('node done')! > MUTATIONS / 10);
});
