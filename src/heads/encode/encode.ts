/** From what a model's outputs mean to the head of its .dw file. */
import { DepthwiseError } from '../../errors.js';
import type { CentroidsSpec, EmbedSpec, HeadSpec } from '../../graph/head.js';
import * as H from '../../program/head-layout.js';
import { PORT_TYPES, type Program } from '../../program/program.js';
import { headFile } from '../open.js';
import { scratchBytes, wrongField } from '../readers/check.js';
import { encodeLocate } from './locate.js';
import { HeadRecord, leastValue, portSize } from './record.js';
import { encodeSsd } from './ssd.js';
import { encodeYolo } from './yolo.js';

/** Where nobody says: the probability from which on there is an object. */
const THRESHOLD = 0.5;
/** Cosine from which on two vectors are of the same. */
const SAME = 0.6;

/**
 * The head of a program's file; nothing where the first output's values are scores of classes.
 * @throws DepthwiseError USAGE where the outputs cannot be what the head says.
 */
export function encodeHead(spec: HeadSpec, program: Program): Uint8Array | undefined {
  if (spec.kind === 'classify') return undefined;
  const chosen = program.outputs.find(({ dtype }) => PORT_TYPES[dtype] > 1);
  if (chosen && spec.kind !== 'none') {
    throw new DepthwiseError(
      'USAGE',
      `Output "${chosen.name}" is ${chosen.dtype}: classes that the model has chosen cannot be read as ${spec.kind}. ` +
        'Give --head classify or none, or cut the model in front of its last operator with --outputs.',
    );
  }
  const bytes = encode(spec, program);
  const sizes = program.outputs.map(portSize);
  const wrong = wrongField(headFile(bytes, []), bytes.length, (output) => sizes[output] ?? 0);
  if (wrong < 0) return bytes;
  const shapes = program.outputs.map((port) => `[${port.shape}]`).join(', ');
  throw new DepthwiseError(
    'USAGE',
    `Outputs of shape ${shapes} cannot be read as ${spec.kind} (field at byte ${wrong} of docs/heads.md). ` +
      'Give another --head, or none.',
  );
}

function encode(spec: Exclude<HeadSpec, { kind: 'classify' }>, program: Program): Uint8Array {
  switch (spec.kind) {
    case 'centroids':
      return encodeCentroids(spec, program);
    case 'ssd':
      return encodeSsd(spec, program);
    case 'yolo':
      return encodeYolo(spec, program);
    case 'embed':
      return encodeEmbed(spec, program);
    case 'locate':
      return encodeLocate(spec, program);
    default: {
      const record = new HeadRecord(H.HEAD_BYTES);
      record.common(H.HEAD_NONE, program, 1, program.outputs[0]);
      // Any input will do.
      record.set(H.D_INPUT_HEIGHT, 1);
      record.set(H.D_INPUT_WIDTH, 1);
      return record.encode();
    }
  }
}

function encodeCentroids({ background, threshold = THRESHOLD, most }: CentroidsSpec, program: Program): Uint8Array {
  const [port] = program.outputs;
  const { height, width, channels } = port.view;
  const record = new HeadRecord(H.CENTROIDS_BYTES);
  record.common(H.HEAD_CENTROIDS, program, channels, port);
  if (most) record.set(H.D_MOST, most);
  record.set(H.D_THRESHOLD, leastValue(port, threshold));
  record.set(H.D_ROWS, height);
  record.set(H.D_COLUMNS, width);
  record.set(H.D_BACKGROUND, background);
  record.set(H.D_SCRATCH_BYTES, scratchBytes(height * width, 0));
  return record.encode();
}

function encodeEmbed({ threshold = SAME }: EmbedSpec, program: Program): Uint8Array {
  const [port] = program.outputs;
  const record = new HeadRecord(H.HEAD_BYTES);
  record.common(H.HEAD_EMBED, program, portSize(port), port);
  record.set(H.D_THRESHOLD, Math.round(threshold * 2 ** 15));
  return record.encode();
}
