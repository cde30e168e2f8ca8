import test from 'ava';
import fc from 'fast-check';
import { fitFrame, isPossible, toFrame } from '../../src/pictures/fit.js';

const size = (width: number, height: number) => ({ width, height });
const at = (left: number, top: number, width: number, height: number) => ({ left, top, width, height });

test('crop: the middle of the frame in the aspect ratio of the model', (t) => {
  const part = (frame: [number, number], input: [number, number]) =>
    fitFrame(size(...frame), size(...input), 'crop').part;
  t.deepEqual(part([512, 341], [96, 96]), at(85, 0, 341, 341));
  t.deepEqual(part([512, 600], [96, 96]), at(0, 44, 512, 512));
  t.deepEqual(part([100, 100], [96, 48]), at(0, 25, 100, 50));
  t.deepEqual(part([3, 1000], [4096, 1]), at(0, 499, 3, 1));
  t.deepEqual(fitFrame(size(512, 341), size(96, 96), 'crop').place, at(0, 0, 96, 96));
});

test('letterbox: all of the frame, in the middle of the input', (t) => {
  const fit = fitFrame(size(640, 480), size(96, 96), 'letterbox');
  t.deepEqual(fit, { part: at(0, 0, 640, 480), place: at(0, 12, 96, 72) });
  t.deepEqual(fitFrame(size(100, 300), size(97, 96), 'letterbox').place, at(32, 0, 32, 96));
  t.deepEqual(fitFrame(size(96, 96), size(96, 96), 'letterbox').place, at(0, 0, 96, 96));
});

test('a fit is inside both, and has their shapes within a pixel', (t) => {
  const side = fc.integer({ min: 1, max: 65535 });
  fc.assert(
    fc.property(
      side,
      side,
      side,
      side,
      fc.constantFrom('crop' as const, 'letterbox' as const),
      (w, h, toW, toH, fit) => {
        const { part, place } = fitFrame(size(w, h), size(toW, toH), fit);
        for (const [inner, outer] of [
          [part, size(w, h)],
          [place, size(toW, toH)],
        ] as const) {
          t.true(inner.left >= 0 && inner.top >= 0 && inner.width >= 1 && inner.height >= 1);
          t.true(inner.left + inner.width <= outer.width && inner.top + inner.height <= outer.height);
          t.true(Math.abs(outer.width - inner.width - 2 * inner.left) <= 1);
          t.true(Math.abs(outer.height - inner.height - 2 * inner.top) <= 1);
        }
        t.true(part.width === w || part.height === h);
        t.true(place.width === toW || place.height === toH);
      },
    ),
    { numRuns: 500 },
  );
});

test('shrinking 256 times is the most', (t) => {
  t.true(isPossible(fitFrame(size(24576, 24576), size(96, 96), 'crop')));
  t.false(isPossible(fitFrame(size(24577, 24577), size(96, 96), 'crop')));
});

test('boxes return to the frame: the whole input is the part that went in', (t) => {
  const box = { x: 0, y: 0, width: 16 * 96, height: 16 * 96 };
  const crop = fitFrame(size(640, 480), size(96, 96), 'crop');
  t.deepEqual(toFrame(crop, box), { x: 16 * 80, y: 0, width: 16 * 480, height: 16 * 480 });
  // With its bars: as much above the frame and below it.
  const letterbox = fitFrame(size(640, 480), size(96, 96), 'letterbox');
  t.deepEqual(toFrame(letterbox, box), { x: 0, y: -16 * 80, width: 16 * 640, height: 16 * 640 });
});

test('a point that goes into the input comes back within half a pixel of the frame, or of the input', (t) => {
  const side = fc.integer({ min: 1, max: 2000 });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      side,
      side,
      side,
      side,
      fc.constantFrom('crop' as const, 'letterbox' as const),
      share,
      (w, h, toW, toH, name, s) => {
        const fit = fitFrame(size(w, h), size(toW, toH), name);
        const x = fit.part.left + s * fit.part.width;
        const inInput = fit.place.left + ((x - fit.part.left) * fit.place.width) / fit.part.width;
        const { x: back } = toFrame(fit, { x: Math.round(16 * inInput), y: 0, width: 0, height: 0 });
        t.true(Math.abs(back / 16 - x) <= (0.5 + (0.5 * fit.part.width) / fit.place.width) / 16 + 1e-9);
      },
    ),
    { numRuns: 500 },
  );
});
