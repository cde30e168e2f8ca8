/**
 * TFLite_Detection_PostProcess, with which SSD models end: a custom operator in floating point. The model is cut before it, and
 * what it says becomes the model's head (docs/heads.md).
 */
import { toObject } from 'flatbuffers/js/flexbuffers.js';
import { DepthwiseError } from '../../errors.js';
import { elements, type Tensor } from '../../graph/graph.js';
import type { SsdSpec } from '../../graph/head.js';
import { OPERATOR } from '../../tflite/schema.js';
import type { OperatorRecord } from './records.js';

const NAME = 'custom operator "TFLite_Detection_PostProcess"';
/** The options are a dozen numbers with names. */
const MOST_OPTION_BYTES = 4096;

/** Numbers that the options must have, and those that have defaults. */
const REQUIRED = ['num_classes', 'max_detections', 'nms_iou_threshold', 'y_scale', 'x_scale', 'h_scale', 'w_scale'];
const DEFAULTS = { max_classes_per_detection: 1, detections_per_class: 100, nms_score_threshold: 0 };

/**
 * The operator, where the model ends in it. Its inputs are boxes, scores and anchors.
 * @param outputs of the model.
 */
export function findDetection(
  records: readonly OperatorRecord[],
  outputs: readonly number[],
): OperatorRecord | undefined {
  const record = records.at(-1);
  return record?.name === NAME && outputs.every((tensor) => record.outputs.includes(tensor)) ? record : undefined;
}

/** @throws DepthwiseError MODEL_INVALID, MODEL_UNSUPPORTED. */
export function readDetection(record: OperatorRecord, tensors: readonly Tensor[]): SsdSpec {
  const options = readOptions(record);
  const [boxes, scores, anchors] = record.inputs.map((index): Tensor | undefined => tensors[index]);
  const count = elements(anchors?.shape ?? []) / 4;
  const sized = boxes && scores && elements(boxes.shape) === 4 * count && elements(scores.shape) % count === 0;
  if (!sized || (anchors?.dtype !== 'uint8' && anchors?.dtype !== 'float32') || !anchors.data) {
    const found = [boxes, scores, anchors].map((tensor) => (tensor ? `[${tensor.shape}] ${tensor.dtype}` : 'nothing'));
    throw new DepthwiseError(
      'MODEL_UNSUPPORTED',
      `${where(record)}: inputs ${found.join(', ')}; supported: four values and the scores of each box, and constant anchors. Export the model again.`,
    );
  }
  const { scale = [1], zeroPoint = [0] } = anchors.quantization ?? {};
  const regular = options.use_regular_nms !== 0;
  return {
    kind: 'ssd',
    boxes: 0,
    scores: 1,
    classes: options.num_classes,
    threshold: options.nms_score_threshold,
    overlap: Math.min(options.nms_iou_threshold, 1),
    divisors: [options.y_scale, options.x_scale, options.h_scale, options.w_scale],
    most: options.max_detections,
    perBox: options.max_classes_per_detection,
    ...(regular && { perClass: options.detections_per_class }),
    anchors: { values: anchors.data as Uint8Array | Float32Array, scale: scale[0], zeroPoint: zeroPoint[0] },
  };
}

const where = (record: OperatorRecord): string => `operator ${record.index} (TFLite_Detection_PostProcess)`;

function readOptions(record: OperatorRecord): Record<string, number> {
  const bytes = record.table.bytes(OPERATOR.customOptions);
  const fail = (found: string): DepthwiseError =>
    new DepthwiseError(
      'MODEL_INVALID',
      `${where(record)}: ${found}; expected: numbers above 0 for ${REQUIRED.join(', ')}. The file is damaged: export the model again.`,
    );
  if (bytes.length > MOST_OPTION_BYTES) throw fail(`${bytes.length} bytes of options`);
  let object: unknown;
  try {
    object = toObject(bytes.slice().buffer);
  } catch (cause) {
    throw fail(`options that cannot be read (${cause instanceof Error ? cause.message : cause})`);
  }
  const options: Record<string, number> = { ...DEFAULTS, use_regular_nms: 0 };
  for (const [name, value] of Object.entries(object as object)) options[name] = Number(value);
  const wrong = [...REQUIRED, ...Object.keys(DEFAULTS)].find((name) => {
    const value = options[name];
    return !Number.isFinite(value) || value < 0 || (REQUIRED.includes(name) && value === 0);
  });
  if (wrong) throw fail(`${wrong} ${options[wrong]}`);
  return options;
}
