/** FOMO: touching cells are one object, and a public model finds a face. */
import test, { type ExecutionContext } from 'ava';
import { readBlob } from '../../src/format/read.js';
import { answersOf, type DetectionAnswer } from '../../src/heads/answers.js';
import { cliJson } from '../cli/cli.js';
import { fixture, withFixtures } from '../fixtures.js';
import { seededRandom } from '../graph/builder.js';
import { integer, stepless, subject } from './subject.js';

/** Digits are tenths of the threshold; one class beside the background. */
function objects(rows: string[], options: { classes?: string[][] } = {}) {
  const grids = options.classes ?? [rows];
  const [height, width] = [grids[0].length, grids[0][0].length];
  const classes = grids.length + 1;
  const spec = { kind: 'centroids', background: 0, threshold: 0.5 } as const;
  const { blob } = subject(spec, stepless([8 * height, 8 * width], [{ shape: [1, height, width, classes] }]));
  const values = new Int8Array(height * width * classes).fill(-128);
  grids.forEach((grid, index) => {
    grid.forEach((row, y) => {
      [...row].forEach((digit, x) => {
        values[(y * width + x) * classes + 1 + index] = Math.round(25.6 * Number(digit)) - 128;
      });
    });
  });
  return answersOf(readBlob(blob).head!, [values]) as DetectionAnswer[];
}

const boxes = (answers: DetectionAnswer[]) =>
  answers.map(({ index, x, y, width, height }) => [index, x / 8, y / 8, width / 8, height / 8]);

test('cells under the threshold are none', (t) => {
  t.deepEqual(objects(['444', '444']), []);
});

test('cells that touch at an edge or a corner are one object, with the best score', (t) => {
  const found = objects(['60000', '07000', '00900', '00000']);
  t.deepEqual(boxes(found), [[1, 0, 0, 3, 3]]);
  t.is(found[0].score, Math.round(25.6 * 9) / 256);
});

test('arms of a U meet in the last row', (t) => {
  t.deepEqual(boxes(objects(['60006', '60006', '66666'])), [[1, 0, 0, 5, 3]]);
});

test('objects are ordered by score, then class, then place', (t) => {
  const classes = [
    ['60006', '00000', '00800'],
    ['00600', '00000', '00000'],
  ];
  t.deepEqual(boxes(objects([], { classes })), [
    [1, 2, 2, 1, 1],
    [1, 0, 0, 1, 1],
    [1, 4, 0, 1, 1],
    [2, 2, 0, 1, 1],
  ]);
});

/** By flooding, from cell to cell. */
function flooded(over: boolean[][]): string[] {
  const seen = over.map((row) => row.map(() => false));
  const found: string[] = [];
  over.forEach((row, y) => {
    row.forEach((_, x) => {
      let [left, top, right, bottom] = [x, y, x, y];
      let any = false;
      const visit = (v: number, u: number): void => {
        if (!over[v]?.[u] || seen[v][u]) return;
        any = seen[v][u] = true;
        [left, top] = [Math.min(left, u), Math.min(top, v)];
        [right, bottom] = [Math.max(right, u), Math.max(bottom, v)];
        for (const dv of [-1, 0, 1]) for (const du of [-1, 0, 1]) visit(v + dv, u + du);
      };
      visit(y, x);
      if (any) found.push(String([1, left, top, right - left + 1, bottom - top + 1]));
    });
  });
  return found.sort();
}

test('500 random grids against flooding', (t) => {
  const random = seededRandom(44);
  for (let i = 0; i < 500; i++) {
    const [height, width, share] = [integer(random, 1, 12), integer(random, 1, 12), random()];
    const rows = Array.from({ length: height }, () =>
      Array.from({ length: width }, () => (random() < share ? 5 + integer(random, 0, 4) : 0)).join(''),
    );
    const over = rows.map((row) => [...row].map((digit) => Number(digit) >= 5));
    t.deepEqual(boxes(objects(rows)).map(String).sort(), flooded(over).slice(0, 50).sort(), rows.join('\n'));
  }
});

interface Cube {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Widens `cube` by another that touches it, as the SDK does: where its beginning moves, its size stays. */
function swallows(cube: Cube, { x, y, width, height }: Cube): boolean {
  const { x: left, y: top } = cube;
  if (x > left + cube.width || x + width < left || y > top + cube.height || y + height < top) return false;
  cube.x = Math.min(left, x);
  cube.y = Math.min(top, y);
  cube.width = Math.max(cube.width, x + width - cube.x);
  cube.height = Math.max(cube.height, y + height - cube.y);
  return true;
}

/** Edge Impulse's inferencing SDK 1.93: cells join the first box that they touch, row by row; then boxes do, once. */
function edgeImpulse(rows: string[]): string[] {
  const merge = (cubes: Cube[]): Cube[] => {
    const kept: Cube[] = [];
    for (const cube of cubes) if (!kept.some((other) => swallows(other, cube))) kept.push({ ...cube });
    return kept;
  };
  const cells = rows.flatMap((row, y) =>
    [...row].flatMap((digit, x) => (Number(digit) >= 5 ? [{ x, y, width: 1, height: 1 }] : [])),
  );
  return merge(merge(cells)).map(({ x, y, width, height }) => String([1, x, y, width, height]));
}

test('500 grids of rectangles: the boxes of Edge Impulse', (t) => {
  const random = seededRandom(45);
  for (let i = 0; i < 500; i++) {
    const rows = Array.from({ length: 12 }, () => new Array<number>(12).fill(0));
    // A free row or column between them is enough.
    for (const top of [0, 4, 8]) {
      for (const left of [0, 4, 8]) {
        const [height, width] = [integer(random, 0, 3), integer(random, 1, 3)];
        for (let y = top; y < top + height; y++) rows[y].fill(integer(random, 5, 9), left, left + width);
      }
    }
    const digits = rows.map((row) => row.join(''));
    t.deepEqual(boxes(objects(digits)).map(String).sort(), edgeImpulse(digits).sort(), digits.join('\n'));
  }
});

test('where an object grows to the left, or only boxes touch, Edge Impulse differs', (t) => {
  const slanted = ['0006', '0060', '0600'];
  t.deepEqual(boxes(objects(slanted)).map(String), ['1,1,0,3,3']);
  t.deepEqual(edgeImpulse(slanted), ['1,1,0,1,3']);
  const apart = ['6000', '6060', '6000', '6666'];
  t.is(objects(apart).length, 2);
  t.deepEqual(edgeImpulse(apart), ['1,0,0,4,4']);
});

withFixtures(
  test,
  'fomo_face_detection finds the face of a portrait, and none in a picture of a bird',
  async (t: ExecutionContext) => {
    const inputs = ['grace_hopper.bmp', 'bird.bmp'].flatMap((name) => ['--input', fixture('pictures', name)]);
    const model = fixture('models', 'fomo_face_detection.tflite');
    for (const engine of ['node', 'js']) {
      const { answers, head } = await cliJson('run', model, ...inputs, '--engine', engine);
      t.is(head, 'centroids');
      const [[face, ...others], bird] = answers as DetectionAnswer[][];
      t.deepEqual([others, bird], [[], []], engine);
      // The face is 39 pixels wide, its centre at 49,34 of the 96x96 that the model sees.
      const distance = Math.hypot(face.x + face.width / 2 - 49, face.y + face.height / 2 - 34);
      t.true(distance <= 12, `${distance}`);
      t.true(face.score > 0.98);
      t.deepEqual(face.picture, { x: 213.3125, y: 172, width: 128, height: 85.3125 });
    }
  },
);
