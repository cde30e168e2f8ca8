/** SSD against floating point: the same objects in the same order, boxes to half a pixel. */
import test, { type ExecutionContext } from 'ava';
import { compile } from '../../src/compile.js';
import { openRunner } from '../../src/engines/run.js';
import { readBlob } from '../../src/format/read.js';
import type { SsdSpec } from '../../src/graph/head.js';
import { answersOf, type DetectionAnswer } from '../../src/heads/answers.js';
import type { Head } from '../../src/heads/open.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { readInputs } from '../../src/input/read.js';
import { fixture, readFixture, withFixtures } from '../fixtures.js';
import { type Random, seededRandom } from '../graph/builder.js';
import { decoded, postprocess } from './detection.js';
import { integer, stepless, subject } from './subject.js';

interface Scale {
  scale: number;
  zeroPoint: number;
}

interface Outputs {
  boxes: Uint8Array | Int8Array;
  scores: Uint8Array | Int8Array;
}

/** One answer of a head against the floating point one. */
function compare(
  t: ExecutionContext,
  head: Head,
  spec: SsdSpec,
  [height, width]: number[],
  ports: Scale[],
  outputs: Outputs,
): void {
  const rows = (values: ArrayLike<number>, { scale, zeroPoint }: Scale, columns: number): number[][] =>
    Array.from({ length: values.length / columns }, (_, i) =>
      Array.from({ length: columns }, (_, j) => scale * (values[i * columns + j] - zeroPoint)),
    );
  const boxes = rows(outputs.boxes, ports[0], 4);
  const scores = rows(outputs.scores, ports[1], outputs.scores.length / boxes.length);
  const [y, x, h, w] = spec.divisors;
  const expected = postprocess(decoded(boxes, rows(spec.anchors.values, spec.anchors, 4), { y, x, h, w }), scores, {
    classes: spec.classes,
    maxDetections: spec.most!,
    maxClassesPerDetection: spec.perBox,
    detectionsPerClass: spec.perClass,
    scoreThreshold: spec.threshold!,
    overlapThreshold: spec.overlap,
    scales: { y, x, h, w },
  }).filter(({ score }) => score >= spec.threshold!);
  const found = answersOf(head, [outputs.boxes, outputs.scores]) as DetectionAnswer[];
  t.deepEqual(
    found.map(({ index, score }) => [index, score]),
    expected.map(({ index, score }) => [index, score]),
  );
  for (const [i, { box }] of expected.entries()) {
    const edges = [found[i].y, found[i].x, found[i].y + found[i].height, found[i].x + found[i].width];
    for (const [side, edge] of edges.entries()) {
      const off = Math.abs(edge - box[side] * (side % 2 ? width : height));
      // Of boxes far larger than the picture, a millionth.
      t.true(off <= 0.5 + 1e-6 * Math.abs(edge), `object ${i}, side ${side}: ${off} off, ${edges}`);
    }
  }
}

withFixtures(
  test,
  'ssd_mobilenet_detect: five pictures and 1,000 random score tensors, uint8 and int8',
  async (t: ExecutionContext) => {
    const graph = importTflite(readFixture('models', 'ssd_mobilenet_detect.tflite'));
    const spec = graph.head as SsdSpec;
    t.like(spec, { kind: 'ssd', classes: 1, most: 10, perBox: 1, divisors: [10, 10, 5, 5] });
    const compiled = compile(graph);
    const { head } = readBlob(compiled.blob);
    const { program } = compiled;
    const runner = openRunner(graph, compiled, 'node');
    const size = [300, 300];
    // The same outputs as int8 has them: zero points and values 128 lower.
    const signed = program.outputs.map(({ scale, zeroPoint }) => ({ scale, zeroPoint: zeroPoint - 128 }));
    const int8Program = stepless(
      [300, 300],
      signed.map((port, i) => ({ shape: program.outputs[i].shape, dtype: 'int8' as const, ...port })),
    );
    const int8Head = readBlob(subject(spec, int8Program).blob).head!;
    const both = (outputs: { boxes: Uint8Array; scores: Uint8Array }): void => {
      compare(t, head!, spec, size, program.outputs, outputs);
      const { boxes, scores } = outputs;
      compare(t, int8Head, spec, size, signed, { boxes: lowered(boxes), scores: lowered(scores) });
    };
    const boxes: Uint8Array[] = [];
    for (const name of ['person', 'no_person', 'cat', 'bird', 'grace_hopper']) {
      const { records } = await readInputs(fixture('pictures', `${name}.bmp`), program.inputs[0]);
      const outputs = runner.run([records[0]]);
      boxes.push(outputs[0]);
      both({ boxes: outputs[0], scores: outputs[1] });
    }
    const random = seededRandom(71);
    for (let i = 0; i < 1000; i++) {
      const scores = randomScores(random, 2 * 1917);
      // Those of a picture, and boxes of the sizes that other models have.
      const own = i % 2 ? boxes[i % 5] : Uint8Array.from({ length: 4 * 1917 }, () => integer(random, 0, 12));
      both({ boxes: own, scores });
    }
  },
);

/** Bytes of uint8 as those of int8 with the same meaning. */
const lowered = (bytes: Uint8Array): Int8Array => Int8Array.from(bytes, (value) => value - 128);

/** Mostly low, as a detector's are, some high; or few different ones. */
function randomScores(random: Random, count: number): Uint8Array {
  const few = random() < 0.2;
  return Uint8Array.from({ length: count }, () => (few ? 60 * integer(random, 0, 4) : Math.floor(256 * random() ** 4)));
}

for (const [title, more] of [
  ['fast', {}],
  ['fast, several classes of a box', { perBox: 3 }],
  ['regular', { perClass: 20 }],
] as const) {
  test(`${title} suppression: 300 random outputs of several classes, uint8 and int8`, (t) => {
    const random = seededRandom(72);
    for (let i = 0; i < 300; i++) {
      const [boxes, classes] = [80, integer(random, 3, 6)];
      const dtype = i % 3 === 0 ? 'uint8' : 'int8';
      const ports = [
        { scale: 0.05 + 0.03 * random(), zeroPoint: dtype === 'int8' ? 0 : 128 },
        { scale: 1 / 256, zeroPoint: dtype === 'int8' ? -128 : 0 },
      ];
      const anchors = Uint8Array.from({ length: 4 * boxes }, (_, k) =>
        k % 4 < 2 ? integer(random, 4, 160) : integer(random, 10, 60),
      );
      const spec: SsdSpec = {
        kind: 'ssd',
        boxes: 0,
        scores: 1,
        classes,
        overlap: 0.6,
        divisors: [10, 10, 5, 5],
        perBox: 1,
        threshold: 0.05,
        most: 12,
        anchors: { values: i % 2 ? anchors : Float32Array.from(anchors), scale: 0.0065, zeroPoint: 3 },
        ...more,
      };
      const program = stepless(
        [240, 320],
        [
          { shape: [1, 1, boxes, 4], dtype, ...ports[0] },
          { shape: [1, 1, boxes, classes + 1], dtype, ...ports[1] },
        ],
      );
      const typed = (bytes: Uint8Array) => (dtype === 'int8' ? lowered(bytes) : bytes);
      const { head } = readBlob(subject(spec, program).blob);
      const values = Uint8Array.from({ length: 4 * boxes }, () => integer(random, 60, 200));
      const scores = randomScores(random, (classes + 1) * boxes);
      compare(t, head!, { ...spec, perBox: Math.min(spec.perBox, classes) }, [240, 320], ports, {
        boxes: typed(values),
        scores: typed(scores),
      });
    }
  });
}
