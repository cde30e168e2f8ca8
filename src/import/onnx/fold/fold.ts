/**
 * Folds what an exporter computes from constants alone, before the operators are translated: PyTorch's ZeroPad2d and
 * view(x.shape[0], -1), tf2onnx's chains in front of Reshape. Shapes of activations are known, so Shape is a constant too.
 */
import { elements } from '../../../graph/graph.js';
import { type OnnxConstant, readConstant } from '../../../onnx/model.js';
import type { NodeTranslation, Translation } from '../../../onnx/translate.js';
import { binary, cast, range, reduceProd, unary, where } from './arithmetic.js';
import { ABSENT, bounded, type Fold, like, MOST_DIMENSIONS, MOST_VALUES, tooLarge } from './constants.js';
import { concat, expand, flatten, gather, reshape, slice, squeeze, transpose, unsqueeze } from './layout.js';
import { dequantize, quantize } from './quantized.js';

/** The constant that a node computes; undefined where it reads an activation, or is none of these operators. */
export function foldNode(node: NodeTranslation, translation: Translation): OnnxConstant | undefined {
  const { op, inputs } = node.node;
  let folded: OnnxConstant | undefined;
  if (op === 'Shape' && translation.activations.has(inputs[0])) folded = shapeOf(node, node.onnxShape(0));
  else {
    const constants = inputs.map((name) => (name ? translation.constants.get(name) : ABSENT));
    const fold = Object.hasOwn(FOLDS, op) ? FOLDS[op] : undefined;
    const known = constants.every((constant) => constant && constant.shape.length <= MOST_DIMENSIONS);
    if (!fold || !known || (inputs.length === 0 && op !== 'Constant')) return undefined;
    folded = fold(node, constants as OnnxConstant[]);
    const kept = (constants as OnnxConstant[]).some(({ values }) => values === folded?.values);
    if (!kept) translation.foldedValues += folded.values.length;
  }
  if (translation.foldedValues > MOST_VALUES) throw tooLarge(node, translation.foldedValues);
  return folded;
}

const FOLDS: Readonly<Record<string, Fold>> = {
  Abs: unary(Math.abs),
  Add: binary((a, b) => a + b),
  Cast: cast,
  Ceil: unary(Math.ceil),
  Concat: concat,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  DequantizeLinear: dequantize,
  Div: binary((a, b) => a / b),
  Equal: binary((a, b) => Number(a === b), true),
  Expand: expand,
  Flatten: flatten,
  Floor: unary(Math.floor),
  Gather: gather,
  Identity: (_, [input]) => input,
  Max: binary(Math.max),
  Min: binary(Math.min),
  Mul: binary((a, b) => a * b),
  Neg: unary((x) => -x),
  Pow: binary((a, b) => a ** b),
  QuantizeLinear: quantize,
  Range: range,
  Reciprocal: unary((x) => 1 / x),
  ReduceProd: reduceProd,
  Reshape: reshape,
  Shape: (node, [{ shape }]) => shapeOf(node, shape),
  Slice: slice,
  Sqrt: unary(Math.sqrt),
  Squeeze: squeeze,
  Sub: binary((a, b) => a - b),
  Transpose: transpose,
  Unsqueeze: unsqueeze,
  Where: where,
};

function constant(node: NodeTranslation): OnnxConstant {
  const { attributes, index, outputs } = node.node;
  const tensor = attributes.get('value')?.t;
  if (tensor) return readConstant(tensor, `node ${index} (Constant), tensor "${outputs[0]}"`);
  const [float, int] = [attributes.get('value_float')?.f, attributes.get('value_int')?.i];
  if (float !== undefined) return { shape: [], values: Float32Array.of(float) };
  if (int !== undefined) return { shape: [], values: [int] };
  const [floats, ints] = [attributes.get('value_floats')?.floats, attributes.get('value_ints')?.ints];
  const values = floats?.length ? floats : ints;
  if (values) return { shape: [values.length], values };
  throw node.unsupported('a constant that is neither a tensor nor numbers', 'a tensor or numbers', outputs[0]);
}

function constantOfShape(node: NodeTranslation, [input]: readonly OnnxConstant[]): OnnxConstant {
  const shape = bounded(node, Array.from(input.values));
  const tensor = node.node.attributes.get('value')?.t;
  const zero: OnnxConstant = { shape: [1], values: Float32Array.of(0) };
  const { values, type } = tensor ? readConstant(tensor, `node ${node.node.index}, value`) : zero;
  return { shape, values: like(values, elements(shape), () => values[0] ?? 0), type };
}

/** Part of a shape, from operator set 15 on. */
function shapeOf(node: NodeTranslation, shape: readonly number[]): OnnxConstant {
  const values = shape.slice(node.int('start', 0), node.int('end', shape.length));
  return { shape: [values.length], values };
}
