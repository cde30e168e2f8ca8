/** The image of a model slot as a board's flash holds it: ../../format/slot-layout.ts. */
import { crc32 } from '../../format/crc32.js';
import * as S from '../../format/slot-layout.js';

/**
 * A slot with a model that counts as confirmed: what is flashed over a cable has nothing to fall back to. What is not
 * part of the image is erased flash.
 * @param sequence of two slots the higher one is used; updates over the air count on from it.
 */
export function slotImage(blob: Uint8Array, sequence = 1): Uint8Array {
  const image = new Uint8Array(S.SLOT_MODEL + blob.length).fill(0xff);
  const view = new DataView(image.buffer);
  view.setUint32(S.SLOT_R_MAGIC, S.SLOT_MAGIC, true);
  view.setUint32(S.SLOT_R_SEQUENCE, sequence, true);
  view.setUint32(S.SLOT_R_BYTES, blob.length, true);
  view.setUint32(S.SLOT_R_CRC32, crc32(blob), true);
  view.setUint32(S.SLOT_R_CHECK, crc32(image.subarray(0, S.SLOT_R_CHECK)), true);
  image.fill(0, S.SLOT_TRIED, S.SLOT_TRIED + S.SLOT_UNIT);
  image.fill(0, S.SLOT_CONFIRMED, S.SLOT_CONFIRMED + S.SLOT_UNIT);
  image.set(blob, S.SLOT_MODEL);
  return image;
}
