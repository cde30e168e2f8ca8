/** The MODEL argument: a file, the name of a built-in model, or a MobileNet described in a few numbers. */
import { existsSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { asset } from '../assets.js';
import { DepthwiseError } from '../errors.js';
import { type BlobContents, readBlob } from '../format/read.js';
import type { Graph } from '../graph/graph.js';
import { cutGraph } from '../import/cut.js';
import { looksLikeOnnx } from '../import/onnx/identify.js';
import { importOnnx } from '../import/onnx/import.js';
import { isFloatGraph } from '../import/tflite/float.js';
import { isTflite } from '../import/tflite/identify.js';
import { importTflite, readTflite } from '../import/tflite/import.js';
import { buildMobileNet } from '../mobilenet/builder.js';
import { isSpec, parseSpec } from '../mobilenet/topology.js';
import { BlobView } from '../program/blob-view.js';
import { H_MAGIC, MAGIC } from '../program/layout.js';
import { isScaled } from '../quantize/own-scales.js';
import { DEFAULT_PIXEL_RANGE } from '../quantize/pixels.js';
import { quantizeAsScaled, quantizeUncalibrated } from '../quantize/uncalibrated.js';
import { readFile } from './files.js';
import { note } from './output.js';

export type Model = { kind: 'graph'; graph: Graph } | { kind: 'dw'; blob: Uint8Array; contents: BlobContents };

/** Models that come with the package, as .tflite files in dist/models. */
export const BUILT_IN = ['digits', 'digits-mini', 'cifar10'];

export const MODEL_HELP = `a .tflite or .onnx file (quantised, or float and not calibrated), a .dw file, a built-in model (${BUILT_IN.join(', ')}), or mobilenet:ALPHA@HxWxC,CLASSES with seeded random weights`;

/** `cut` names tensors, separated by commas, at which the model is cut. @throws DepthwiseError MODEL_NOT_FOUND, MODEL_INVALID, MODEL_UNSUPPORTED, BLOB_*, USAGE. */
export function loadModel(argument: string, cut?: string): Model {
  const outputs = cut === undefined ? undefined : parseOutputs(cut);
  if (isSpec(argument)) {
    const graph = buildMobileNet(parseSpec(argument));
    return { kind: 'graph', graph: outputs ? cutGraph(graph, outputs) : graph };
  }
  if (existsSync(argument)) return fromFile(argument, outputs);
  if (BUILT_IN.includes(argument))
    return { kind: 'graph', graph: importTflite(asset(`models/${argument}.tflite`), argument, outputs) };
  throw new DepthwiseError('MODEL_NOT_FOUND', `There is no model "${argument}": expected ${MODEL_HELP}.`);
}

/** NAME[,NAME]. Throws USAGE. */
export function parseOutputs(text: string): string[] {
  const names = text.split(',');
  if (names.every((name) => name !== '') && new Set(names).size === names.length) return names;
  throw new DepthwiseError('USAGE', `--outputs "${text}": expected names of tensors, separated by commas, each once.`);
}

function fromFile(path: string, outputs: readonly string[] | undefined): Model {
  const bytes = readFile(path, 'MODEL_NOT_FOUND');
  if (extname(path) === '.dw' || startsWithMagic(bytes)) return { kind: 'dw', blob: bytes, contents: readBlob(bytes) };
  const graph = readGraph(bytes, path, outputs);
  return { kind: 'graph', graph: isFloatGraph(graph) ? fromFloat(graph, path) : graph };
}

/** The graph of a .tflite or .onnx file: quantised, or float. */
export function readGraph(bytes: Uint8Array, path: string, outputs: readonly string[] | undefined): Graph {
  const name = basename(path, extname(path));
  const onnx = looksLikeOnnx(bytes) || (extname(path) === '.onnx' && !isTflite(bytes));
  return onnx ? importOnnx(bytes, name, dirname(path), outputs) : readTflite(bytes, name, outputs);
}

/**
 * Quantises by a model's own scales; a float model, or what is float in it, gets ranges from random inputs: costs are
 * real then, answers rough.
 */
function fromFloat(float: Graph, path: string): Graph {
  if (isScaled(float)) return quantizeAsScaled(float);
  const graph = quantizeUncalibrated(float);
  const { black, white } = graph.uncalibrated?.pixelRange ?? DEFAULT_PIXEL_RANGE;
  const output = `${graph.name}${extname(path) === '.tflite' ? '_int8' : ''}.tflite`;
  const advice =
    graph.inputs.length === 1
      ? `For its real accuracy: depthwise quantize ${path} --data FILES -o ${output}`
      : 'Only models with one input can be calibrated (depthwise quantize).';
  note(
    `warning: ${path} is a float model, quantised here with the ranges of random inputs (pixels from ${black} to ${white}). ${advice}`,
  );
  return graph;
}

const startsWithMagic = (bytes: Uint8Array): boolean => bytes.length >= 4 && new BlobView(bytes).u32(H_MAGIC) === MAGIC;
