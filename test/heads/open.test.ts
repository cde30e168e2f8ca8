/** Heads in files: what is written is read, and nothing that cannot be is opened. */
import test from 'ava';
import { DepthwiseError } from '../../src/errors.js';
import { readBlob } from '../../src/format/read.js';
import { answersOf } from '../../src/heads/answers.js';
import * as L from '../../src/program/layout.js';
import { repaired } from '../format/damaged.js';
import { seededRandom } from '../graph/builder.js';
import { randomOutputs, SUBJECTS, spoiled } from './subject.js';

for (const [kind, make] of Object.entries(SUBJECTS)) {
  test(`${kind}: a file that is written opens, with its head`, (t) => {
    const random = seededRandom(41);
    for (let i = 0; i < 30; i++) {
      const { blob } = make(random);
      t.is(readBlob(blob).head?.name, kind.split(' ')[0] as never);
    }
  });

  test(`${kind}: a head that was changed is refused, or still gives answers`, (t) => {
    const random = seededRandom(42);
    let refused = 0;
    for (let i = 0; i < 600; i++) {
      const subject = make(random);
      const view = new DataView(subject.blob.buffer);
      const [offset, length] = [L.H_HEAD_OFFSET, L.H_HEAD_BYTES].map((field) => view.getUint32(field, true));
      const changed = repaired(spoiled(subject.blob, random, { offset, length }));
      try {
        const { head } = readBlob(changed);
        const outputs = randomOutputs(subject, random).map((bytes) => new Int8Array(bytes.buffer));
        for (const answer of answersOf(head!, outputs)) {
          for (const [field, value] of Object.entries(answer))
            t.true(typeof value !== 'number' || Number.isFinite(value), `${kind} ${i}: ${field} ${value}`);
        }
      } catch (error) {
        if (!(error instanceof DepthwiseError)) throw error;
        t.is(error.code, 'BLOB_INVALID');
        refused++;
      }
    }
    t.true(refused > 100, `${refused}`);
  });

  test(`${kind}: a head that is cut short is refused`, (t) => {
    const { blob } = make(seededRandom(43));
    const view = new DataView(blob.buffer);
    const bytes = view.getUint32(L.H_HEAD_BYTES, true);
    for (let length = bytes - 4; length > 0; length -= 4) {
      view.setUint32(L.H_HEAD_BYTES, length, true);
      t.throws(() => readBlob(repaired(blob)), { code: 'BLOB_INVALID' }, `${length}`);
    }
  });
}
