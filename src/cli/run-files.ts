/** The files of `run`: records in, outputs out. */
import { concatUint8Arrays } from 'typed-array-utils';
import { DepthwiseError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { writeNpy } from '../input/npy.js';
import { type InputPort, readInputs, type Shown } from '../input/read.js';
import type { FitName } from '../pictures/fit.js';
import { writeFile } from './files.js';
import { note } from './output.js';
import type { Runnable } from './run-report.js';

export interface Records {
  /** Record by record, one array of bytes per model input. */
  inputs: Uint8Array[][];
  /** The picture that the first input of each record is from, where it is one. */
  shown: (Shown | undefined)[];
}

/** A model with one input takes any number of files, one after the other. */
export async function readRecords(files: string[], ports: InputPort[], fit?: FitName): Promise<Records> {
  if (ports.length !== 1) return readTogether(files, ports, fit);
  const parts: Records[] = [];
  for (const file of files) parts.push(await readTogether([file], ports, fit));
  return { inputs: parts.flatMap(({ inputs }) => inputs), shown: parts.flatMap(({ shown }) => shown) };
}

/** A file for each input, with as many records in each. */
async function readTogether(files: string[], ports: InputPort[], fit?: FitName): Promise<Records> {
  if (files.length !== ports.length) {
    const names = ports.map((port) => port.name).join(', ');
    throw new DepthwiseError(
      'USAGE',
      `${files.length} --input given, expected ${ports.length}, in this order: ${names}.`,
    );
  }
  const columns: Uint8Array[][] = [];
  let picture: Shown | undefined;
  for (const [i, file] of files.entries()) {
    const { records, mapping, shown } = await readInputs(file, ports[i], fit);
    if (i === 0) picture = shown;
    if (mapping) note(`${file}: ${mapping}`);
    columns.push(records);
  }
  const count = columns[0].length;
  const odd = columns.findIndex((records) => records.length !== count);
  if (odd > 0) {
    throw new DepthwiseError(
      'INPUT_SIZE',
      `${files[odd]} holds ${columns[odd].length} records, ${files[0]} holds ${count}: expected as many in each.`,
    );
  }
  return {
    inputs: columns[0].map((_, record) => columns.map((records) => records[record])),
    shown: columns[0].map(() => picture),
  };
}

/** Writes what each operator leaves into a folder, NN_OPERATOR.bin. */
export function layerWriter(graph: Graph, folder: string): (operator: number, output: Uint8Array) => void {
  // Where an importer leaves operators out, the numbers of the others have gaps.
  const names = new Map(graph.operators.map(({ index, op }) => [index, op]));
  return (operator, output) => {
    const name = `${String(operator).padStart(2, '0')}_${names.get(operator)}.bin`;
    writeFile(`${folder}/${name}`, output);
  };
}

/** Record after record, in the model's own types; as one array where the name ends in .npy. */
export function writeOutputs(file: string, outputs: Uint8Array[][], { contents, graph }: Runnable): void {
  if (!file.endsWith('.npy')) {
    writeFile(file, concatUint8Arrays(...outputs.flat()));
    return;
  }
  if (contents.outputs.length !== 1) {
    throw new DepthwiseError(
      'USAGE',
      `${file} can hold one array, but the model has ${contents.outputs.length} outputs: write a .bin file.`,
    );
  }
  const tensor = graph?.tensors[graph.outputs[0]];
  const { shape } = tensor ?? contents.outputs[0];
  const dtype = tensor?.dtype === 'float32' ? 'float32' : contents.outputs[0].dtype;
  const records = shape.length > 1 && shape[0] === 1 ? shape.slice(1) : shape;
  writeFile(file, writeNpy(dtype, [outputs.length, ...records], concatUint8Arrays(...outputs.flat())));
}
