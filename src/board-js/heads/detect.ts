/** `net.detect()`: what heads with boxes have in common. */
import type { Found, HeadFile, Scratch } from '../../heads/readers/head-file.js';
import type { Net } from '../net.js';
import { infer, labelOf, openHead, type Runtime, realScore } from './head.js';

/** One object, in pixels of the input. */
export interface Detection {
  /** Empty where the model brings no name for it. */
  label: string;
  score: number;
  index: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface DetectorNet extends Net {
  /**
   * Objects, best first, of one inference, or, without pixels, of the last one.
   * @param pixels raw bytes of the first input.
   * @throws Error with code LENGTH.
   */
  detect(pixels?: ArrayLike<number>): Detection[];
}

/** Makes `open` of a runtime give nets that detect. */
export function addDetect(runtime: Runtime, kind: number, read: (f: HeadFile, s: Scratch) => Found[]): void {
  const open = runtime.open;
  runtime.open = (blob) => {
    const net = open(blob) as DetectorNet;
    const f = openHead(net, blob, kind, true);
    net.detect = (pixels) => {
      infer(f, pixels);
      const found = read(f, f._scratch);
      const detections: Detection[] = [];
      for (let i = 0; i < found.length; i++) {
        const o = found[i];
        detections.push({
          label: labelOf(f, o.index),
          score: realScore(f, o.score),
          index: o.index,
          x: o.x / 16,
          y: o.y / 16,
          width: o.width / 16,
          height: o.height / 16,
        });
      }
      return detections;
    };
    return net;
  };
}
