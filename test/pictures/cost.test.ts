/** What budget prices a frame by, against the counts of docs/pictures.md. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { type CameraFrame, cameraFrame, frameInstructions } from '../../src/pictures/cost.js';

test('frames that the example asks a camera for cost what the page says, within 40 %', (t) => {
  const text = readFileSync(new URL('../../docs/pictures.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| (grey|rgb565be) (\d+)x(\d+) \| (\d+)x(\d+)x(\d) \| ([\d.]+) M/gm)];
  t.is(rows.length, 6);
  for (const [row, format, ...numbers] of rows) {
    const [width, height, inputWidth, inputHeight, channels, millions] = numbers.map(Number);
    const frame = { width, height, format } as CameraFrame;
    const priced = frameInstructions(frame, { width: inputWidth, height: inputHeight, channels }) / 1e6;
    t.true(Math.abs(priced / millions - 1) < 0.4, `${row}: ${priced}`);
  }
});

test('the frame is the smallest that holds the input', (t) => {
  t.deepEqual(cameraFrame({ height: 96, width: 80, channels: 1 }), { width: 96, height: 96, format: 'grey' });
  t.deepEqual(cameraFrame({ height: 97, width: 80, channels: 3 }), { width: 240, height: 240, format: 'rgb565be' });
  t.deepEqual(cameraFrame({ height: 300, width: 300, channels: 3 }), { width: 640, height: 480, format: 'rgb565be' });
});
