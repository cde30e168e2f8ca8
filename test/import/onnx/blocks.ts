/** Random Conv, BatchNormalization, Clip blocks, and what they must compute: plain loops over NCHW, in double. */
import fc from 'fast-check';
import type { ModelSpec, NodeSpec } from './build.js';

export interface Block {
  height: number;
  width: number;
  channels: number;
  outputs: number;
  depthwise: boolean;
  kernel: [height: number, width: number];
  strides: [height: number, width: number];
  /** Top, left, bottom, right. */
  pads: [number, number, number, number];
  batchNorm: boolean;
  relu6: boolean;
  seed: number;
}

const shape = {
  height: fc.integer({ min: 1, max: 7 }),
  width: fc.integer({ min: 1, max: 7 }),
  kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  strides: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
  pads: fc.tuple(...([0, 0, 0, 0] as const).map(() => fc.integer({ min: 0, max: 2 }))),
  batchNorm: fc.boolean(),
  relu6: fc.boolean(),
  seed: fc.integer({ min: 1, max: 2 ** 30 }),
};

export const block: fc.Arbitrary<Block> = fc
  .record({
    ...shape,
    channels: fc.integer({ min: 1, max: 4 }),
    factor: fc.integer({ min: 1, max: 3 }),
    depthwise: fc.boolean(),
  })
  .map(({ factor, ...rest }) => ({ ...rest, outputs: rest.depthwise ? rest.channels * factor : factor + 1 }))
  .filter(
    ({ height, width, kernel, pads }) =>
      height + pads[0] + pads[2] >= kernel[0] && width + pads[1] + pads[3] >= kernel[1],
  )
  .map((value) => value as Block);

/** Numbers in -1..1 from a small generator (mulberry32): cheaper to shrink than thousands of arbitrary floats. */
export function randomValues(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}

export function parameters(b: Block) {
  const { outputs, seed } = b;
  const depth = b.depthwise ? 1 : b.channels;
  const random = (count: number, part: number) => randomValues(count, seed + part);
  return {
    depth,
    weights: random(outputs * depth * b.kernel[0] * b.kernel[1], 1),
    bias: random(outputs, 2),
    gamma: random(outputs, 3),
    beta: random(outputs, 4),
    mean: random(outputs, 5),
    variance: random(outputs, 6).map((value) => Math.abs(value) + 0.1),
  };
}

/** input `x` -> output `y`. */
export function blockModel(b: Block): ModelSpec {
  const p = parameters(b);
  const nodes: NodeSpec[] = [
    {
      op: 'Conv',
      inputs: ['x', 'w', 'b'],
      outputs: ['conv'],
      attributes: { group: b.depthwise ? b.channels : 1, strides: b.strides, pads: b.pads, kernel_shape: b.kernel },
    },
  ];
  if (b.batchNorm) {
    const inputs = ['conv', 'gamma', 'beta', 'mean', 'variance'];
    nodes.push({ op: 'BatchNormalization', inputs, outputs: ['norm'], attributes: { epsilon: { float: 1e-3 } } });
  }
  if (b.relu6) nodes.push({ op: 'Clip', inputs: [nodes.at(-1)!.outputs[0], 'low', 'high'], outputs: ['clip'] });
  const list = (data: Float32Array) => ({ shape: [data.length], data });
  return {
    nodes,
    constants: {
      w: { shape: [b.outputs, p.depth, ...b.kernel], data: p.weights },
      b: list(p.bias),
      gamma: list(p.gamma),
      beta: list(p.beta),
      mean: list(p.mean),
      variance: list(p.variance),
      low: { shape: [], data: Float32Array.of(0) },
      high: { shape: [], data: Float32Array.of(6) },
    },
    inputs: { x: ['batch', b.channels, b.height, b.width] },
    outputs: [nodes.at(-1)!.outputs[0]],
  };
}

/** x NCHW -> y NCHW, and the height and width of y. */
export function expectedBlock(b: Block, x: Float32Array): { values: number[]; height: number; width: number } {
  const p = parameters(b);
  const [kernelH, kernelW] = b.kernel;
  const height = Math.floor((b.height + b.pads[0] + b.pads[2] - kernelH) / b.strides[0]) + 1;
  const width = Math.floor((b.width + b.pads[1] + b.pads[3] - kernelW) / b.strides[1]) + 1;
  const values: number[] = [];
  for (let o = 0; o < b.outputs; o++) {
    for (let oy = 0; oy < height; oy++) {
      for (let ox = 0; ox < width; ox++) {
        let sum = p.bias[o];
        for (let d = 0; d < p.depth; d++) {
          const c = b.depthwise ? Math.floor((o * b.channels) / b.outputs) : d;
          for (let ky = 0; ky < kernelH; ky++) {
            for (let kx = 0; kx < kernelW; kx++) {
              const [y, z] = [oy * b.strides[0] + ky - b.pads[0], ox * b.strides[1] + kx - b.pads[1]];
              if (y < 0 || y >= b.height || z < 0 || z >= b.width) continue;
              const weight = p.weights[((o * p.depth + d) * kernelH + ky) * kernelW + kx];
              sum += weight * x[(c * b.height + y) * b.width + z];
            }
          }
        }
        if (b.batchNorm)
          sum = (p.gamma[o] * (sum - p.mean[o])) / Math.sqrt(p.variance[o] + Math.fround(1e-3)) + p.beta[o];
        values.push(b.relu6 ? Math.min(6, Math.max(0, sum)) : sum);
      }
    }
  }
  return { values, height, width };
}

export function toNhwc(nchw: ArrayLike<number>, channels: number): Float32Array {
  const pixels = nchw.length / channels;
  return Float32Array.from({ length: nchw.length }, (_, i) => nchw[(i % channels) * pixels + Math.floor(i / channels)]);
}
