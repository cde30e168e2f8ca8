/**
 * The heap of Espruino, as of 2v29: an array of variables of one size, which everything lies in. A typed array is a
 * variable for the view, one for its buffer, and its bytes: in a run of whole variables behind one that heads it (a flat
 * string, src/jsvar.c: jsvNewFlatStringOfLength), or, where they are few, in one or two variables.
 */

/** Width of a reference, bits of a counter and bytes of a variable, by the number of variables: src/jsutils.h. */
const SIZES: [most: number, refBits: number, counterBits: number, bytes: number][] = [
  [2047, 11, 4, 12],
  [4095, 12, 8, 13],
  [8191, 13, 4, 13],
  [16383, 14, 8, 14],
  [65535, 16, 8, 16],
];

/** Sizes in a firmware that is built with so many variables. */
function sizes(variables: number): { bytes: number; first: number; next: number } {
  const [, refBits, counterBits, bytes] = SIZES.find(([most]) => variables <= most) ?? SIZES[SIZES.length - 1];
  // Bytes of text that the first variable of a string holds, and each further one.
  const first = 4 + ((3 * refBits) >> 3);
  return { bytes, first, next: 4 + ((3 * refBits + counterBits) >> 3) };
}

/** Bytes of a variable. */
export const variableBytes = (variables: number): number => sizes(variables).bytes;

/** Variables that `bytes` bytes of a buffer take. Runs begin at addresses that are multiples of 4. */
export function bufferVariables(bytes: number, variables: number): number {
  const { bytes: size, first, next } = sizes(variables);
  if (bytes > first + next) return 1 + Math.ceil(bytes / size);
  return bytes > first ? 2 : 1;
}

/** Variables of a new typed array with a buffer of its own. */
export const arrayVariables = (bytes: number, variables: number): number => 2 + bufferVariables(bytes, variables);

/** Variables of a typed array on a buffer that is there. */
export const VIEW_VARIABLES = 1;

/**
 * Variables of the runtime once it is loaded from the storage, which is where the text of its functions stays: 520 for
 * the 7,803 bytes of `mobilenet`, 694 for the 12,115 of `full`, counted on an Espruino of 12,000 variables of 14 bytes.
 */
export const moduleVariables = (scriptBytes: number): number => 200 + Math.ceil(scriptBytes / 24);

/**
 * Variables of an open network besides its arrays: objects and functions, 223 or 224 of them counted, and what comes and
 * goes while it runs, views of rows and pieces of the model: 388 to 402 in all, counted where the model is read.
 */
export const NET_VARIABLES = 512;
