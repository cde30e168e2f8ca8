// How a board keeps two models in flash, so that one can be replaced over the air: two halves of an area, each a sector
// with a record and then the .dw file. firmware-glue/core/dw_slots.h says how they are used. Plain numbers, as in
// layout.ts; all values are little-endian.
//
//   record | marks | rest of the sector, erased | .dw file | erased

/** Bytes that flash erases at a time. */
export const SLOT_SECTOR = 4096;
/** Where the .dw file begins in its slot. */
export const SLOT_MODEL = 4096;
/** Flash is written in whole units of this size, each once: encrypted flash, and flash with ECC, asks for it. */
export const SLOT_UNIT = 16;

// --- record: u32 each, byte offset in the slot. It is written last, and makes the slot valid. -----------------------
/** "DWS" 0x01 */
export const SLOT_MAGIC = 0x01535744;
export const SLOT_R_MAGIC = 0;
/** Sequence number: of two valid slots the higher one boots. */
export const SLOT_R_SEQUENCE = 4;
/** Length of the .dw file. */
export const SLOT_R_BYTES = 8;
/** CRC-32 of the whole .dw file. */
export const SLOT_R_CRC32 = 12;
/** CRC-32 of what stands before it. */
export const SLOT_R_CHECK = 16;
export const SLOT_RECORD_BYTES = 32;

// --- marks: a unit each. Not set: erased. Set: written, with zeros. --------------------------------------------------
/** The model has been started for the first time. */
export const SLOT_TRIED = 32;
/** It has run. */
export const SLOT_CONFIRMED = 48;
/** It has failed. */
export const SLOT_REJECTED = 64;
