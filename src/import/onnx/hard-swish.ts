/**
 * Hard swish written out, as exporters below operator set 14 do: x * HardSigmoid(x), x * Clip(x + 3, 0, 6) / 6, or the division
 * first. All of it becomes one HardSwish, which operator sets from 14 on have.
 */
import { type OnnxModel, type OnnxNode, readConstant } from '../../onnx/model.js';

/** The nodes, where the last one of each such chain is a HardSwish and the others are gone. */
export function joinHardSwish(model: OnnxModel): OnnxNode[] {
  const found = new Chains(model);
  const gone = new Set<OnnxNode>();
  const joined = new Map<OnnxNode, OnnxNode>();
  for (const node of model.nodes) {
    const chain = found.endingAt(node);
    if (!chain) continue;
    for (const each of chain.nodes) gone.add(each);
    joined.set(node, { ...node, op: 'HardSwish', inputs: [chain.x], attributes: new Map() });
  }
  return joined.size === 0
    ? model.nodes
    : model.nodes.flatMap((node) => joined.get(node) ?? (gone.has(node) ? [] : [node]));
}

/** Nodes but for the last one, none of whose outputs anything else reads, and what goes in. */
interface Chain {
  x: string;
  nodes: readonly OnnxNode[];
}

class Chains {
  private readonly writers = new Map<string, OnnxNode>();
  private readonly readers = new Map<string, number>();

  constructor(private readonly model: OnnxModel) {
    for (const node of model.nodes) {
      for (const name of node.outputs) this.writers.set(name, node);
      for (const name of node.inputs) this.count(name);
    }
    for (const { name } of model.outputs) this.count(name);
  }

  private count(name: string): void {
    this.readers.set(name, (this.readers.get(name) ?? 0) + 1);
  }

  endingAt(node: OnnxNode): Chain | undefined {
    const product = this.product(node, (name) => this.gate(name));
    if (product) return product;
    const whole = this.scaled(node, 1 / 6);
    const [multiply] = whole === undefined ? [] : this.only(whole);
    const gated = multiply && this.product(multiply, (name) => this.clipped(name));
    return gated && { x: gated.x, nodes: [multiply, ...gated.nodes] };
  }

  /** x * f(x), where `gate` knows f. */
  private product(node: OnnxNode, gate: (name: string) => Chain | undefined): Chain | undefined {
    if (node.op !== 'Mul' || node.inputs.length !== 2) return undefined;
    const [a, b] = node.inputs;
    const isOf = (chain: Chain | undefined, x: string) => (chain?.x === x ? chain : undefined);
    return isOf(gate(b), a) ?? isOf(gate(a), b);
  }

  /** min(max(x + 3, 0), 6) / 6. */
  private gate(name: string): Chain | undefined {
    const [node] = this.only(name);
    if (!node) return undefined;
    if (node.op === 'HardSigmoid') {
      const [alpha, beta] = [node.attributes.get('alpha')?.f ?? 0.2, node.attributes.get('beta')?.f ?? 0.5];
      return isNear(alpha, 1 / 6) && isNear(beta, 0.5) ? { x: node.inputs[0], nodes: [node] } : undefined;
    }
    const scaled = this.scaled(node, 1 / 6);
    const inner = scaled === undefined ? undefined : this.clipped(scaled);
    return inner && { x: inner.x, nodes: [node, ...inner.nodes] };
  }

  /** min(max(x + 3, 0), 6). */
  private clipped(name: string): Chain | undefined {
    const [clip] = this.only(name);
    if (clip?.op !== 'Clip') return undefined;
    const low = clip.attributes.get('min')?.f ?? this.value(clip.inputs[1]);
    const high = clip.attributes.get('max')?.f ?? this.value(clip.inputs[2]);
    const [add] = this.only(clip.inputs[0]);
    if (low !== 0 || high !== 6 || add?.op !== 'Add') return undefined;
    const at = add.inputs.findIndex((input) => this.value(input) === 3);
    return at < 0 ? undefined : { x: add.inputs[1 - at], nodes: [clip, add] };
  }

  /** What a node multiplies by a factor, or divides by its inverse. */
  private scaled(node: OnnxNode, factor: number): string | undefined {
    const [a, b] = node.inputs.map((name) => this.value(name));
    if (node.op === 'Div' && b !== undefined && isNear(1 / b, factor)) return node.inputs[0];
    if (node.op !== 'Mul') return undefined;
    if (b !== undefined && isNear(b, factor)) return node.inputs[0];
    return a !== undefined && isNear(a, factor) ? node.inputs[1] : undefined;
  }

  /** The node that writes a value, if one other node alone reads it. */
  private only(name: string): OnnxNode[] {
    const node = this.writers.get(name);
    return node && this.readers.get(name) === 1 && node.outputs.length === 1 ? [node] : [];
  }

  /** The one value of a constant, which may be a node. */
  private value(name: string | undefined): number | undefined {
    if (!name) return undefined;
    const node = this.writers.get(name);
    const tensor = node?.op === 'Constant' ? node.attributes.get('value')?.t : undefined;
    const constant = tensor
      ? readConstant(tensor, `node ${node?.index} (Constant)`)
      : this.model.initializers.get(name);
    if (constant) return constant.values.length === 1 ? constant.values[0] : undefined;
    return node?.op === 'Constant' ? node.attributes.get('value_float')?.f : undefined;
  }
}

/** Equal but for float32's rounding. */
const isNear = (a: number, b: number): boolean => Math.abs(a - b) < 1e-6;
