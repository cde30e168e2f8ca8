/** Answers drawn on pictures. */
import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { answersSvg } from '../../src/report/draw.js';
import { cli, Folder } from '../cli/cli.js';
import { fixture, withFixtures } from '../fixtures.js';

const SHOWN = {
  frame: { width: 100, height: 80, format: 'rgb888', data: new Uint8Array(24000) },
  fit: { part: { left: 0, top: 0, width: 100, height: 80 }, place: { left: 0, top: 0, width: 100, height: 80 } },
} as const;

test('a box that leaves the picture is cut at its border, names are escaped', (t) => {
  const box = { x: -10, y: 70, width: 300, height: 40 };
  const svg = answersSvg([{ label: '<cat> & "co"', index: 0, score: 0.5, ...box, picture: box }], SHOWN);
  t.true(svg.includes('<rect x="0" y="70" width="100" height="10"'));
  t.true(svg.includes('>&#60;cat&#62; &#38; &#34;co&#34; 0.50</text>'));
  const outside = { x: 200, y: 0, width: 10, height: 10 };
  t.false(answersSvg([{ label: 'a', index: 0, score: 1, ...outside, picture: outside }], SHOWN).includes('<rect'));
});

withFixtures(test, 'run --draw: pictures of the same size, as PNG and as SVG', async (t: ExecutionContext) => {
  const folder = new Folder();
  const args = ['run', fixture('models', 'fomo_face_detection.tflite'), '--engine', 'node'];
  const picture = fixture('pictures', 'grace_hopper.bmp');
  t.is((await cli(...args, '--input', picture, '--draw', folder.file('a.png'))).exitCode, 0);
  const { data, info } = await sharp(folder.file('a.png')).raw().toBuffer({ resolveWithObject: true });
  t.deepEqual([info.width, info.height], [512, 600]);
  // The white line of the box of the face.
  const at = (172 * 512 + 280) * info.channels;
  t.true(
    [0, 1, 2].every((c) => data[at + c] > 200),
    [...data.subarray(at, at + 3)].join(),
  );
  const two = ['--input', picture, '--input', fixture('pictures', 'bird.bmp')];
  t.is((await cli(...args, ...two, '--draw', folder.file('b.svg'))).exitCode, 0);
  t.regex(
    readFileSync(folder.file('b-0.svg'), 'utf8'),
    /^<svg [^>]*width="512" height="600".*data:image\/png;base64,.*class 1 1\.00/,
  );
  t.false(readFileSync(folder.file('b-1.svg'), 'utf8').includes('<rect'));
  const wrong = await cli(...args, '--input', picture, '--draw', folder.file('b.jpg'));
  t.is(wrong.exitCode, 2);
});
