/** Lines of a board: which of them are answers, and how they read. */
import test from 'ava';
import fc from 'fast-check';
import { Lines, told, toldText } from '../../src/monitor/lines.js';

const shown = (line: string): string | undefined => {
  const picture = told(line);
  return picture && toldText(picture);
};

test('answers read as run prints them', (t) => {
  const face = '{"label":"face","index":1,"score":0.98,"x":40,"y":24,"width":24,"height":16}';
  t.is(shown(`{"ms":12.3,"answers":[${face},${face}]}`), '12.3 ms  face 0.98 at 40,24 24x16; face 0.98 at 40,24 24x16');
  t.is(shown('{"ms":5,"answers":[]}'), '5.0 ms  nothing found');
  t.is(shown('{"ms":5,"answers":[{"label":null,"index":3,"score":0.5}]}'), '5.0 ms  class 3 0.50');
  t.is(shown('{"ms":5,"answers":[{"label":"ada","similarity":0.91}]}'), '5.0 ms  ada 0.91');
  const place = '{"latitude":48.857,"longitude":2.352,"radiusKm":120,"score":0.71}';
  t.is(shown(`{"ms":5,"answers":[${place}]}`), '5.0 ms  48.8570, 2.3520 within 120 km, 0.71');
});

test('what is no such line is log', (t) => {
  for (const line of [
    '',
    'I (312) example: model 1',
    '{"ms":5',
    '{"ms":"5","answers":[]}',
    '{"answers":[]}',
    '[1]',
    'null',
    '{"ms":5,"answers":[{"label":"a"}]}',
    '{"ms":5,"answers":[{"label":"a","index":0,"score":1,"x":1,"width":3}]}',
    '{"ms":5,"answers":[{"label":7,"index":0,"score":1}]}',
  ]) {
    t.is(told(line), undefined, line);
  }
});

test('lines come whole, however they are cut into pieces', (t) => {
  const lines = ['{"ms":1,"answers":[]}', 'Größe ねこ', '', 'end'];
  const bytes = new TextEncoder().encode(`${lines.slice(0, -1).join('\r\n')}\r\n${lines.at(-1)}`);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 8 }), (cuts) => {
      const ends = [...cuts.sort((a, b) => a - b), bytes.length];
      const reader = new Lines();
      const found = ends.flatMap((end, i) => reader.push(bytes.subarray(ends[i - 1] ?? 0, end)));
      t.deepEqual([...found, reader.end()], lines);
    }),
  );
});

test('a line without an end does not grow for ever', (t) => {
  const reader = new Lines();
  t.deepEqual(reader.push(new Uint8Array(65_536).fill(97)), []);
  t.is(reader.push(Uint8Array.of(97))[0].length, 65_537);
  t.is(reader.end(), '');
});
