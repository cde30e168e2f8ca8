/** MEAN over height and width of a map [1,H,W,C]. */
import type { OperatorOf, Tensor } from '../graph/graph.js';
import { fromFront, hwc } from '../graph/graph.js';
import { unsupported } from '../graph/refusal.js';
import { mean as meanOf } from '../kernels/reference/mean.js';
import { meanParameters } from '../kernels/reference/prepare.js';
import { words } from '../lower/tables.js';
import type { NodeTranslation } from '../onnx/translate.js';
import { KIND_MEAN } from '../program/layout.js';
import { sameChannels } from './channels.js';
import { checkRescaling, int32Values } from './checks.js';
import type { OperatorDefinition } from './definition.js';

export const REDUCER_OPTIONS = { keepDims: 0 } as const;

export const mean: OperatorDefinition<OperatorOf<'MEAN'>> = {
  tflite: {
    options: 27,
    read: (options) => ({ keepDims: options.bool(REDUCER_OPTIONS.keepDims) }),
    write: ({ operator }) => ({ [REDUCER_OPTIONS.keepDims]: { int8: operator.keepDims ? 1 : 0 } }),
  },
  onnx: {
    GlobalAveragePool: { translate: (node) => writeMean(node, true) },
    ReduceMean: { translate: translateReduceMean },
  },
  inputs: [2, 2],
  check(placed) {
    const { operator, input } = placed;
    const axes = placed.inputs[1];
    const listed = [...int32Values(operator, axes).subarray(0, 8)];
    const wanted = listed.map((axis) => fromFront(axis, 4)).sort();
    if (input.shape.length !== 4 || String(wanted) !== '1,2') {
      throw unsupported(operator)(
        `axes [${listed}] of an input [${input.shape}]`,
        'the mean over height and width, axes 1 and 2 of four dimensions',
        undefined,
        axes,
      );
    }
    checkRescaling(placed);
  },
  shape: ({ operator, input }) => (operator.keepDims ? [1, 1, 1, input.shape[3]] : [1, input.shape[3]]),
  run: (run) => meanOf(run.bytes(0), run.out, meanParameters(run.graph, run.operator), run.rounding),
  runFloat({ input, values, out }) {
    const [height, width, channels] = hwc(input.shape);
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let p = 0; p < height * width; p++) sum += values[0][p * channels + c];
      out[c] = sum / (height * width);
    }
  },
  lower(lowering, operator) {
    const p = meanParameters(lowering.graph, operator);
    lowering.push({ ...lowering.base(operator), kind: KIND_MEAN, table: words(p.multiplier, p.shift) });
  },
  nonNegative: 'from inputs',
  links: (placed) => sameChannels(placed),
  constants({ graph, operator, output }, rounding) {
    const p = { ...meanParameters(graph, operator), channels: 1 };
    const bytes = output.dtype === 'int8' ? Int8Array : Uint8Array;
    return ([{ value }]) => {
      const result = new bytes(1);
      meanOf(new bytes(p.height * p.width).fill(value), result, p, rounding);
      return result[0];
    };
  },
  keepsZeros: true,
};

function writeMean(node: NodeTranslation, keepDims: boolean, input: Tensor = node.activation(0, 4)): void {
  const channels = input.shape[3];
  const axes = node.weights('axes', [2], Int32Array.of(1, 2));
  const shape = keepDims ? [1, 1, 1, channels] : [1, channels];
  node.finish(node.write({ op: 'MEAN', keepDims }, [input.index, axes], shape), keepDims && node.isChannelsLast());
}

/** Over height and width. Axes are an attribute up to operator set 17, then an input. */
function translateReduceMean(node: NodeTranslation): void {
  const stated = node.node.attributes.get('axes')?.ints ?? Array.from(node.constant(1)?.values ?? []);
  const axes = stated.map((axis) => fromFront(axis, 4)).sort();
  const [height, width] = node.isChannelsLast() ? [1, 2] : [2, 3];
  if (String(axes) !== `${height},${width}`) {
    throw node.unsupported(`axes ${stated.slice(0, 8)}`, `${height} and ${width}, height and width`);
  }
  writeMean(node, node.int('keepdims', 1) !== 0, node.anyActivation(0, 4));
}
