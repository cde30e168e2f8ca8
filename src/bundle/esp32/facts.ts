/** C sources that depend on the model: what the example needs to know of it, and its kernels. */
import { H_CRC32 } from '../../format/layout.js';
import type { BlobContents } from '../../format/read.js';
import { pixelMapping } from '../../input/quantize.js';

const WRAP = 32;

/** `0x1,0x2,...` in lines. */
function bytesOf(values: Uint8Array): string {
  const lines = Array.from({ length: Math.ceil(values.length / WRAP) }, (_, i) =>
    Array.from(values.subarray(i * WRAP, (i + 1) * WRAP)).join(','),
  );
  return lines.map((line) => `    ${line},\n`).join('');
}

const array = (type: string, name: string, values: Uint8Array): string =>
  `${type} ${name}[${values.length}] = {\n${bytesOf(values)}};\n`;

/** Inputs of the example's test picture: stripes, and zeros where the model has more than one input. */
export function testInputs({ inputs }: BlobContents): Uint8Array[] {
  return inputs.map(({ bytes }, index) =>
    index === 0 ? Uint8Array.from({ length: bytes }, (_, i) => 37 * i) : new Uint8Array(bytes),
  );
}

/**
 * main/model_facts.h of the example.
 * @param expected the first output for testInputs.
 */
export function modelFacts(blob: Uint8Array, contents: BlobContents, expected: Uint8Array): string {
  const [input] = contents.inputs;
  const [, height, width, channels] = input.shape;
  return `/* Of the model that depthwise bundled: "${contents.name.replace(/[^\x20-\x7e]|\*\//g, '?')}". */
#ifndef MODEL_FACTS_H
#define MODEL_FACTS_H

#include <stdint.h>

#define MODEL_HEIGHT ${height}
#define MODEL_WIDTH ${width}
#define MODEL_CHANNELS ${channels}
#define MODEL_ROW_BYTES ${input.bytes / height}

/* The byte of the input for each value of a pixel. */
${array('static const uint8_t', 'model_pixels', pixelMapping(input).bytes)}
/* As it stands in the .dw file: the expected output is of that one. */
${array('static const uint8_t', 'model_crc32', blob.subarray(H_CRC32, H_CRC32 + 4))}
/* The first output for the test picture, computed when the model was bundled. */
${array('static const uint8_t', 'model_expected', expected)}
#endif
`;
}

/** The component's model_kernels.c where wasm3 runs them: the module, as a C array. */
export function wasm3Kernels(kernels: Uint8Array): string {
  return `/* kernels.wasm of depthwise, and the interpreter that runs it. */
#include "dw_model.h"

${array('static const uint8_t', 'kernels_wasm', kernels)}
const dw_kernels dw_model_kernels = {&dw_wasm3, kernels_wasm, sizeof kernels_wasm};
`;
}
