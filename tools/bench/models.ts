/** The models that are counted: MobileNets of random weights always, real ones where DEPTHWISE_FIXTURES names a folder. */
import { join } from 'node:path';
import { loadModel } from '../../src/cli/model.js';
import { type Compiled, compile } from '../../src/compile.js';

export interface BenchModel {
  /** Its name in baseline.json. */
  name: string;
  compiled: Compiled;
}

const MOBILENETS = ['mobilenet:0.25@96x96x1,2', 'mobilenet:0.25@96x96x3,2'];
const REAL = ['person_detect', 'vww_96_int8', 'kws_ref_model', 'mobilenet_v1_0.25_128_quant'];

/** Its name in baseline.json stands for the whole network: what is left of it without dead channels is another line. */
const SPARSE = 'vww_96_int8';

export function benchModels(fixtures = process.env.DEPTHWISE_FIXTURES ?? ''): BenchModel[] {
  const models = MOBILENETS.map((name) => load(name, name, true));
  if (fixtures === '') return models;
  for (const name of REAL) {
    const path = join(fixtures, 'models', `${name}.tflite`);
    models.push(load(name, path, name !== SPARSE));
    if (name === SPARSE) models.push(load(`${name}, live channels`, path, true));
  }
  return models;
}

function load(name: string, argument: string, deadChannels: boolean): BenchModel {
  const model = loadModel(argument);
  if (model.kind !== 'graph') throw new Error(`${argument} is a .dw file, expected a model`);
  return { name, compiled: compile(model.graph, { deadChannels }) };
}
