/** The grids of a YOLO in integers: what each byte stands for is worked out here, once. */
import { DepthwiseError } from '../../errors.js';
import type { YoloSpec, YoloVersion } from '../../graph/head.js';
import * as H from '../../program/head-layout.js';
import type { Port, Program } from '../../program/program.js';
import { scratchBytes } from '../readers/check.js';
import { factorWord, fractionBits, HeadRecord, realValues } from './record.js';

const THRESHOLD = 0.5;
const OVERLAP = 0.5;
const CERTAIN = 2 ** 15;
const MOST = 50;
/** Limits that keep products exact (docs/heads.md). */
const SIDE = 2 ** 24;
const CENTRE = 2 ** 28 - 1;
const MOST_FRACTION = 14;

/** Anchors in pixels of the published YOLOv3 (Darknet's yolov3.cfg; TinyEngine's detection_config.json), largest cells first. */
const V3_ANCHORS: YoloSpec['anchors'] = [
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

/** A grid: an output, where its cells, boxes and fields stand in it, and its anchors. */
interface Grid {
  output: number;
  port: Port;
  rows: number;
  columns: number;
  anchors: readonly (readonly [number, number])[];
  steps: [cell: number, anchor: number, field: number];
  fields: number;
}

const logistic = (t: number): number => 1 / (1 + Math.exp(-t));

export function encodeYolo(spec: YoloSpec, program: Program): Uint8Array {
  const listed = spec.version === 'v8' || spec.version === 'decoded';
  const grids = listed ? [listGrid(spec.version, program)] : cellGrids(spec, program);
  const objectness = spec.version === 'v8' ? 0 : 1;
  const classes = grids[0].fields - 4 - objectness;
  const { height, width } = program.inputs[0].view;
  const record = new HeadRecord(H.YOLO_BYTES + grids.length * H.GRID_BYTES);
  record.common(H.HEAD_YOLO, program, classes, program.outputs[0]);
  record.set(H.D_MOST, spec.most ?? MOST);
  record.set(H.D_THRESHOLD, Math.round((spec.threshold ?? THRESHOLD) * CERTAIN));
  record.set(H.D_SCORE_ZERO, 0);
  record.set(H.D_SCORE_STEP, 2 ** 24 / CERTAIN);
  record.set(H.D_OVERLAP, Math.round((spec.overlap ?? OVERLAP) * 2 ** 24));
  const softmax = spec.version === 'v2' && !spec.activated && classes > 1;
  record.set(H.D_SOFTMAX, Number(softmax));
  record.set(H.D_GRIDS, grids.length);
  const fraction = Math.min(...grids.map((grid) => gridFraction(grid, [height, width])));
  record.set(H.D_FRACTION, fraction);
  grids.forEach((grid, i) => {
    setGrid(record, H.YOLO_BYTES + i * H.GRID_BYTES, grid, { spec, softmax, fraction, size: [height, width] });
  });
  const boxes = grids.reduce((sum, { rows, columns, anchors }) => sum + rows * columns * anchors.length, 0);
  record.set(H.D_SCRATCH_BYTES, scratchBytes(boxes, spec.most ?? MOST));
  return record.encode();
}

/** Each output is a grid of cells, with as many boxes as it has anchors. */
function cellGrids(spec: YoloSpec, { outputs }: Program): Grid[] {
  const anchors = spec.anchors ?? (spec.version === 'v3' && outputs.length === 3 ? V3_ANCHORS : undefined);
  if (anchors?.length !== outputs.length) {
    const found = anchors ? `anchors of ${anchors.length} grids` : 'no anchors';
    throw wrongHead(`${found} for ${outputs.length} outputs`, 'a list of [width, height] in pixels for each output');
  }
  return outputs.map((port, output) => {
    const { height, width, channels } = port.view;
    const fields = channels / anchors[output].length;
    if (!Number.isInteger(fields) || fields < 5) {
      throw wrongHead(
        `${anchors[output].length} anchors for ${channels} channels of output ${output}`,
        'x, y, width, height, objectness and classes for each anchor',
      );
    }
    const steps: Grid['steps'] = [channels, fields, 1];
    return { output, port, rows: height, columns: width, anchors: anchors[output], steps, fields };
  });
}

/** Real values up to this are parts of the input, greater ones pixels. */
const PARTS = 2;

/**
 * Boxes in a list, [1, boxes, fields] or [1, fields, boxes]: there are more boxes than fields. Their one cell, and their one
 * anchor, is the unit that they are in.
 */
function listGrid(version: YoloVersion, { inputs, outputs }: Program): Grid {
  const [port] = outputs;
  const { height, width } = inputs[0].view;
  const [a, b] = port.shape.filter((dim) => dim !== 1);
  if (port.shape.filter((dim) => dim !== 1).length !== 2) {
    throw wrongHead(`an output of shape [${port.shape}]`, `a list of boxes, [1, boxes, fields], for ${version}`);
  }
  const [boxes, fields] = a > b ? [a, b] : [b, a];
  const steps: Grid['steps'] = a > b ? [fields, fields, 1] : [1, 1, boxes];
  const unit: [number, number] = Math.max(...realValues(port)) <= PARTS ? [width, height] : [1, 1];
  return { output: 0, port, rows: 1, columns: boxes, anchors: [unit], steps, fields };
}

function wrongHead(found: string, expected: string): DepthwiseError {
  const advice = 'Say so in a file, as docs/heads.md has it: --head FILE.json';
  return new DepthwiseError('USAGE', `This yolo head has ${found}, expected ${expected}. ${advice}.`);
}

/** Bits that keep the anchors, and the positions of the picture, in their limits. */
function gridFraction({ anchors }: Grid, size: number[]): number {
  return fractionBits(Math.max(...anchors.flat(), ...size), SIDE, MOST_FRACTION);
}

interface GridContext {
  spec: YoloSpec;
  softmax: boolean;
  fraction: number;
  /** Height and width of the input. */
  size: [number, number];
}

function setGrid(record: HeadRecord, at: number, grid: Grid, { spec, softmax, fraction, size }: GridContext): void {
  const reals = realValues(grid.port);
  const { version, activated } = spec;
  const gated = reals.map((t) => (activated ? t : logistic(t)));
  const listed = version === 'v8' || version === 'decoded';
  const [unitWidth, unitHeight] = grid.anchors[0];
  const cell = listed ? [unitHeight, unitWidth] : [size[0] / grid.rows, size[1] / grid.columns];
  const pixels = 2 ** fraction;
  record.set(at + H.G_OUTPUT, grid.output);
  record.set(at + H.G_ROWS, grid.rows);
  record.set(at + H.G_COLUMNS, grid.columns);
  record.set(at + H.G_ANCHORS, grid.anchors.length);
  grid.steps.forEach((step, i) => {
    record.set(at + [H.G_CELL_STEP, H.G_ANCHOR_STEP, H.G_FIELD_STEP][i], step);
  });
  record.set(at + H.G_STRIDE_Y, listed ? 0 : Math.round(cell[0] * pixels));
  record.set(at + H.G_STRIDE_X, listed ? 0 : Math.round(cell[1] * pixels));
  const inCell = listed ? reals : version === 'v5' ? gated.map((g) => 2 * g - 0.5) : gated;
  const centres = (side: number) => inCell.map((part) => Math.round(clamp(part * side * pixels, CENTRE)));
  record.set(at + H.G_TABLE_Y, record.table(centres(cell[0])));
  record.set(at + H.G_TABLE_X, record.table(centres(cell[1])));
  record.set(at + H.G_TABLE_SIZE, record.table(sizeFactors(version, reals, gated).map(factorWord)));
  const probabilities = (listed ? reals : gated).map((p) => Math.round(CERTAIN * clamp(Math.max(p, 0), 1)));
  const gates = version === 'v8' ? 0 : record.table(probabilities);
  record.set(at + H.G_TABLE_OBJECT, gates);
  record.set(
    at + H.G_TABLE_CLASS,
    softmax || gates === 0 || version === 'v2' ? record.table(classTable(grid, spec, softmax, probabilities)) : gates,
  );
  record.set(
    at + H.G_ANCHOR_TABLE,
    record.table(grid.anchors.flatMap(([w, h]) => [Math.round(h * pixels), Math.round(w * pixels)])),
  );
}

/** Height and width as multiples of the anchor's. */
function sizeFactors(version: YoloVersion, reals: number[], gated: number[]): number[] {
  if (version === 'v5') return gated.map((g) => 4 * g * g);
  if (version === 'v8' || version === 'decoded') return reals.map((t) => Math.max(t, 0));
  return reals.map((t) => Math.exp(t));
}

/**
 * Class factors by byte; under softmax, e to how far a class is behind the best one. A single class under softmax is
 * certain.
 */
function classTable(
  { port, fields }: Grid,
  { version, activated }: YoloSpec,
  softmax: boolean,
  plain: number[],
): number[] {
  if (softmax) return Array.from({ length: 256 }, (_, behind) => Math.round(CERTAIN * Math.exp(-behind * port.scale)));
  return version === 'v2' && !activated && fields === 6 ? plain.map(() => CERTAIN) : plain;
}

const clamp = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, value));
