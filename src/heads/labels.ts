/** Names of what answers are of. */
import { BlobView } from '../program/blob-view.js';
import * as H from '../program/head-layout.js';

const BACKGROUND = 'background';

/** Answers that have names: classes of the head, or, without a head, `values` of the first output. */
export function labelCount(head: Uint8Array | undefined, values: number): number {
  const view = head && new BlobView(head);
  return !view || view.u32(H.D_KIND) === H.HEAD_NONE ? values : view.u32(H.D_CLASSES);
}

/**
 * Labels in the order of the head's classes: lists with and without the background are both common, for grids that have such a
 * class and for SSD, which counts without it.
 */
export function fitLabels(
  labels: readonly string[] | undefined,
  head: Uint8Array | undefined,
): readonly string[] | undefined {
  if (!labels || !head) return labels;
  const view = new BlobView(head);
  const [kind, classes] = [view.u32(H.D_KIND), view.u32(H.D_CLASSES)];
  const background = kind === H.HEAD_CENTROIDS && view.i32(H.D_BACKGROUND) === 0;
  if (background && labels.length === classes - 1) return [BACKGROUND, ...labels];
  if (kind === H.HEAD_SSD && labels.length === classes + 1) return labels.slice(1);
  return labels;
}
