import { embed } from '../../heads/readers/embed.js';
import { enroll, nearest, type Store } from '../../heads/readers/gallery.js';
import { D_THRESHOLD, HEAD_EMBED } from '../../program/head-layout.js';
import { fail } from '../fail.js';
import type { Net } from '../net.js';
import { infer, openHead, type Runtime } from './head.js';

/** A name of a gallery. */
export interface Name {
  /** `unknown` where none is near enough. */
  label: string;
  /** Cosine of the angle between the two vectors. */
  similarity: number;
}

export interface EmbedderNet extends Net {
  /** The vector, at length 127, of one inference, or, without pixels, of the last one. */
  embed(pixels?: ArrayLike<number>): Int8Array;
  /**
   * Adds a picture to a name.
   * @param store of the gallery: bytes that stay, 255 where they are erased.
   * @returns pictures of the name.
   * @throws Error with code LENGTH where the store is full, or the name of no or more than 31 bytes.
   */
  enroll(store: Store, label: string, pixels?: ArrayLike<number>): number;
  /** The name of a gallery that is nearest. */
  match(store: Store, pixels?: ArrayLike<number>): Name;
}

/** UTF-8. */
function bytesOf(text: string): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    // A pair of surrogates is one letter.
    if (code >> 10 === 54) code = 65536 + ((code & 1023) << 10) + (text.charCodeAt(++i) & 1023);
    if (code < 128) {
      bytes.push(code);
      continue;
    }
    if (code < 2048) bytes.push(192 | (code >> 6));
    else {
      if (code < 65536) bytes.push(224 | (code >> 12));
      else bytes.push(240 | (code >> 18), 128 | ((code >> 12) & 63));
      bytes.push(128 | ((code >> 6) & 63));
    }
    bytes.push(128 | (code & 63));
  }
  return bytes;
}

function textOf(bytes: number[]): string {
  let escaped = '';
  for (let i = 0; i < bytes.length; i++) escaped += (256 + bytes[i]).toString(16).replace('1', '%');
  return decodeURIComponent(escaped);
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
    net.enroll = (store, label, pixels) => {
      const pictures = enroll(store, bytesOf(label), net.embed(pixels));
      if (!pictures) fail('LENGTH', label);
      return pictures;
    };
    net.match = (store, pixels) => {
      const found = nearest(store, net.embed(pixels));
      const similarity = found ? found.similarity : 0;
      return {
        label: found && similarity >= f._word(D_THRESHOLD) ? textOf(found.label) : 'unknown',
        similarity: similarity / 32768,
      };
    };
    return net;
  };
}
