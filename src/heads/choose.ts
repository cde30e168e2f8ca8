/** Choice of a model's head: the one that it states itself, or the one that its shapes leave no doubt of. */
import { DepthwiseError } from '../errors.js';
import { elements, type Graph, hwc, perTensor, type Tensor } from '../graph/graph.js';
import { type HeadSpec, YOLO_VERSIONS } from '../graph/head.js';
import { definitionOf } from '../operators/index.js';
import { cellsOf } from './cells.js';

/** Names that --head takes besides a file. */
export const HEAD_CHOICES = [
  'none',
  'classify',
  'centroids',
  'ssd',
  'yolo',
  ...YOLO_VERSIONS.filter((version) => version !== 'decoded').map((version) => `yolo${version}`),
  'embed',
  'locate',
];

/** Softmax and logistic give probabilities in 1/256. */
const PROBABILITY = 1 / 256;

/**
 * The head of a graph.
 * @param name of HEAD_CHOICES; without one, what the model says or its shapes.
 * @throws DepthwiseError USAGE where there is more to know than a name.
 */
export function chooseHead(graph: Graph, name?: string): HeadSpec {
  if (name === undefined) return graph.head ?? headOfShapes(graph);
  if (graph.head?.kind === name) return graph.head;
  switch (name) {
    case 'none':
    case 'classify':
    case 'embed':
      return { kind: name };
    case 'centroids':
      return { kind: name, background: backgroundOf(graph) };
    case 'yolo':
      throw moreToKnow(name, `yolov2, yolov3, yolov5 or yolov8, or a file with the version and the anchors`);
    case 'ssd':
      throw moreToKnow(name, 'a model that ends in TFLite_Detection_PostProcess');
    case 'locate':
      if (graph.labels) return cellsOf(graph.labels);
      throw moreToKnow(name, '--labels with the latitude and longitude of each cell');
  }
  const version = YOLO_VERSIONS.find((version) => name === `yolo${version}`);
  if (version) return { kind: 'yolo', version };
  throw new DepthwiseError('USAGE', `--head ${name}: expected ${HEAD_CHOICES.join(', ')}, or a .json file.`);
}

function moreToKnow(name: string, what: string): DepthwiseError {
  return new DepthwiseError(
    'USAGE',
    `--head ${name} alone does not say how outputs become answers: expected ${what}. docs/heads.md has the fields of such files.`,
  );
}

/** One flat output is a classifier, a grid of probabilities has objects in its cells; anything else nobody knows. */
function headOfShapes(graph: Graph): HeadSpec {
  const [output, ...others] = graph.outputs.map((index) => graph.tensors[index]);
  const [height, width, channels] = hwc(output.shape);
  // A model that chooses classes itself has one, or a map of them.
  if (!output.quantization && output.dtype !== 'float32')
    return { kind: elements(output.shape) === 1 ? 'classify' : 'none' };
  if (elements(output.shape) === Math.max(...output.shape)) return { kind: 'classify' };
  const grid = others.length === 0 && output.shape.length === 4 && channels > 1;
  const [input] = graph.inputs.map((index) => hwc(graph.tensors[index].shape));
  const coarse = 4 * height <= input[0] && 4 * width <= input[1];
  if (grid && coarse && isProbability(output) && scoresOf(graph, output) === 'of classes') {
    return { kind: 'centroids', background: 0 };
  }
  return { kind: 'none' };
}

/** Where probabilities add up to 1, the first is that of the background. */
function backgroundOf(graph: Graph): number {
  const output = graph.tensors[graph.outputs[0]];
  return scoresOf(graph, output) === 'one by one' || hwc(output.shape)[2] === 1 ? -1 : 0;
}

function isProbability(tensor: Tensor): boolean {
  return tensor.dtype === 'float32' || perTensor(tensor).scale === PROBABILITY;
}

/** Which scores were made probabilities in a tensor, behind changes of type and of shape. */
function scoresOf(graph: Graph, tensor: Tensor): 'of classes' | 'one by one' | undefined {
  const operator = graph.operators.find(({ outputs }) => outputs.includes(tensor.index));
  if (!operator) return undefined;
  const { isView, readsScores } = definitionOf(operator);
  const isChange = isView || operator.op === 'DEQUANTIZE' || operator.op === 'QUANTIZE';
  return isChange ? scoresOf(graph, graph.tensors[operator.inputs[0]]) : readsScores;
}
