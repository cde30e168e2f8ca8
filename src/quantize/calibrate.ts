/** Which range of real values each tensor of a float graph takes on samples. */
import { DepthwiseError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { definitionOf } from '../operators/index.js';
import type { Range } from './affine.js';
import { runFloat } from './float-run.js';
import { chooseRange, Histogram, type RangeMethod } from './ranges.js';

/** One inference of the float graph: the values of each of its inputs, NHWC. */
export type Sample = readonly Float32Array[];

/**
 * By tensor index. Scores (outputs of the graph, and what softmax and sigmoid read) keep all values seen whatever
 * `method` says: clipped, the best ones would be equal. Throws INPUT_SIZE without samples, and MODEL_INVALID where a
 * layer's values are not finite.
 */
export function calibrate(graph: Graph, samples: readonly Sample[], method: RangeMethod = 'minmax'): Range[] {
  const ranges = seen(graph, samples);
  if (method === 'minmax') return ranges;
  const whole = scores(graph);
  const histograms = ranges.map((range) => new Histogram(range));
  const open = ranges.map(({ low, high }, index) => !whole.has(index) && low < high);
  for (const sample of samples) {
    runFloat(graph, sample).forEach((values, index) => {
      if (open[index]) histograms[index].add(values);
    });
  }
  return ranges.map((range, index) => (open[index] ? chooseRange(histograms[index], method) : range));
}

/** Tensors whose order of values is the answer. */
function scores(graph: Graph): Set<number> {
  const readers = graph.operators.filter((operator) => definitionOf(operator).readsScores);
  return new Set([...graph.outputs, ...readers.map(({ inputs }) => inputs[0])]);
}

function seen(graph: Graph, samples: readonly Sample[]): Range[] {
  if (samples.length === 0) {
    throw new DepthwiseError('INPUT_SIZE', 'No samples to calibrate with; expected at least one. Give --data FILES.');
  }
  const ranges = graph.tensors.map(() => ({ low: 0, high: 0 }));
  for (const sample of samples) {
    runFloat(graph, sample).forEach((values, index) => {
      if (graph.tensors[index].data) return;
      const range = ranges[index];
      for (const value of values) {
        if (!Number.isFinite(value)) throw notFinite(graph, index, value);
        if (value < range.low) range.low = value;
        else if (value > range.high) range.high = value;
      }
    });
  }
  return ranges;
}

function notFinite(graph: Graph, index: number, value: number): DepthwiseError {
  return new DepthwiseError(
    'MODEL_INVALID',
    `tensor ${index} "${graph.tensors[index].name}": the value ${value} in the float model; expected: finite values. ` +
      'Check the weights and the input values (training may have diverged).',
  );
}
