/** SOFTMAX over the last axis. Outputs are probabilities in steps of 1/256. */
import type { OperatorOf } from '../graph/graph.js';
import { unsupported } from '../graph/refusal.js';
import { softmaxParameters } from '../kernels/reference/prepare.js';
import { softmax as probabilities } from '../kernels/reference/softmax.js';
import { softmaxExpTable } from '../kernels/reference/tables.js';
import { words } from '../lower/tables.js';
import type { NodeTranslation } from '../onnx/translate.js';
import { KIND_SOFTMAX } from '../program/layout.js';
import { rowsOf } from '../program/program.js';
import { checkProbabilities, PROBABILITY } from './checks.js';
import type { OperatorDefinition } from './definition.js';

const OPTIONS = { beta: 0 } as const;

export const softmax: OperatorDefinition<OperatorOf<'SOFTMAX'>> = {
  tflite: {
    options: 9,
    read: (options) => ({ beta: options.float32(OPTIONS.beta) }),
    write: ({ operator }) => ({ [OPTIONS.beta]: { float32: operator.beta } }),
  },
  onnx: { Softmax: { translate: translateSoftmax } },
  inputs: [1, 1],
  anyShape: true,
  check(placed) {
    const { operator } = placed;
    if (!(operator.beta > 0 && Number.isFinite(operator.beta))) {
      throw unsupported(operator)(`beta ${operator.beta}`, 'beta above 0');
    }
    checkProbabilities(placed);
  },
  run(run) {
    const p = softmaxParameters(run.graph, run.operator, run.rounding);
    probabilities(run.bytes(0), run.out, p, run.rounding);
  },
  runFloat({ operator, input: { shape }, values: [all], out }) {
    const depth = shape[shape.length - 1];
    for (let at = 0; at < all.length; at += depth) {
      const row = all.subarray(at, at + depth);
      const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
      const powers = Array.from(row, (value) => Math.exp((value - largest) * operator.beta));
      const sum = powers.reduce((a, b) => a + b, 0);
      out.set(
        powers.map((power) => power / sum),
        at,
      );
    }
  },
  lower(lowering, operator) {
    const { rounding } = lowering.options;
    const p = softmaxParameters(lowering.graph, operator, rounding);
    const { input, output, ...base } = lowering.base(operator);
    lowering.push({
      ...base,
      input: rowsOf(input, p.rows, p.depth),
      output: rowsOf(output, p.rows, p.depth),
      kind: KIND_SOFTMAX,
      table: words(...softmaxExpTable(p, rounding)),
    });
  },
  outputMap: PROBABILITY,
  readsScores: 'of classes',
  nonNegative: 'always',
};

/** Softmax of a row, or of every pixel of a map. Before operator set 13 the axes behind the stated one belong to it. */
function translateSoftmax(node: NodeTranslation): void {
  const input = node.anyActivation();
  const rank = input.shape.length;
  const last = node.isChannelsLast();
  const isOld = node.opset < 13;
  const axis = node.axis(node.int('axis', isOld ? 1 : -1), rank);
  const classes = rank === 4 && !last ? 1 : rank - 1;
  const isAlone = !isOld || classes === rank - 1 || input.shape[1] * input.shape[2] === 1;
  if (axis !== classes || !isAlone) {
    throw node.unsupported(`axis ${axis} of ${rank} dimensions`, `${classes}, over the classes alone`, input.name);
  }
  node.finish(node.write({ op: 'SOFTMAX', beta: 1 }, [input.index], input.shape), last);
}
