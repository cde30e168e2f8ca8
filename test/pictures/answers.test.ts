/** What the integers change of answers: pictures that are cropped and resampled, against the filter in floating point. */
import test, { type ExecutionContext } from 'ava';
import { asset } from '../../src/assets.js';
import { compile } from '../../src/compile.js';
import type { Session } from '../../src/engines/engine.js';
import { openSession } from '../../src/engines/run.js';
import { readBlob } from '../../src/format/read.js';
import type { Graph } from '../../src/graph/graph.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { decodePicture } from '../../src/input/picture.js';
import { fitFrame } from '../../src/pictures/fit.js';
import { type Frame, unpackRow } from '../../src/pictures/frame.js';
import { frameToInput } from '../../src/pictures/input.js';
import { pixelBytes } from '../../src/pictures/pixels.js';
import { loadCifar10 } from '../../tools/eval/cifar10.js';
import { spread } from '../../tools/eval/sample.js';
import { fixture, readFixture, withFixtures } from '../fixtures.js';
import { seededRandom } from '../graph/builder.js';
import { resampleInFloat } from './float.js';

/** The class of a frame, by integers and in floating point. */
interface Names {
  integers: number;
  float: number;
}

class Namer {
  private readonly session: Session;
  private readonly bytes: Uint8Array;
  private readonly signed: boolean;
  private readonly size: { width: number; height: number };

  constructor(graph: Graph) {
    const { blob } = compile(graph);
    const [{ shape, pixels, dtype }] = readBlob(blob).inputs;
    this.session = openSession(blob, 'node');
    this.bytes = pixelBytes(pixels, dtype);
    this.signed = dtype === 'int8';
    this.size = { width: shape[2], height: shape[1] };
  }

  names(frame: Frame): Names {
    const input = { ...this.size, channels: 3, bytes: this.bytes } as const;
    const expected = this.inFloat(frame);
    const found = frameToInput(frame, input, 'crop', 'frame').bytes;
    const integers = this.best(found);
    const same = found.every((byte, i) => byte === expected[i]);
    return { integers, float: same ? integers : this.best(expected) };
  }

  private inFloat(frame: Frame): Uint8Array {
    const { part } = fitFrame(frame, this.size, 'crop');
    const rows = Array.from({ length: part.height }, (_, y) => [
      ...unpackRow(frame, part.top + y, part.left, part.width, 3),
    ]);
    const pixels = resampleInFloat(Uint8Array.from(rows.flat()), part, this.size, 3);
    return pixels.map((pixel) => this.bytes[pixel]);
  }

  private best(input: Uint8Array): number {
    const [output] = this.session.run([input]);
    // Of int8 and uint8 alike; of equal scores the first one.
    const values = output.map((byte) => (this.signed ? byte ^ 128 : byte));
    return values.indexOf(Math.max(...values));
  }
}

/** A part of a frame. */
function cut(frame: Frame, left: number, top: number, width: number, height: number): Frame {
  const rows = Array.from({ length: height }, (_, y) => [...unpackRow(frame, top + y, left, width, 3)]);
  return { width, height, format: 'rgb888', data: Uint8Array.from(rows.flat()) };
}

withFixtures(test, '50 parts of photographs: at most one of them is named otherwise', async (t: ExecutionContext) => {
  const namer = new Namer(importTflite(readFixture('models', 'mobilenet_v2_1.0_224_quant.tflite'), 'mobilenet'));
  const random = seededRandom(50);
  let others = 0;
  for (let i = 0; i < 50; i++) {
    const name = ['bird', 'cat', 'grace_hopper'][i % 3];
    const picture = await decodePicture(readFixture('pictures', `${name}.bmp`), name);
    const width = Math.floor(picture.width * (0.5 + 0.5 * random()));
    const height = Math.floor(picture.height * (0.5 + 0.5 * random()));
    const left = Math.floor((picture.width - width) * random());
    const top = Math.floor((picture.height - height) * random());
    const frame = cut(picture, left, top, width, height);
    const { integers, float } = namer.names(frame);
    if (integers !== float) others++;
  }
  t.log(`${others} of 50`);
  t.true(others <= 1);
});

withFixtures(test, 'cifar10, its pictures enlarged: as many are right, within one', async (t: ExecutionContext) => {
  const namer = new Namer(importTflite(asset('models/cifar10.tflite'), 'cifar10'));
  const archive = fixture('datasets', 'cifar10-jpg.tar.gz');
  const samples = await loadCifar10(archive, 'test', (entries) => spread(entries, 200));
  const side = 71;
  let [integers, float] = [0, 0];
  for (const { pixels, label } of samples) {
    const data = resampleInFloat(pixels, { width: 32, height: 32 }, { width: side, height: side }, 3);
    const frame: Frame = { width: side, height: side, format: 'rgb888', data };
    const found = namer.names(frame);
    if (found.integers === label) integers++;
    if (found.float === label) float++;
  }
  t.log(`${integers} and ${float} of ${samples.length} right`);
  t.true(Math.abs(integers - float) <= 1);
});
