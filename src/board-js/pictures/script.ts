/**
 * Frames of cameras and screens: a script that is put behind the runtime, and behind that of a head, where they are wanted.
 * Methods that take the bytes of the first input take those of a frame too, with its shape; boxes come back in its pixels.
 */
import { fileOf } from '../file.js';
import type { Answer, Net } from '../net.js';
import type { Blob } from '../open.js';
import { type FrameShape, type Range, toFrame } from './frame.js';
import { takeFrame } from './picture.js';

/** One inference. @throws Error with code FRAME where the model takes no such frame, LENGTH where these are not its bytes. */
type See = (frame: ArrayLike<number>, shape: FrameShape) => Range[];

/** A method of a head; without pixels it answers from the last inference. */
type Method = (pixels?: ArrayLike<number>, shape?: FrameShape) => unknown;

export interface PictureNet extends Net {
  classify(pixels: ArrayLike<number>, shape?: FrameShape): Answer;
}

interface Runtime {
  open(blob: Blob): PictureNet;
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** From pixels of the input to pixels of the frame, both in sixteenths. */
function moveBox(box: Box, ranges: Range[]): void {
  const right = toFrame(ranges[0], 16 * (box.x + box.width));
  const below = toFrame(ranges[1], 16 * (box.y + box.height));
  const x = toFrame(ranges[0], 16 * box.x);
  const y = toFrame(ranges[1], 16 * box.y);
  box.x = x / 16;
  box.y = y / 16;
  box.width = (right - x) / 16;
  box.height = (below - y) / 16;
}

function extend(net: { [name: string]: Method | undefined }, name: string, see: See): void {
  const method = net[name];
  if (!method) return;
  net[name] = (pixels, shape) => {
    if (!shape) return method(pixels);
    const ranges = see(pixels as ArrayLike<number>, shape);
    const answer = method();
    if (name === 'detect') for (let i = 0; i < (answer as Box[]).length; i++) moveBox((answer as Box[])[i], ranges);
    return answer;
  };
}

/** Makes `open` of a runtime give nets that take frames. */
export default function addPictures(runtime: Runtime): void {
  const open = runtime.open;
  runtime.open = (blob) => {
    const net = open(blob);
    const m = fileOf(blob);
    const classify = net.classify;
    const see: See = (frame, shape) => {
      net.begin();
      const ranges = takeFrame(m, frame, shape, net.input(), net.push);
      // An input that comes row by row has had its last row.
      if (net.input().length) net.invoke();
      return ranges;
    };
    net.classify = (pixels, shape) => {
      if (!shape) return classify(pixels);
      see(pixels, shape);
      return net.top(1)[0];
    };
    const methods = ['detect', 'embed', 'locate'];
    for (let i = 0; i < methods.length; i++) extend(net as never, methods[i], see);
    return net;
  };
}
