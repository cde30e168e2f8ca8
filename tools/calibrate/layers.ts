/** Random networks of a single layer: what the figures are fitted to. Shapes are those of networks for microcontrollers. */
import type { Activation, Graph, Padding } from '../../src/graph/graph.js';
import { GraphBuilder, seededRandom } from '../../test/graph/builder.js';

type Build = (b: GraphBuilder) => number;

const size = (b: GraphBuilder): number => b.integer(3, 24);
const channels = (b: GraphBuilder): number => b.pick(3, 8, 10, 16, 24, 32, 48, 64, 96, 128);

/** An input of at most 12,000 values, so that every board has room for it. */
function input(b: GraphBuilder, most = 12_000): number {
  const shape = [1, size(b), size(b), channels(b)];
  while (shape[1] * shape[2] * shape[3] > most) shape[b.integer(1, 3)] >>= 1;
  return b.input(shape.map((dim) => Math.max(1, dim)));
}

const activation = (b: GraphBuilder): Activation => b.pick<Activation>('relu', 'relu6', 'none');
const window = (b: GraphBuilder, kernel: number) => {
  const stride = b.integer(1, 2);
  const padding: Padding = 'same';
  return { kernel: [kernel, kernel], stride: [stride, stride], padding } as {
    kernel: [number, number];
    stride: [number, number];
    padding: Padding;
  };
};

/** A zero point at the lower end lets a layer with ReLU take the fast requantisation, as exporters have it. */
function likeExporters(graph: Graph): Graph {
  const fused = new Set(
    graph.operators.flatMap((op) => ('activation' in op && op.activation !== 'none' ? op.outputs : [])),
  );
  const tensors = graph.tensors.map((tensor) =>
    fused.has(tensor.index) && tensor.quantization
      ? { ...tensor, quantization: { ...tensor.quantization, zeroPoint: [-128] } }
      : tensor,
  );
  return { ...graph, tensors };
}

const BUILDERS: Record<string, Build> = {
  pointwise: (b) => b.conv(input(b), channels(b), { kernel: [1, 1], activation: activation(b) }),
  'large pointwise': (b) => {
    const side = b.integer(3, 12);
    const x = b.input([1, side, side, b.pick(64, 128, 256)]);
    return b.conv(x, b.pick(64, 96, 128, 256), { kernel: [1, 1], activation: 'relu6' });
  },
  'convolution 3x3': (b) => b.conv(input(b, 6_000), b.integer(2, 32), { ...window(b, 3), activation: activation(b) }),
  'first layer': (b) => {
    const side = b.integer(24, 56);
    const x = b.input([1, side, side, b.pick(1, 3)]);
    return b.conv(x, b.pick(8, 16, 24), { ...window(b, 3), stride: [2, 2], activation: 'relu6' });
  },
  'convolution of other windows': (b) =>
    b.conv(input(b, 6_000), b.integer(2, 24), {
      ...window(b, 3),
      kernel: [b.integer(2, 10), b.integer(2, 5)],
      activation: activation(b),
    }),
  'depthwise 3x3': (b) => b.depthwise(input(b), 1, { ...window(b, 3), activation: activation(b) }),
  'wide depthwise': (b) => {
    const side = b.integer(12, 40);
    const x = b.input([1, side, side, b.pick(8, 16)]);
    return b.depthwise(x, 1, { ...window(b, 3), activation: 'relu6' });
  },
  'depthwise of other windows': (b) =>
    b.depthwise(input(b, 4_000), 1, { ...window(b, b.pick(2, 4, 5)), activation: activation(b) }),
  'fully connected': (b) => b.fullyConnected(b.input([1, 1, 1, b.integer(64, 1024)]), b.integer(24, 100)),
  'average pool': (b) => b.pool('AVERAGE_POOL_2D', input(b), { kernel: [b.integer(2, 3), b.integer(2, 3)] }),
  'max pool': (b) => b.pool('MAX_POOL_2D', input(b), { kernel: [2, 2], stride: [2, 2] }),
  mean: (b) => b.mean(input(b), true),
  add: (b) => {
    const x = input(b);
    const other = b.input(b.tensors[x].shape);
    return b.add({ op: 'ADD', activation: activation(b) }, [x, other]);
  },
  table: (b) => b.probabilities({ op: 'LOGISTIC' }, input(b)),
  pad: (b) =>
    b.pad(
      input(b),
      Array.from({ length: 4 }, () => b.integer(0, 2)),
    ),
  softmax: (b) => b.probabilities({ op: 'SOFTMAX', beta: 1 }, b.input([1, b.integer(2, 200)])),
};

export interface Layer {
  title: string;
  graph: Graph;
}

/** `each` layers of every sort; the same seed makes the same ones. */
export function randomLayers(each: number, seed = 2017): Layer[] {
  const random = seededRandom(seed);
  return Object.entries(BUILDERS).flatMap(([title, build]) =>
    Array.from({ length: each }, (_, i) => {
      const b = new GraphBuilder(random);
      const output = build(b);
      return { title: `${title} ${i}`, graph: likeExporters(b.graph([output])) };
    }),
  );
}
