import { locate } from '../../heads/readers/locate.js';
import { D_SCORE_ZERO, HEAD_LOCATE } from '../../program/head-layout.js';
import type { Net } from '../net.js';
import { infer, openHead, type Runtime, realScore } from './head.js';

export interface Place {
  /** Degrees. */
  latitude: number;
  longitude: number;
  radiusKm: number;
  score: number;
}

export interface LocatorNet extends Net {
  /** Where a picture was taken: of one inference, or, without pixels, of the last one. Nothing where no cell has a score. */
  locate(pixels?: ArrayLike<number>): Place | undefined;
}

export default function head(runtime: Runtime): void {
  const open = runtime.open;
  runtime.open = (blob) => {
    const net = open(blob) as LocatorNet;
    const f = openHead(net, blob, HEAD_LOCATE, false);
    net.locate = (pixels) => {
      infer(f, pixels);
      const place = locate(f);
      return (
        place && {
          latitude: place.latitude / 65536,
          longitude: place.longitude / 65536,
          radiusKm: place.radiusKm,
          score: realScore(f, place.score + f._word(D_SCORE_ZERO)),
        }
      );
    };
    return net;
  };
}
