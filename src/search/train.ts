/** Hands candidates to the trainer of the repository, tools/train/candidate.py, and takes their accuracies back. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { trainerUrl } from '../assets.js';
import { DepthwiseError } from '../errors.js';
import { layersOf } from '../mobilenet/topology.js';
import { type Candidate, specOf, type Task } from './candidates.js';

export interface Training {
  /** Folder or archive of train/CLASS/NAME.jpg. */
  data: string;
  out: string;
  epochs?: number;
}

/** The trainer and its host, which a test replaces. */
export interface TrainerHost {
  trainer: string;
  python: string;
}

const HOST = (): TrainerHost => ({ trainer: fileURLToPath(trainerUrl()), python: process.env.PYTHON ?? 'python3' });

/**
 * The python command that can run the trainer; to be asked before anything else is done.
 * @throws DepthwiseError TOOL_MISSING where the trainer is not there, or Python, or a package that it needs.
 */
export function findTrainer({ trainer, python }: TrainerHost = HOST()): TrainerHost {
  if (!existsSync(trainer)) {
    throw new DepthwiseError(
      'TOOL_MISSING',
      `--train needs the trainer, tools/train, which is part of the repository and not of the npm package (${trainer} is not there). ` +
        'Run the command in a clone of the repository, after npm ci && npm run build.',
    );
  }
  const { status, error, stderr } = spawnSync(python, ['-c', 'import torch, numpy, PIL'], { encoding: 'utf8' });
  if (status === 0) return { trainer, python };
  const found = error ? error.message : (stderr.trim().split('\n').at(-1) ?? `it ended with ${status}`);
  throw new DepthwiseError(
    'TOOL_MISSING',
    `--train needs Python with PyTorch, NumPy and Pillow, and ${python} says: ${found}. ` +
      'Install them: python3 -m pip install torch numpy pillow, or apt-get install python3-torch python3-numpy python3-pil. ' +
      'The environment variable PYTHON names another interpreter.',
  );
}

/**
 * Trains the candidates one after the other, with their output on stderr; each as OUT/NAME.onnx, and OUT/accuracies.json for
 * --accuracies. What a former run has finished is not trained again.
 * @returns the candidates with their top-1 on the pictures that validate.
 * @throws DepthwiseError CHECK_FAILED where the trainer fails.
 */
export function trainAll<T extends Candidate>(
  candidates: readonly T[],
  task: Task,
  { data, out, epochs }: Training,
  { trainer, python }: TrainerHost,
): T[] {
  mkdirSync(out, { recursive: true });
  const trained: T[] = [];
  for (const candidate of candidates) {
    const name = `alpha${candidate.alpha}-size${candidate.size}-depth${candidate.depth}`;
    const layers = join(out, `${name}.layers.json`);
    writeFileSync(layers, `${JSON.stringify(shapeOf(candidate, task))}\n`);
    const args = [trainer, '--layers', layers, '--data', data, '--out', out, '--name', name];
    if (epochs !== undefined) args.push('--epochs', String(epochs));
    const { status, error } = spawnSync(python, args, { stdio: ['ignore', 2, 2] });
    if (status !== 0) {
      throw new DepthwiseError(
        'CHECK_FAILED',
        `The training of ${candidate.model} ended with ${error?.message ?? status}; what it said is above. The same command goes on from there.`,
      );
    }
    const { correct, total } = JSON.parse(readFileSync(join(out, `${name}.json`), 'utf8'));
    trained.push({ ...candidate, accuracy: correct / total });
    const known = trained.map(({ alpha, size, depth, accuracy }) => ({ alpha, size, depth, accuracy }));
    writeFileSync(join(out, 'accuracies.json'), `${JSON.stringify(known, null, 2)}\n`);
  }
  return trained;
}

/** Layers in the form of tools/train/model.py: channels after alpha. */
function shapeOf(candidate: Candidate, task: Task) {
  const [stem, ...rest] = layersOf(specOf(candidate, task));
  const pairs: number[][] = [];
  for (const { kind, stride, outputShape } of rest) {
    if (kind === 'depthwise') pairs.push([stride]);
    if (kind === 'pointwise') pairs.at(-1)!.push(outputShape[2]);
  }
  return { size: candidate.size, ...task, stem: [stem.stride, stem.outputShape[2]], pairs };
}
