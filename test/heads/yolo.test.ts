/** YOLO from a model to answers: a public detector, and models of each version whose weights give known boxes. */
import test, { type ExecutionContext } from 'ava';
import { compile } from '../../src/compile.js';
import { openRunner } from '../../src/engines/run.js';
import { readBlob } from '../../src/format/read.js';
import { answersOf, type DetectionAnswer } from '../../src/heads/answers.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { readInputs } from '../../src/input/read.js';
import { cli, cliJson, Folder } from '../cli/cli.js';
import { fixture, readFixture, withFixtures } from '../fixtures.js';
import { GraphBuilder, seededRandom } from '../graph/builder.js';
import { bmp } from '../input/pictures.js';

const logistic = (t: number): number => 1 / (1 + Math.exp(-t));

/** TinyEngine's detection_config.json, in the order of the outputs. */
const ANCHORS: [number, number][][] = [
  [
    [116, 90],
    [156, 198],
    [373, 326],
  ],
  [
    [30, 61],
    [62, 45],
    [59, 119],
  ],
  [
    [10, 13],
    [16, 30],
    [33, 23],
  ],
];
const STRIDES = [32, 16, 8];

interface FloatBox {
  score: number;
  /** Left, top, right, bottom. */
  edges: number[];
}

function intersectionOverUnion(a: number[], b: number[]): number {
  const area = ([left, top, right, bottom]: number[]): number => Math.max(0, right - left) * Math.max(0, bottom - top);
  const shared = area([Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]);
  return shared / (area(a) + area(b) - shared);
}

/** Yolo3Output of one class, as TinyEngine's yoloOutput.c describes it, in floating point. */
function decoded(grids: number[][], [height, width]: number[], threshold: number, overlap: number): FloatBox[] {
  const all = grids.flatMap((values, grid) => {
    const stride = STRIDES[grid];
    const columns = width / stride;
    return Array.from({ length: (columns * height * 3) / stride }, (_, box) => {
      const [x, y, w, h, object, person] = values.slice(6 * box, 6 * box + 6);
      const cell = Math.floor(box / 3);
      const [anchorWidth, anchorHeight] = ANCHORS[grid][box % 3];
      const centre = [((cell % columns) + logistic(x)) * stride, (Math.floor(cell / columns) + logistic(y)) * stride];
      const half = [(Math.exp(w) * anchorWidth) / 2, (Math.exp(h) * anchorHeight) / 2];
      return {
        score: logistic(object) * logistic(person),
        edges: [centre[0] - half[0], centre[1] - half[1], centre[0] + half[0], centre[1] + half[1]],
      };
    });
  });
  const kept: FloatBox[] = [];
  for (const box of all.filter(({ score }) => score >= threshold).sort((a, b) => b.score - a.score)) {
    if (kept.every(({ edges }) => intersectionOverUnion(edges, box.edges) <= overlap)) kept.push(box);
  }
  return kept;
}

withFixtures(test, 'person_boxes_mcunet: the boxes of TinyEngine on five pictures', async (t: ExecutionContext) => {
  const graph = importTflite(readFixture('models', 'person_boxes_mcunet.tflite'));
  // Outputs of the file: cells of 32, 16 and 8 pixels. Its own threshold is 0.15, suppression 0.45.
  const compiled = compile(graph, { head: { kind: 'yolo', version: 'v3', threshold: 0.15, overlap: 0.45 } });
  const { head, inputs, outputs: ports } = readBlob(compiled.blob);
  const runner = openRunner(graph, compiled, 'node');
  let count = 0;
  for (const name of ['person', 'no_person', 'cat', 'bird', 'grace_hopper']) {
    const { records } = await readInputs(fixture('pictures', `${name}.bmp`), inputs[0]);
    const reals = runner.run([records[0]]).map((bytes) => [...new Float32Array(bytes.slice().buffer)]);
    const values = reals.map((list, i) => list.map((v) => Math.round(v / ports[i].scale) + ports[i].zeroPoint));
    const found = answersOf(head!, values) as DetectionAnswer[];
    const expected = decoded(reals, [128, 160], 0.15, 0.45);
    t.is(found.length, expected.length, name);
    count += found.length;
    for (const [i, { x, y, width, height, score }] of found.entries()) {
      t.true(Math.abs(score - expected[i].score) < 2 ** -13, `${name} ${i}: ${score}, ${expected[i].score}`);
      for (const [side, edge] of [x, y, x + width, y + height].entries()) {
        const off = Math.abs(edge - expected[i].edges[side]);
        t.true(off <= 0.125, `${name} ${i}: edge ${side} is ${off} off`);
      }
    }
  }
  t.true(count >= 8, `${count}`);
});

withFixtures(test, 'person_boxes_mcunet finds a person, and none where there is none', async (t: ExecutionContext) => {
  const model = fixture('models', 'person_boxes_mcunet.tflite');
  const inputs = ['person', 'no_person', 'grace_hopper'].flatMap((name) => [
    '--input',
    fixture('pictures', `${name}.bmp`),
  ]);
  for (const engine of ['node', 'js']) {
    const { head, answers } = await cliJson(
      'run',
      model,
      '--head',
      'yolov3',
      '--threshold',
      '0.3',
      ...inputs,
      '--engine',
      engine,
    );
    t.is(head, 'yolo');
    const [[person, ...others], none, [portrait, ...more]] = answers as DetectionAnswer[][];
    t.deepEqual([others, none, more], [[], [], []]);
    // By eye: the person of the first picture, from the hair down to the table.
    const { x, y, width, height } = person.picture!;
    const share = intersectionOverUnion([x, y, x + width, y + height], [24, 16, 74, 72]);
    t.true(share > 0.7, `${share}`);
    t.true(portrait.score > 0.6 && portrait.picture!.width > 400);
  }
});

const ROWS = 4;
const COLUMNS = 6;
const CELL = 16;
/** Values of the output are multiples of it. */
const SCALE = 1 / 16;

/** A channel of the output: a constant, or something between two ends by how bright the cell is. */
type Field = number | [dark: number, bright: number];

/** A model of one convolution: each cell of 16x16 pixels sees its own brightness, 0 to 255/256. */
function cellModel(fields: Field[]): { b: GraphBuilder; output: number } {
  const b = new GraphBuilder(seededRandom(61));
  const pixel = { scale: [1 / 256], zeroPoint: [-128], axis: 0 };
  const input = b.tensor({ shape: [1, ROWS * CELL, COLUMNS * CELL, 1], dtype: 'int8', quantization: pixel });
  b.inputs.push(input);
  const slopes = fields.map((field) => (typeof field === 'number' ? 0 : field[1] - field[0]));
  const scale = Math.max(...slopes.map(Math.abs)) / (127 * CELL * CELL);
  const data = Int8Array.from(slopes.flatMap((slope) => new Array(CELL * CELL).fill(slope / (scale * CELL * CELL))));
  const filter = b.tensor({
    shape: [fields.length, CELL, CELL, 1],
    dtype: 'int8',
    quantization: { scale: [scale], zeroPoint: [0], axis: 0 },
    data,
  });
  const unit = scale / 256;
  const biases = fields.map((field) => Math.round((typeof field === 'number' ? field : field[0]) / unit));
  const bias = b.int32([fields.length], biases, { scale: [Math.fround(unit)], zeroPoint: [0], axis: 0 });
  const output = b.add(
    { op: 'CONV_2D', padding: 'valid', strideH: CELL, strideW: CELL, activation: 'none' },
    [input, filter, bias],
    { scale: [SCALE], zeroPoint: [0], axis: 0 },
  );
  return { b, output };
}

/** Black, but for the cells that are white. */
function picture(...cells: [row: number, column: number][]): Uint8Array {
  const width = COLUMNS * CELL;
  const pixels = new Uint8Array(3 * width * ROWS * CELL);
  for (const [row, column] of cells)
    for (let y = row * CELL; y < (row + 1) * CELL; y++)
      pixels.fill(255, 3 * (y * width + column * CELL), 3 * (y * width + (column + 1) * CELL));
  return bmp(width, ROWS * CELL, pixels);
}

/** t values of a box: x, y, width, height. */
const BOX = [0.5, -1, 0.75, -0.5];
const ANCHOR: [number, number] = [20, 12];
const OTHER: [number, number] = [7, 9];

/** Left, top, width, height in pixels of a box around a cell. */
const CELL_BOXES: Record<string, (row: number, column: number) => number[]> = {
  v2: (row, column) => v2Box(row, column),
  v3: (row, column) => v2Box(row, column),
  v5: (row, column) => {
    const [x, y, w, h] = BOX.map(logistic);
    const size = [ANCHOR[0] * (2 * w) ** 2, ANCHOR[1] * (2 * h) ** 2];
    return around([(column - 0.5 + 2 * x) * CELL, (row - 0.5 + 2 * y) * CELL], size);
  },
};

function v2Box(row: number, column: number): number[] {
  const [x, y, w, h] = BOX;
  const size = [ANCHOR[0] * Math.exp(w), ANCHOR[1] * Math.exp(h)];
  return around([(column + logistic(x)) * CELL, (row + logistic(y)) * CELL], size);
}

const around = ([x, y]: number[], [width, height]: number[]): number[] => [
  x - width / 2,
  y - height / 2,
  width,
  height,
];

function isNear(t: ExecutionContext, { x, y, width, height }: DetectionAnswer, expected: number[]): void {
  for (const [i, value] of [x, y, width, height].entries())
    t.true(Math.abs(value - expected[i]) <= 0.125, `${[x, y, width, height]}, expected ${expected}`);
}

for (const version of ['v2', 'v3', 'v5']) {
  test.serial(`${version}: white cells are objects, black ones none, through the command`, async (t) => {
    const folder = new Folder();
    // Two anchors: the second never has an object. Three classes, the last one is the best.
    const { b, output } = cellModel([...BOX, [-6, 4], -1, -2, 1.5, 0, 0, 0, 0, -6, 0, 0, 0]);
    const model = folder.model('cells.tflite', b.graph([output]));
    const head = folder.write('head.json', JSON.stringify({ kind: 'yolo', version, anchors: [[ANCHOR, OTHER]] }));
    const input = folder.write('cells.bmp', picture([1, 4], [3, 0]));
    const args = ['run', model, '--head', head, '--input', input, '--labels', folder.write('l.txt', 'cat\ndog\nman\n')];
    for (const engine of ['wasm3', 'js']) {
      const [found] = (await cliJson(...args, '--engine', engine)).answers as DetectionAnswer[][];
      t.deepEqual(
        found.map(({ label, index }) => [label, index]),
        [
          ['man', 2],
          ['man', 2],
        ],
      );
      isNear(t, found[0], CELL_BOXES[version](1, 4));
      isNear(t, found[1], CELL_BOXES[version](3, 0));
      const e = Math.exp;
      const certain = version === 'v2' ? e(1.5) / (e(-1) + e(-2) + e(1.5)) : logistic(1.5);
      t.true(Math.abs(found[0].score - logistic(4) * certain) < 0.002, `${found[0].score}`);
    }
    const { stdout } = await cli(...args);
    t.regex(stdout, /^man 0\.\d\d at /m);
  });
}

test.serial('v8: a list of boxes in pixels, through the command', async (t) => {
  const folder = new Folder();
  const input = folder.write('cells.bmp', picture([2, 3]));
  const { b, output } = cellModel([5, 4, 3, 2.5, [0, 0.9375], 0.125]);
  const model = folder.model('cells.tflite', b.graph([b.reshape(output, [1, ROWS * COLUMNS, 6])]));
  const { answers } = await cliJson('run', model, '--head', 'yolov8', '--input', input);
  const [[found, ...others]] = answers as DetectionAnswer[][];
  t.deepEqual(others, []);
  t.is(found.index, 0);
  t.is(found.score, 0.9375);
  isNear(t, found, [3.5, 2.75, 3, 2.5]);
  const unsaid = await cli('run', model, '--head', 'yolo', '--input', input);
  t.is(unsaid.exitCode, 2);
  t.regex(unsaid.stderr, /yolov2, yolov3, yolov5 or yolov8/);
});
