/**
 * Random heads on files without steps: what would be the network's outputs is written by the test. Outputs are inputs too, so that
 * they have a place that nothing else uses.
 */
import { writeBlob } from '../../src/format/write.js';
import type { HeadSpec } from '../../src/graph/head.js';
import { encodeHead } from '../../src/heads/encode/encode.js';
import { plan } from '../../src/plan/plan.js';
import type { InputType, Port, Program } from '../../src/program/program.js';
import type { Random } from '../graph/builder.js';

export interface Subject {
  blob: Uint8Array;
  program: Program;
}

interface PortChoice {
  shape: readonly number[];
  scale?: number;
  zeroPoint?: number;
  dtype?: 'int8' | 'uint8';
}

export const integer = (random: Random, low: number, high: number): number =>
  low + Math.floor(random() * (high - low + 1));

/** A program without steps: an input of height x width x 3, and outputs. */
export function stepless([height, width]: [number, number], outputs: PortChoice[]): Program {
  const ports = [{ shape: [1, height, width, 3] }, ...outputs].map(port);
  return {
    name: 'stepless',
    buffers: ports.map(({ view, name }, index) => ({ index, name, bytes: view.height * view.width * view.channels })),
    steps: [],
    inputs: ports,
    outputs: ports.slice(1),
    views: new Map(),
    rounding: 'double',
  };
}

function port({ shape, scale = 1 / 256, zeroPoint, dtype = 'int8' }: PortChoice, buffer: number): Port<InputType> {
  const [height, width, channels] = shape.length === 4 ? shape.slice(1) : [1, 1, shape.reduce((a, b) => a * b)];
  const zero = zeroPoint ?? (dtype === 'int8' ? -128 : 0);
  return {
    view: {
      buffer,
      height,
      width,
      channels,
      offset: 0,
      pixelStride: channels,
      rowStride: width * channels,
      zeroPoint: zero,
    },
    tensor: buffer,
    name: `port ${buffer}`,
    shape,
    scale,
    zeroPoint: zero,
    dtype,
    float32: false,
  };
}

export function subject(spec: HeadSpec, program: Program, labels?: readonly string[]): Subject {
  // The picture, which no test looks at, takes no memory.
  const [image, ...rest] = program.inputs;
  const dot = { ...image, shape: [1, 1, 1, 1], view: { ...image.view, height: 1, width: 1, channels: 1 } };
  const buffers = program.buffers.map((buffer, i) => (i === 0 ? { ...buffer, bytes: 1 } : buffer));
  const whole = { ...program, buffers, inputs: [dot, ...rest], labels, head: encodeHead(spec, program) };
  return { blob: writeBlob(whole, plan(whole), 0), program: whole };
}

/** The kinds of heads that random ones are made of. */
export const SUBJECTS: Record<string, (random: Random) => Subject> = {
  centroids: (random) => {
    const [rows, columns, classes] = [integer(random, 1, 14), integer(random, 1, 14), integer(random, 1, 4)];
    const size: [number, number] = [integer(random, 1, 8) * rows + integer(random, 0, 5), 8 * columns];
    const program = stepless(size, [{ shape: [1, rows, columns, classes], dtype: dtype(random) }]);
    const background = integer(random, -1, classes - 1);
    return subject({ kind: 'centroids', background, threshold: random(), most: integer(random, 1, 30) }, program);
  },
  ssd: (random) => {
    const [boxes, classes, background] = [integer(random, 1, 60), integer(random, 1, 5), integer(random, 0, 1)];
    const type = dtype(random);
    const program = stepless(
      [integer(random, 16, 320), integer(random, 16, 320)],
      [
        { shape: [1, 1, boxes, 4], scale: 0.01 + 0.1 * random(), zeroPoint: zero(random, type), dtype: type },
        { shape: [1, 1, boxes, classes + background], dtype: type },
      ],
    );
    const bytes = Uint8Array.from({ length: 4 * boxes }, () => integer(random, 0, 255));
    const values = random() < 0.5 ? bytes : Float32Array.from(bytes, (value) => value * 1.01 + random());
    return subject(
      {
        kind: 'ssd',
        boxes: 0,
        scores: 1,
        classes,
        overlap: random(),
        divisors: [10, 10, 5, random() < 0.5 ? 5 : 4],
        perBox: integer(random, 1, classes),
        perClass: random() < 0.5 ? integer(random, 1, 20) : undefined,
        threshold: random() < 0.5 ? 0 : random(),
        most: integer(random, 1, 30),
        anchors: { values, scale: 0.004 + 0.002 * random(), zeroPoint: integer(random, 0, 60) },
      },
      program,
    );
  },
  yolo: (random) => {
    const version = (['v2', 'v3', 'v5'] as const)[integer(random, 0, 2)];
    const classes = integer(random, 1, 4);
    const anchors = Array.from({ length: integer(random, 1, 3) }, () =>
      Array.from({ length: integer(random, 1, 3) }, () => [1 + 90 * random(), 1 + 90 * random()] as const),
    );
    const program = stepless(
      [integer(random, 32, 256), integer(random, 32, 256)],
      anchors.map((list) => ({
        shape: [1, integer(random, 1, 6), integer(random, 1, 6), list.length * (5 + classes)],
        scale: 0.02 + 0.1 * random(),
        zeroPoint: integer(random, -128, 127),
      })),
    );
    const rest = { overlap: random(), threshold: random() * random(), most: integer(random, 1, 30) };
    return subject({ kind: 'yolo', version, anchors, activated: random() < 0.3, ...rest }, program);
  },
  'yolo list': (random) => {
    const version = random() < 0.5 ? 'v8' : 'decoded';
    const fields = (version === 'v8' ? 4 : 5) + integer(random, 1, 4);
    const boxes = integer(random, fields + 1, 60);
    const shape = random() < 0.5 ? [1, 1, boxes, fields] : [1, 1, fields, boxes];
    const scale = random() < 0.5 ? 1 / 256 : 1;
    const program = stepless([integer(random, 32, 256), integer(random, 32, 256)], [{ shape, scale }]);
    return subject({ kind: 'yolo', version, overlap: random(), threshold: random() / 2, most: 20 }, program);
  },
  embed: (random) => {
    const type = dtype(random);
    const port = { shape: [1, integer(random, 1, 300)], zeroPoint: zero(random, type), dtype: type };
    return subject({ kind: 'embed' }, stepless([32, 32], [port]));
  },
  locate: (random) => {
    const count = integer(random, 1, 40);
    const spread = random() < 0.5 ? 1 : 0.05;
    const cells = Array.from(
      { length: count },
      () => [spread * (180 * random() - 90), spread * (360 * random() - 180)] as const,
    );
    const program = stepless([32, 32], [{ shape: [1, count], dtype: dtype(random) }]);
    return subject({ kind: 'locate', cells, most: integer(random, 1, 10), near: integer(random, 0, 2000) }, program);
  },
};

const dtype = (random: Random): 'int8' | 'uint8' => (random() < 0.5 ? 'int8' : 'uint8');
const zero = (random: Random, type: 'int8' | 'uint8'): number => integer(random, 0, 255) - (type === 'int8' ? 128 : 0);

/** Bytes of each output: anything, few different values (ties), the ends of the range, or all the same. */
export function randomOutputs({ program }: Subject, random: Random): Uint8Array[] {
  const kind = integer(random, 0, 3);
  const few = Array.from({ length: 3 }, () => integer(random, 0, 255));
  const ends = [0, 127, 128, 255];
  return program.outputs.map(({ view }) => {
    const same = integer(random, 0, 255);
    return Uint8Array.from({ length: view.height * view.width * view.channels }, () => {
      if (kind === 0) return integer(random, 0, 255);
      if (kind === 1) return few[integer(random, 0, 2)];
      return kind === 2 ? ends[integer(random, 0, 3)] : same;
    });
  });
}

/** A head whose fields were changed at random: most cannot be, some can. */
export function spoiled(blob: Uint8Array, random: Random, head: { offset: number; length: number }): Uint8Array {
  const copy = blob.slice();
  const view = new DataView(copy.buffer);
  const extremes = [0, 1, 2, 4, 48, 255, 256, 1024, 32767, 65536, 0x7fffffff, 0x80000000, 0xffffffff];
  for (let edits = integer(random, 1, 3); edits > 0; edits--) {
    const fields = Math.min(head.length, 184) / 4;
    const at = head.offset + 4 * integer(random, 0, fields - 1);
    const old = view.getUint32(at, true);
    const values = [...extremes, old + 1, old - 1, old * 2, old >>> 1, integer(random, 0, 4096)];
    view.setUint32(at, values[integer(random, 0, values.length - 1)] >>> 0, true);
  }
  return copy;
}
