/**
 * Damaged .dw files on the runtime's own checks, which a board has no host in front of: whatever the bytes, each build refuses
 * the file or runs it to its end, and nothing but an Error with one of its codes comes out. A run without end meets the time limit
 * of ava. All files have a CRC that fits.
 */
import test from 'ava';
import type { Net } from '../../src/board-js/net.js';
import { type CompileOptions, compile } from '../../src/compile.js';
import * as L from '../../src/program/layout.js';
import { STEP_KINDS } from '../../src/steps/index.js';
import { edited, mutated, repaired } from '../format/damaged.js';
import { GraphBuilder, seededRandom } from '../graph/builder.js';
import { makeGraph } from '../graphs.js';
import { stepFiles } from '../steps/files.js';
import { fullFiles } from '../steps/full-programs.js';
import { asModule, type Runtime } from './engine.js';
import { E } from './espruino.js';

const MUTANTS = 2000;
/** Codes of src/board-js/fail.ts. */
const CODES = ['MAGIC', 'VERSION', 'CRC', 'TRUNCATED', 'LAYOUT', 'KIND', 'MEMORY', 'LENGTH', 'ORDER'];

const FULL = Object.keys(STEP_KINDS).map(Number);
const BUILDS: Record<string, { runtime: Runtime; kinds: number[] }> = {
  full: { runtime: asModule('depthwise.js'), kinds: FULL },
  'full on Espruino': { runtime: asModule('depthwise.js', { E }), kinds: FULL },
  mobilenet: { runtime: asModule('depthwise.mobilenet.js'), kinds: [1, 2, 3, 5, 9, 11, 12] },
  'mobilenet on Espruino': {
    runtime: asModule('depthwise.mobilenet.espruino.js', { E }),
    kinds: [1, 2, 3, 5, 9, 11, 12],
  },
};

/** Every layer of a MobileNet, small enough to run thousands of times. */
function small(options: CompileOptions = {}): Uint8Array {
  const b = new GraphBuilder(seededRandom(12));
  const x = b.depthwise(b.conv(b.input([1, 6, 6, 3]), 4, { activation: 'relu' }), 1, { activation: 'relu' });
  const y = b.fullyConnected(b.mean(b.conv(x, 5), true), 5);
  return compile(b.graph([b.probabilities({ op: 'SOFTMAX', beta: 1 }, y)]), options).blob;
}

const mobilenet = small();

/** Files of every kind of step, and two MobileNets, of which every build runs the steps. */
function originals(): Uint8Array[] {
  const random = seededRandom(78);
  const integer = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  const plans = [{}, { memory: 'min' }, {}, { memory: 'min', frame: 'rows' }] as const;
  const blobs = Array.from({ length: 16 }, (_, i) => compile(makeGraph({ integer }, i + 1, 6), plans[i % 4]).blob);
  return [...blobs, ...stepFiles(), ...fullFiles(16), mobilenet, small({ memory: 'min', frame: 'rows' })];
}

/** One inference, however the network takes its input, and what it saw. */
function infer(net: Net, blob: Uint8Array): void {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const port = view.getUint32(L.H_PORTS_OFFSET, true);
  const rowBytes = view.getUint32(port + L.P_ROW_BYTES, true);
  if (rowBytes === 0) net.classify(net.input());
  else for (let row = 0; row < 300 && !net.push(new Uint8Array(Math.min(rowBytes, 70_000))); row++);
  net.top(3);
}

function outcomeOf(action: () => void): string {
  try {
    action();
    return 'done';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

for (const [name, { runtime, kinds }] of Object.entries(BUILDS)) {
  test(`${name}: a kind of step that is none, or that the build leaves out, is refused`, (t) => {
    const step = new DataView(mobilenet.buffer, mobilenet.byteOffset).getUint32(L.H_STEPS_OFFSET, true);
    for (const kind of [...Array(256).keys(), 256, 257, 0x10001, 0x7fffffff, 0x80000001, 0xffffffff]) {
      const file = edited(mobilenet, (view) => {
        view.setUint32(step + L.S_KIND, kind, true);
        view.setUint16(step + L.S_FLAGS, L.STEP_THREE_BY_THREE, true);
      });
      const outcome = outcomeOf(() => runtime.open(file));
      if (kinds.includes(kind)) t.not(outcome, 'KIND', `kind ${kind}`);
      else t.is(outcome, 'KIND', `kind ${kind}`);
    }
  });

  test(`${name}: a damaged file is refused with a code, or runs to its end`, (t) => {
    const blobs = originals();
    const random = seededRandom(100 + kinds.length);
    const outcomes = new Map<string, number>();
    const count = (what: string) => outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
    for (let i = 0; i < MUTANTS; i++) {
      const blob = i % 2 ? blobs[i % blobs.length] : blobs[blobs.length - 1 - ((i / 2) % 2)];
      const file = repaired(mutated(blob, blobs[Math.floor(random() * blobs.length)], random));
      let net: Net | undefined;
      const read = (offset: number, bytes: number) => file.subarray(offset, offset + bytes);
      const opened = outcomeOf(() => {
        net = runtime.open(i % 3 ? file : { length: file.length, read });
      });
      count(`open ${opened}`);
      if (net) count(`run ${outcomeOf(() => infer(net as Net, file))}`);
    }
    t.log(Object.fromEntries([...outcomes].sort()));
    const known = new Set(['done', ...CODES].flatMap((code) => [`open ${code}`, `run ${code}`]));
    t.deepEqual(
      [...outcomes.keys()].filter((outcome) => !known.has(outcome)),
      [],
    );
    // The test would be worth little if opening refused everything, or nothing.
    t.true(outcomes.get('open LAYOUT')! > MUTANTS / 20);
    t.true(outcomes.get('run done')! > MUTANTS / 10);
  });
}
