/** ONNX Gemm and MatMul with a constant matrix: fully connected layers over one row. */
import { filterQuantization } from '../onnx/quantization.js';
import type { NodeTranslation } from '../onnx/translate.js';

/** A [1,K], B [K,N]: a fully connected layer without a bias, which an Add behind it may bring. */
export function translateMatMul(node: NodeTranslation): void {
  const input = node.activation(0, 2);
  const depth = input.shape[1];
  const constant = node.constant(1);
  const shape = constant?.shape ?? [];
  const [inner, outputs] = shape;
  if (!constant || shape.length !== 2 || inner !== depth || !(outputs > 0)) {
    throw node.invalid(`B [${shape}]`, `${depth} inputs as in A`, node.node.inputs[1]);
  }
  const b = node.floats(1);
  const position = node.onnxPosition();
  const weights = Float32Array.from(
    { length: outputs * depth },
    (_, i) => b[position(i % depth) * outputs + Math.floor(i / depth)],
  );
  const inputs = [
    input.index,
    node.weights('weights', [outputs, depth], weights, filterQuantization(node, constant, 1, 0)),
    node.weights('bias', [outputs], new Float32Array(outputs)),
  ];
  node.finish(node.write({ op: 'FULLY_CONNECTED', activation: 'none' }, inputs, [1, outputs]));
}

/** A fully connected layer: alpha * A * B + beta * C, A [1,K], B [K,N] or transposed [N,K], C [N] or one value. */
export function translateGemm(node: NodeTranslation): void {
  const input = node.activation(0, 2);
  const depth = input.shape[1];
  if (node.int('transA', 0)) throw node.unsupported('transA 1', '0');
  const constant = node.constant(1);
  const shape = constant?.shape ?? [];
  const transposed = node.int('transB', 0) !== 0;
  const [outputs, inner] = transposed ? shape : [shape[1], shape[0]];
  if (!constant || shape.length !== 2 || inner !== depth || !(outputs > 0)) {
    throw node.invalid(`B [${shape}]`, `${depth} inputs as in A`, node.node.inputs[1]);
  }
  const alpha = node.float('alpha', 1);
  const beta = node.float('beta', 1);
  const b = node.floats(1);
  const position = node.onnxPosition();
  const weights = new Float32Array(outputs * depth);
  for (let o = 0; o < outputs; o++) {
    for (let k = 0; k < depth; k++) {
      const from = position(k);
      weights[o * depth + k] = alpha * b[transposed ? o * depth + from : from * outputs + o];
    }
  }
  const c = node.node.inputs[2] ? node.floats(2) : new Float32Array(1);
  if (c.length !== 1 && c.length !== outputs) {
    throw node.invalid(`C of ${c.length} values`, `1 or ${outputs}`, node.node.inputs[2]);
  }
  const bias = Float32Array.from({ length: outputs }, (_, o) => beta * c[c.length === 1 ? 0 : o]);
  const own = alpha === 1 ? filterQuantization(node, constant, transposed ? 0 : 1, 0) : undefined;
  const inputs = [
    input.index,
    node.weights('weights', [outputs, depth], weights, own),
    node.weights('bias', [outputs], bias),
  ];
  node.finish(node.write({ op: 'FULLY_CONNECTED', activation: 'none' }, inputs, [1, outputs]));
}
