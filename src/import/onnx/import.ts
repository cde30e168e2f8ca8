/** Reads an ONNX model as a float32 Graph: NHWC, batch normalisation folded, activations fused. */
import { DepthwiseError } from '../../errors.js';
import { type Graph, type Operator, where } from '../../graph/graph.js';
import { unlessRefused } from '../../graph/refusal.js';
import { isDepthwise } from '../../graph/weighted.js';
import type { OnnxModel, OnnxNode, OnnxValue } from '../../onnx/model.js';
import { FLOAT, INT8, readOnnx, UINT8 } from '../../onnx/model.js';
import { NodeTranslation, Translation } from '../../onnx/translate.js';
import { definitionOf } from '../../operators/index.js';
import { withRescaling } from '../../quantize/own-scales.js';
import { foldScale, mergePairs, scaleOf, simplify } from '../../quantize/simplify.js';
import { findOutput, frontier, neededFor } from '../cut.js';
import { ifCutWorks, refusal } from '../refusals.js';
import { joinChains } from './chains.js';
import { foldNode } from './fold/fold.js';
import { findHardSwish } from './hard-swish.js';
import { findNormalization } from './l2-normalize.js';
import { TRANSLATIONS } from './operators.js';

/**
 * The graph of an ONNX file, all activations float32, ready for quantizeGraph; tensors that are integers in the file have
 * their scale and zero point. Throws MODEL_INVALID for damaged files,
 * MODEL_UNSUPPORTED for operators and settings that MobileNet does not need, MODEL_TOO_LARGE. `folder` is the file's own, where
 * exporters put a second file with the weights of large models; `outputs` are values at which the model is cut.
 */
export function importOnnx(bytes: Uint8Array, name: string, folder?: string, outputs?: readonly string[]): Graph {
  const scaled = mergePairs(translateOnnx(bytes, name, folder, outputs), foldScale);
  const graph = withRescaling(simplify(takesPixels(scaled) ? { ...scaled, pixelRange: PIXELS } : scaled));
  const scale = graph.operators.find(
    (operator) => isDepthwise(operator) && graph.tensors[operator.inputs[0]].shape.length !== 4,
  );
  if (!scale) return graph;
  throw new DepthwiseError(
    'MODEL_UNSUPPORTED',
    `${where(scale, graph.tensors[scale.outputs[0]])}: arithmetic with constants on one row of values, and no layer in front ` +
      'of it or behind it can take it; supported: next to Gemm or MatMul. Change the model and export it again.',
  );
}

/**
 * Imports without the simplifications of importOnnx: batch normalisations are depthwise 1x1 convolutions, paddings are
 * operators.
 */
export function translateOnnx(bytes: Uint8Array, name: string, folder?: string, cut?: readonly string[]): Graph {
  const whole = readOnnx(bytes, folder);
  const part = cut ? cutModel(whole, cut) : whole;
  const model: OnnxModel = { ...part, nodes: joinWritten(part) };
  const translation = new Translation(
    model.initializers,
    (operator) => definitionOf(operator).nonNegative,
    model.opset,
  );
  const inputs = model.inputs.map((value) => {
    const last = isChannelsLast(model, value);
    const index = translation.tensor(value.name, inputShape(value, last));
    translation.activations.set(value.name, index);
    if (last) translation.channelsLast.add(value.name);
    if (value.type !== FLOAT) translation.integers.set(value.name, value.type);
    return index;
  });
  const refused = translateNodes(model, translation);
  if (refused.size > 0) {
    const ends = model.outputs.map((value) => value.name);
    const names = cut ? [] : frontier<string, OnnxNode>(model.nodes, new Set(refused.keys()), ends);
    const values = names.filter((each) => {
      const index = translation.activations.get(each);
      const isComputed = index !== undefined && !inputs.includes(index);
      return isComputed && !translation.flattened.has(each) && !each.includes(',');
    });
    const advised = ifCutWorks(values, () => translateOnnx(bytes, name, folder, values));
    const all = [...refused].map(([{ index, op }, error]) => ({ index, op, error }));
    throw refusal('node', model.nodes.length, all, advised);
  }
  const outputs = model.outputs.map((value) => {
    const index = translation.activations.get(value.name);
    if (translation.flattened.has(value.name)) {
      throw new DepthwiseError(
        'MODEL_UNSUPPORTED',
        `output "${value.name}": a map of several channels and pixels as one row; supported: the map itself. ` +
          'Remove the Flatten or Reshape and export the model again.',
      );
    }
    if (index !== undefined && !inputs.includes(index)) return index;
    throw new DepthwiseError(
      'MODEL_INVALID',
      `output "${value.name}": no node computes it. The file contradicts itself: export the model again.`,
    );
  });
  if (inputs.length === 0 || outputs.length === 0) {
    throw new DepthwiseError(
      'MODEL_INVALID',
      `model "${name}": ${inputs.length} inputs, ${outputs.length} outputs; expected: at least one of each. ` +
        'The file is damaged: export the model again.',
    );
  }
  const { tensors, operators } = translation;
  const raw = model.inputs.filter((_, i) => tensors[inputs[i]].quantization === undefined);
  const integer = raw.find(({ type }) => type === INT8);
  if (integer) {
    throw new DepthwiseError(
      'MODEL_UNSUPPORTED',
      `input "${integer.name}": int8 without a scale; supported: int8 in front of DequantizeLinear. Export it so.`,
    );
  }
  const pixels = raw.filter(({ type }) => type === UINT8).length;
  if (pixels > 0 && pixels < raw.length) {
    throw new DepthwiseError(
      'MODEL_UNSUPPORTED',
      `model "${name}": ${pixels} of ${raw.length} inputs are uint8; supported: inputs of one type. Export it so.`,
    );
  }
  const graph = { name, tensors, operators, inputs, outputs };
  return pixels > 0 ? { ...graph, pixelRange: PIXELS } : graph;
}

/** The nodes, where those that write one operator out are that operator. */
export function joinWritten(model: OnnxModel): OnnxNode[] {
  return joinChains(model, (node, values) => findHardSwish(node, values) ?? findNormalization(node, values));
}

/** The model with the nodes alone that the values `names` need. */
function cutModel(model: OnnxModel, names: readonly string[]): OnnxModel {
  const known = new Map(model.nodes.flatMap((node) => node.outputs).map((each) => [each, each]));
  const ends = names.map((each) => findOutput(each, known));
  const nodes = neededFor<string, OnnxNode>(model.nodes, ends);
  const read = new Set(nodes.flatMap((node) => node.inputs));
  return {
    ...model,
    nodes,
    inputs: model.inputs.filter((value) => read.has(value.name)),
    outputs: ends.map((each) => ({ name: each, type: FLOAT, shape: [] })),
  };
}

/** Translates or folds one node after the other. Those that are refused come back; what reads their outputs is left out. */
function translateNodes({ nodes }: OnnxModel, translation: Translation): Map<OnnxNode, DepthwiseError> {
  const refused = new Map<OnnxNode, DepthwiseError>();
  const lost = new Set<string>();
  for (const node of nodes) {
    const translate = Object.hasOwn(TRANSLATIONS, node.op) ? TRANSLATIONS[node.op] : undefined;
    const translated = new NodeTranslation(translation, node, translate?.rows);
    if (!node.outputs[0] || translation.has(node.outputs[0])) {
      throw translated.invalid(`output "${node.outputs[0] ?? ''}"`, 'an output that no other node has');
    }
    if (!node.inputs.some((input) => lost.has(input))) {
      unlessRefused(
        () => translateNode(translated, translation, translate?.translate),
        (error) => refused.set(node, error),
      );
      if (!refused.has(node)) continue;
    }
    for (const output of node.outputs) lost.add(output);
  }
  return refused;
}

function translateNode(
  node: NodeTranslation,
  translation: Translation,
  translate: ((node: NodeTranslation) => void) | undefined,
): void {
  const { outputs } = node.node;
  const constant = foldNode(node, translation);
  if (constant) {
    translation.constants.set(outputs[0], constant);
    return;
  }
  if (!translate) {
    throw node.unsupported('an operator that is not known', Object.keys(TRANSLATIONS).join(', '), outputs[0]);
  }
  translate(node);
}

/** Pixels as they are in a picture. */
const PIXELS = { black: 0, white: 255 };

/** Models divide pixels from 0 to 255 by 50 and more, those from 0 to 1 by less than 1. */
const SMALL_FACTOR = 0.1;

/** Whether all that read an input make it much smaller: rescaling is part of the model, which takes pixels as they are. */
function takesPixels({ tensors, operators, inputs }: Graph): boolean {
  const readers = operators.filter((operator) => inputs.includes(operator.inputs[0]));
  const shrinks = (operator: Operator) =>
    scaleOf(operator, tensors)?.factors.every((factor) => Math.abs(factor) < SMALL_FACTOR) ?? false;
  return readers.length > 0 && readers.every(shrinks);
}

/** Operators that leave height, width and channels where they are. */
const ELEMENTWISE = ['Add', 'Cast', 'Clip', 'DequantizeLinear', 'Div', 'Identity', 'Mul', 'QuantizeLinear', 'Sub'];

/**
 * Whether an input is [1, height, width, channels], as Keras has it: all that read it transpose it to channels first, at
 * once or behind arithmetic with constants. tf2onnx reshapes one channel, for which that is the same.
 */
function isChannelsLast(model: OnnxModel, { name, shape }: OnnxValue): boolean {
  const readers = model.nodes.filter(({ inputs }) => inputs.includes(name));
  const turns = ({ op, attributes }: OnnxNode) =>
    op === 'Transpose'
      ? String(attributes.get('perm')?.ints) === '0,3,1,2'
      : op === 'Reshape' && shape[3] === 1 && shape[1] !== 1;
  const names = new Set([name]);
  for (const { op, inputs, outputs } of model.nodes) {
    if (ELEMENTWISE.includes(op) && inputs.some((input) => names.has(input))) names.add(outputs[0]);
  }
  const ends = model.nodes.filter(
    ({ op, inputs }) => !ELEMENTWISE.includes(op) && inputs.some((each) => names.has(each)),
  );
  return (
    shape.length === 4 &&
    readers.length > 0 &&
    ends.length > 0 &&
    ends.every(turns) &&
    model.outputs.every((output) => !names.has(output.name))
  );
}

/** NCHW as NHWC, which a `channelsLast` one is already. A first dimension that is free (a name, none, 0 or -1) is 1. */
function inputShape({ name, type, shape }: OnnxValue, channelsLast: boolean): number[] {
  const fail = (found: string, expected: string) =>
    new DepthwiseError(
      'MODEL_UNSUPPORTED',
      `input "${name}": ${found}; supported: ${expected}. Export the model with a fixed input shape.`,
    );
  if (type !== FLOAT && type !== UINT8 && type !== INT8) {
    throw fail(
      `data type ${type}`,
      `float32 (${FLOAT}), uint8 (${UINT8}), or int8 (${INT8}) in front of DequantizeLinear`,
    );
  }
  const free = typeof shape[0] === 'string' || shape[0] === 0 || shape[0] === -1;
  const dims = [free ? 1 : shape[0], ...shape.slice(1)];
  const fixed = dims.filter((dim): dim is number => typeof dim === 'number' && dim >= 1 && dim <= 65535);
  if (fixed.length !== dims.length || fixed[0] !== 1 || (fixed.length !== 4 && fixed.length !== 2)) {
    throw fail(`shape [${shape}]`, '[1, channels, height, width] or [1, N]');
  }
  return fixed.length === 4 && !channelsLast ? [1, fixed[2], fixed[3], fixed[1]] : fixed;
}
