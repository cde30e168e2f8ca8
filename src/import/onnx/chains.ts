/** Chains of ONNX nodes that are one operator written out: what they are made of, and how one node takes their place. */
import { type OnnxModel, type OnnxNode, readConstant } from '../../onnx/model.js';

/** Nodes but for the last one, none of whose outputs anything else reads, and what goes in. */
export interface Chain {
  x: string;
  nodes: readonly OnnxNode[];
}

/** A chain that ends at a node, and the node that computes the same. */
export type Found = Chain & { becomes: Pick<OnnxNode, 'op' | 'attributes'> };

/** The nodes, where the last one of each chain that `find` finds is what it becomes and the others are gone. */
export function joinChains(model: OnnxModel, find: (node: OnnxNode, values: Values) => Found | undefined): OnnxNode[] {
  const values = new Values(model);
  const gone = new Set<OnnxNode>();
  const joined = new Map<OnnxNode, OnnxNode>();
  for (const node of model.nodes) {
    const chain = find(node, values);
    if (!chain) continue;
    for (const each of chain.nodes) gone.add(each);
    joined.set(node, { ...node, ...chain.becomes, inputs: [chain.x] });
  }
  return joined.size === 0
    ? model.nodes
    : model.nodes.flatMap((node) => joined.get(node) ?? (gone.has(node) ? [] : [node]));
}

/** Who writes and who reads the values of a model. */
export class Values {
  private readonly writers = new Map<string, OnnxNode>();
  private readonly readers = new Map<string, number>();

  constructor(private readonly model: OnnxModel) {
    for (const node of model.nodes) {
      for (const name of node.outputs) this.writers.set(name, node);
      for (const name of new Set(node.inputs)) this.count(name);
    }
    for (const { name } of model.outputs) this.count(name);
  }

  private count(name: string): void {
    this.readers.set(name, (this.readers.get(name) ?? 0) + 1);
  }

  /** The node that writes a value, if one other node alone reads it. */
  only(name: string): OnnxNode | undefined {
    const node = this.writers.get(name);
    return node && this.readers.get(name) === 1 && node.outputs.length === 1 ? node : undefined;
  }

  /** The one value of a constant, which may be a node. */
  value(name: string | undefined): number | undefined {
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
export const isNear = (a: number, b: number): boolean => Math.abs(a - b) < 1e-6;
