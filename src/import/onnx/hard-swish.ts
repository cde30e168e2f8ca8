/**
 * Hard swish written out, as exporters below operator set 14 do: x * HardSigmoid(x), x * Clip(x + 3, 0, 6) / 6, or the division
 * first. All of it becomes one HardSwish, which operator sets from 14 on have.
 */
import type { OnnxNode } from '../../onnx/model.js';
import { type Chain, type Found, isNear, type Values } from './chains.js';

export function findHardSwish(node: OnnxNode, values: Values): Found | undefined {
  const chain = product(node, (name) => gate(name, values)) ?? dividedBehind(node, values);
  return chain && { ...chain, becomes: { op: 'HardSwish', attributes: new Map() } };
}

/** x * min(max(x + 3, 0), 6), and all of it / 6. */
function dividedBehind(node: OnnxNode, values: Values): Chain | undefined {
  const whole = scaled(node, 1 / 6, values);
  const multiply = whole === undefined ? undefined : values.only(whole);
  const gated = multiply && product(multiply, (name) => clipped(name, values));
  return gated && { x: gated.x, nodes: [multiply, ...gated.nodes] };
}

/** x * f(x), where `gate` knows f. */
function product(node: OnnxNode, gateOf: (name: string) => Chain | undefined): Chain | undefined {
  if (node.op !== 'Mul' || node.inputs.length !== 2) return undefined;
  const [a, b] = node.inputs;
  const isOf = (chain: Chain | undefined, x: string) => (chain?.x === x ? chain : undefined);
  return isOf(gateOf(b), a) ?? isOf(gateOf(a), b);
}

/** min(max(x + 3, 0), 6) / 6. */
function gate(name: string, values: Values): Chain | undefined {
  const node = values.only(name);
  if (!node) return undefined;
  if (node.op === 'HardSigmoid') {
    const [alpha, beta] = [node.attributes.get('alpha')?.f ?? 0.2, node.attributes.get('beta')?.f ?? 0.5];
    return isNear(alpha, 1 / 6) && isNear(beta, 0.5) ? { x: node.inputs[0], nodes: [node] } : undefined;
  }
  const whole = scaled(node, 1 / 6, values);
  const inner = whole === undefined ? undefined : clipped(whole, values);
  return inner && { x: inner.x, nodes: [node, ...inner.nodes] };
}

/** min(max(x + 3, 0), 6): a Clip, or a Relu and a bound behind it. */
function clipped(name: string, values: Values): Chain | undefined {
  const last = values.only(name);
  if (!last) return undefined;
  const [low, high] = boundsOf(last, values);
  const relu = low === 0 || high !== 6 ? undefined : values.only(last.inputs[0]);
  const nodes = relu?.op === 'Relu' ? [last, relu] : [last];
  if (high !== 6 || (low !== 0 && nodes.length === 1)) return undefined;
  const add = values.only(nodes[nodes.length - 1].inputs[0]);
  if (add?.op !== 'Add') return undefined;
  const at = add.inputs.findIndex((input) => values.value(input) === 3);
  return at < 0 ? undefined : { x: add.inputs[1 - at], nodes: [...nodes, add] };
}

/** Bounds of a Clip, or of a Min with one value. */
function boundsOf({ op, attributes, inputs }: OnnxNode, values: Values): (number | undefined)[] {
  if (op === 'Min') return [undefined, values.value(inputs[1])];
  if (op !== 'Clip') return [];
  return [attributes.get('min')?.f ?? values.value(inputs[1]), attributes.get('max')?.f ?? values.value(inputs[2])];
}

/** The value that a node multiplies by a factor, or divides by its inverse. */
function scaled(node: OnnxNode, factor: number, values: Values): string | undefined {
  const [a, b] = node.inputs.map((name) => values.value(name));
  if (node.op === 'Div' && b !== undefined && isNear(1 / b, factor)) return node.inputs[0];
  if (node.op !== 'Mul') return undefined;
  if (b !== undefined && isNear(b, factor)) return node.inputs[0];
  return a !== undefined && isNear(a, factor) ? node.inputs[1] : undefined;
}
