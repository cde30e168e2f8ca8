/** L2_NORMALIZATION: the channels of each pixel divided by their Euclidean norm. Outputs are -1 to 1 in steps of 1/128. */
import type { OperatorOf } from '../graph/graph.js';
import { channelsOf, elements, perTensor } from '../graph/graph.js';
import { unsupported } from '../graph/refusal.js';
import { l2Normalization as normalized } from '../kernels/reference/l2-normalization.js';
import type { NodeTranslation } from '../onnx/translate.js';
import { KIND_L2_NORMALIZE, STEP_UNSIGNED_ROUNDING } from '../program/layout.js';
import { activationField } from '../tflite/options.js';
import { type OperatorDefinition, type Placed, place } from './definition.js';

const OPTIONS = { activation: 0 } as const;

/** The scale that the kernels' shift by 7 bits stands for. */
const OUTPUT_SCALE = 1 / 128;
/** So many squares have a sum below 2^31. */
const MOST_CHANNELS = 2 ** 15;
/** Added under the root by TFLite's float kernel, so that zeros stay zeros. */
const EPSILON = 1e-6;

type L2 = OperatorOf<'L2_NORMALIZATION'>;

export const l2Normalization: OperatorDefinition<L2> = {
  tflite: {
    options: 11,
    read(options) {
      const activation = options.activation(OPTIONS.activation);
      if (activation === 'none') return {};
      throw options.unsupported(`activation ${activation}`, 'none');
    },
    write: () => ({ [OPTIONS.activation]: activationField('none') }),
  },
  onnx: { LpNormalization: { translate: translateLpNormalization } },
  inputs: [1, 1],
  anyShape: true,
  check({ operator, input, output }) {
    const { scale, zeroPoint } = perTensor(output);
    const middle = output.dtype === 'uint8' ? 128 : 0;
    if (Math.abs(scale / OUTPUT_SCALE - 1) > 1e-3 || zeroPoint !== middle) {
      const found = `output scale ${scale}, zero point ${zeroPoint}`;
      throw unsupported(operator)(found, `scale 1/128, zero point ${middle}`, undefined, output);
    }
    if (channelsOf(input) > MOST_CHANNELS) {
      throw unsupported(operator)(`${channelsOf(input)} channels`, `${MOST_CHANNELS} at most`, undefined, input);
    }
  },
  run: (run) => normalized(run.bytes(0), run.out, { ...pixelsOf(run), ...zeroPointOf(run) }, run.rounding),
  runFloat({ input, values: [from], out }) {
    const channels = channelsOf(input);
    for (let at = 0; at < from.length; at += channels) {
      const pixel = from.subarray(at, at + channels);
      const norm = Math.sqrt(
        Math.max(
          EPSILON,
          pixel.reduce((sum, value) => sum + value * value, 0),
        ),
      );
      for (let c = 0; c < channels; c++) out[at + c] = pixel[c] / norm;
    }
  },
  lower(lowering, operator) {
    const { output } = place(lowering.graph, operator);
    const flags = output.dtype === 'uint8' ? STEP_UNSIGNED_ROUNDING : 0;
    lowering.push({ ...lowering.base(operator), kind: KIND_L2_NORMALIZE, flags });
  },
  outputMap: { scale: OUTPUT_SCALE, zeroPoint: 0 },
};

const pixelsOf = ({ input }: Placed<L2>) => ({
  pixels: elements(input.shape) / channelsOf(input),
  channels: channelsOf(input),
});

const zeroPointOf = ({ input }: Placed<L2>) => ({ inputZeroPoint: perTensor(input).zeroPoint });

/** LpNormalization of order 2, over the channels. */
function translateLpNormalization(node: NodeTranslation): void {
  const input = node.anyActivation();
  const rank = input.shape.length;
  const last = node.isChannelsLast();
  const channels = rank === 4 && !last ? 1 : rank - 1;
  const axis = node.axis(node.int('axis', -1), rank);
  if (axis !== channels || node.int('p', 2) !== 2) {
    throw node.unsupported(`axis ${axis}, p ${node.int('p', 2)}`, `axis ${channels}, over the channels, and p 2`);
  }
  node.finish(node.write({ op: 'L2_NORMALIZATION' }, [input.index], input.shape), last);
}
