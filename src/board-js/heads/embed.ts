import { embed } from '../../heads/readers/embed.js';
import { HEAD_EMBED } from '../../program/head-layout.js';
import type { Net } from '../net.js';
import { infer, openHead, type Runtime } from './head.js';

export interface EmbedderNet extends Net {
  /** The vector, at length 127, of one inference, or, without pixels, of the last one. */
  embed(pixels?: ArrayLike<number>): Int8Array;
}

export default function head(runtime: Runtime): void {
  const open = runtime.open;
  runtime.open = (blob) => {
    const net = open(blob) as EmbedderNet;
    const f = openHead(net, blob, HEAD_EMBED, false);
    net.embed = (pixels) => {
      infer(f, pixels);
      return embed(f);
    };
    return net;
  };
}
