/** The model's facts that the example needs, as C. */

import type { BlobContents } from '../../format/read.js';
import { H_CRC32 } from '../../program/layout.js';

const WRAP = 32;

/** `0x1,0x2,...` in lines. */
function bytesOf(values: Uint8Array): string {
  const lines = Array.from({ length: Math.ceil(values.length / WRAP) }, (_, i) =>
    Array.from(values.subarray(i * WRAP, (i + 1) * WRAP)).join(','),
  );
  return lines.map((line) => `    ${line},\n`).join('');
}

/** A C array with these values. */
export const byteArray = (type: string, name: string, values: Uint8Array): string =>
  `${type} ${name}[${values.length}] = {\n${bytesOf(values)}};\n`;

/**
 * main/model_facts.h of the example.
 * @param expected the first output for testInputs.
 */
export function modelFacts(blob: Uint8Array, contents: BlobContents, expected: Uint8Array): string {
  const [input] = contents.inputs;
  const [, height, width, channels] = input.shape;
  return `/* Of the model that depthwise bundled: "${contents.name.replace(/[^\x20-\x7e]|\*\//g, '_')}". */
#ifndef MODEL_FACTS_H
#define MODEL_FACTS_H

#include <stdint.h>

#define MODEL_HEIGHT ${height}
#define MODEL_WIDTH ${width}
#define MODEL_CHANNELS ${channels}
#define MODEL_ROW_BYTES ${input.bytes / height}

/* CRC of the .dw file, as stored in it: the expected output belongs to that file. */
${byteArray('static const uint8_t', 'model_crc32', blob.subarray(H_CRC32, H_CRC32 + 4))}
/* The first output for the test picture, computed when the model was bundled. */
${byteArray('static const uint8_t', 'model_expected', expected)}
#endif
`;
}
