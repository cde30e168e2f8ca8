/** Reads an ONNX model as a float32 Graph: NHWC, batch normalisation folded, activations fused. */
import { DepthwiseError } from '../../errors.js';
import { type Graph, where } from '../../graph/graph.js';
import { simplify } from '../../quantize/simplify.js';
import { foldNode } from './fold.js';
import type { OnnxModel, OnnxNode, OnnxValue } from './model.js';
import { FLOAT, readOnnx } from './model.js';
import { OPERATORS } from './operators.js';
import { NodeTranslation, Translation } from './translate.js';

/**
 * The graph of an ONNX file, all activations float32, ready for quantizeGraph. Throws MODEL_INVALID for damaged files,
 * MODEL_UNSUPPORTED for operators and settings that MobileNet does not need, MODEL_TOO_LARGE. `folder` is the file's own, where
 * exporters put a second file with the weights of large models.
 */
export function importOnnx(bytes: Uint8Array, name: string, folder?: string): Graph {
  const graph = simplify(translateOnnx(bytes, name, folder));
  const sum = graph.operators.find(({ op, inputs }) => op === 'ADD' && graph.tensors[inputs[1]].data);
  if (!sum) return graph;
  const found = 'a constant is added to an activation that others read too';
  throw new DepthwiseError(
    'MODEL_UNSUPPORTED',
    `${where(sum, graph.tensors[sum.outputs[0]])}: ${found}; supported: constants that become the bias of the layer before. ` +
      'Change the model and export it again.',
  );
}

/** As importOnnx, but operator by operator: batch normalisations are depthwise 1x1 convolutions, paddings are PADs. */
export function translateOnnx(bytes: Uint8Array, name: string, folder?: string): Graph {
  const model = readOnnx(bytes, folder);
  const translation = new Translation(model.initializers);
  const inputs = model.inputs.map((value) => {
    const last = onlyTransposed(model, value);
    const index = translation.tensor(value.name, inputShape(value, last));
    translation.activations.set(value.name, index);
    if (last) translation.channelsLast.add(value.name);
    return index;
  });
  for (const node of model.nodes) {
    const translate = Object.hasOwn(OPERATORS, node.op) ? OPERATORS[node.op] : undefined;
    const translated = new NodeTranslation(translation, node);
    if (!node.outputs[0] || translation.has(node.outputs[0])) {
      throw translated.invalid(`output "${node.outputs[0] ?? ''}"`, 'an output that no other node has');
    }
    const constant = foldNode(translated, translation);
    if (constant) {
      translation.constants.set(node.outputs[0], constant);
      continue;
    }
    if (!translate) {
      const expected = Object.keys(OPERATORS).join(', ');
      throw translated.unsupported('an operator that is not known', expected, node.outputs[0]);
    }
    translate(translated);
  }
  const outputs = model.outputs.map((value) => {
    const index = translation.activations.get(value.name);
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
  return { name, tensors: translation.tensors, operators: translation.operators, inputs, outputs };
}

/** Whether an input is [1, height, width, channels], as Keras has it: all that read it transpose it to channels first. */
function onlyTransposed({ nodes, outputs }: OnnxModel, { name, shape }: OnnxValue): boolean {
  const readers = nodes.filter(({ inputs }) => inputs.includes(name));
  const first = ({ op, attributes }: OnnxNode) =>
    op === 'Transpose' && String(attributes.get('perm')?.ints) === '0,3,1,2';
  return (
    shape.length === 4 && readers.length > 0 && readers.every(first) && outputs.every((output) => output.name !== name)
  );
}

/** NCHW as NHWC, which a `channelsLast` one is already. A first dimension that is free (a name, none, 0 or -1) is 1. */
function inputShape({ name, type, shape }: OnnxValue, channelsLast: boolean): number[] {
  const fail = (found: string, expected: string) =>
    new DepthwiseError(
      'MODEL_UNSUPPORTED',
      `input "${name}": ${found}; supported: ${expected}. Export the model with a fixed input shape.`,
    );
  if (type !== FLOAT) throw fail('another type than float32', 'float32');
  const free = typeof shape[0] === 'string' || shape[0] === 0 || shape[0] === -1;
  const dims = [free ? 1 : shape[0], ...shape.slice(1)];
  const fixed = dims.filter((dim): dim is number => typeof dim === 'number' && dim >= 1 && dim <= 65535);
  if (fixed.length !== dims.length || fixed[0] !== 1 || (fixed.length !== 4 && fixed.length !== 2)) {
    throw fail(`shape [${shape}]`, '[1, channels, height, width] or [1, N]');
  }
  return fixed.length === 4 && !channelsLast ? [1, fixed[2], fixed[3], fixed[1]] : fixed;
}
