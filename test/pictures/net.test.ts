/** Networks on boards that take frames: dist/pictures.js behind a runtime. */
import { createContext, runInContext } from 'node:vm';
import test, { type ExecutionContext } from 'ava';
import type { FrameShape } from '../../src/board-js/pictures/frame.js';
import type { PictureNet } from '../../src/board-js/pictures/script.js';
import { compile } from '../../src/compile.js';
import { pictureScript } from '../../src/engines/picture-script.js';
import { runReference } from '../../src/engines/reference.js';
import { readBlob } from '../../src/format/read.js';
import type { Graph } from '../../src/graph/graph.js';
import { buildMobileNet } from '../../src/mobilenet/builder.js';
import { parseSpec } from '../../src/mobilenet/topology.js';
import type { FitName } from '../../src/pictures/fit.js';
import { type Frame, type FrameFormat, rowBytes } from '../../src/pictures/frame.js';
import { frameToInput } from '../../src/pictures/input.js';
import { pixelBytes } from '../../src/pictures/pixels.js';
import { bundle } from '../board-js/engine.js';
import { findings } from '../board-js/es5.js';
import { GraphBuilder, seededRandom } from '../graph/builder.js';

/** @param between put behind the runtime, before the script for pictures. */
function open(blob: Uint8Array, file = 'depthwise.js', between = ''): PictureNet {
  const realm = createContext({});
  runInContext(`${bundle(file)}${between}${pictureScript()}`, realm);
  return (runInContext('depthwise', realm) as { open(blob: Uint8Array): PictureNet }).open(blob);
}

function frameOf(format: FrameFormat, width: number, height: number): Frame {
  const random = seededRandom(width);
  const data = Uint8Array.from({ length: rowBytes(format, width) * height }, () => Math.floor(random() * 256));
  return { width, height, format, data };
}

const shapeOf = ({ width, height, format }: Frame, fit?: FitName): FrameShape => ({ width, height, format, fit });

/** What the reference makes of a frame. */
function expected(graph: Graph, blob: Uint8Array, frame: Frame, fit: FitName): Uint8Array {
  const [{ shape, pixels, dtype }] = readBlob(blob).inputs;
  const [, height, width, channels] = shape;
  const input = { width, height, channels: channels as 1 | 3, bytes: pixelBytes(pixels, dtype) };
  return runReference(graph, [frameToInput(frame, input, fit, 'frame').bytes])[0];
}

const raw = (values: Int8Array | Uint8Array) => Uint8Array.from(values, (value) => value & 255);

const colour = buildMobileNet(parseSpec('mobilenet:0.25@32x40x3,4'));
const grey = buildMobileNet(parseSpec('mobilenet:0.25@33x32x1,3'));

test('classify takes frames, of resident inputs and of those that come row by row, in every runtime', (t) => {
  for (const [graph, frame, fit] of [
    [colour, frameOf('rgb565be', 64, 48), 'crop'],
    [colour, frameOf('yuyv', 31, 20), 'letterbox'],
    [grey, frameOf('rgb888', 40, 64), 'crop'],
    [grey, frameOf('grey', 90, 7), 'letterbox'],
  ] as const) {
    for (const options of [{}, { memory: 'min', frame: 'rows' }] as const) {
      const { blob } = compile(graph, options);
      for (const file of ['depthwise.js', 'depthwise.mobilenet.js']) {
        const net = open(blob, file);
        const answer = net.classify(frame.data, shapeOf(frame, fit));
        t.deepEqual(raw(net.output()), expected(graph, blob, frame, fit), `${file}, ${frame.format}, ${fit}`);
        t.is(answer.index, net.top(1)[0].index);
        // Again, after an inference that was not finished.
        net.tick();
        net.classify(frame.data, shapeOf(frame, fit));
        t.deepEqual(raw(net.output()), expected(graph, blob, frame, fit));
      }
    }
  }
});

test('a model of uint8', (t) => {
  const b = new GraphBuilder(seededRandom(3), 'uint8');
  const graph = b.graph([b.conv(b.input([1, 8, 8, 3]), 3)]);
  const { blob } = compile(graph);
  const frame = frameOf('uyvy', 30, 21);
  const net = open(blob);
  net.classify(frame.data, shapeOf(frame));
  t.deepEqual(raw(net.output()), expected(graph, blob, frame, 'crop'));
});

test('without a shape classify takes the bytes of the input, as ever', (t) => {
  const { blob } = compile(grey);
  const net = open(blob);
  const input = frameOf('grey', 32, 33).data;
  net.classify(input);
  t.deepEqual(raw(net.output()), runReference(grey, [input])[0]);
});

function throwsCode(t: ExecutionContext, code: string, action: () => unknown, message: RegExp): void {
  const error = t.throws(action, { any: true }) as Error & { code?: string };
  t.is(error.code, code, error.message);
  t.regex(error.message, message);
}

test('frames that are none are refused, and the network goes on', (t) => {
  const { blob } = compile(colour);
  const net = open(blob);
  const frame = frameOf('rgb565', 20, 10);
  const shape = shapeOf(frame);
  throwsCode(t, 'LENGTH', () => net.classify(frame.data.subarray(1), shape), /^LENGTH 399 not 400$/);
  throwsCode(t, 'LENGTH', () => net.classify(undefined as never, shape), /^LENGTH 0 not 400$/);
  throwsCode(t, 'FRAME', () => net.classify(frame.data, { ...shape, format: 'rgb' }), /^FRAME rgb$/);
  throwsCode(t, 'FRAME', () => net.classify(frame.data, { ...shape, width: 0 }), /^FRAME 0$/);
  throwsCode(t, 'FRAME', () => net.classify(frame.data, { width: 20, format: 'rgb565' } as never), /^FRAME undefined$/);
  throwsCode(
    t,
    'FRAME',
    () => net.classify(frame.data, { ...shape, width: 40 * 257, fit: 'letterbox' }),
    /^FRAME 10280$/,
  );
  const b = new GraphBuilder(seededRandom(3));
  const five = compile(b.graph([b.conv(b.input([1, 4, 4, 5]), 3)])).blob;
  throwsCode(t, 'FRAME', () => open(five).classify(frame.data, shape), /^FRAME 5$/);
  net.classify(frame.data, shape);
  t.deepEqual(raw(net.output()), expected(colour, blob, frame, 'crop'));
});

test('boxes of a head come back in pixels of the frame', (t) => {
  const { blob } = compile(colour);
  const head = `(function () {
    var open = depthwise.open;
    depthwise.open = function (blob) {
      var net = open(blob);
      net.detect = function (pixels) { return pixels ? [] : [{ label: 'x', x: 10, y: 4, width: 20, height: 16 }]; };
      return net;
    };
  })();`;
  const net = open(blob, 'depthwise.js', head) as PictureNet & {
    detect(pixels: Uint8Array, shape?: FrameShape): object[];
  };
  const frame = frameOf('grey', 160, 64);
  // The middle 80 pixels, twice as large as the input.
  t.deepEqual(JSON.parse(JSON.stringify(net.detect(frame.data, shapeOf(frame)))), [
    { label: 'x', x: 60, y: 8, width: 40, height: 32 },
  ]);
  t.deepEqual(raw(net.output()), expected(colour, blob, frame, 'crop'));
  t.is(net.detect(frame.data).length, 0);
});

test('every engine understands the script, and it is small', (t) => {
  t.deepEqual(findings(bundle('pictures.js')), []);
  t.true(bundle('pictures.js').length <= 6 * 1024, String(bundle('pictures.js').length));
});
