/**
 * Compiles src/kernels/wasm/native to dist/kernels.native.wasm, and that to C: dist/kernels.c, which a board's compiler
 * makes native code of (docs/native.md). No tool but those of this package is needed, here or by users.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import binaryen from 'binaryen';
import * as L from '../../src/program/layout.js';
import { type ExportKinds, emitC, type OtherForms } from './c/module.js';
import { setFeatures, translate } from './kernels.js';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const ENTRY = 'src/kernels/wasm/native/index.ts';

/**
 * Statements without values inside, in the order of the sources. Nothing is moved or inlined here: the C compiler does that
 * better, and the order in which the kernels load, multiply and add is theirs (see HEAD).
 */
const PASSES = [
  'remove-unused-module-elements',
  'dce',
  'vacuum',
  'remove-unused-names',
  'remove-unused-brs',
  'merge-blocks',
  'precompute',
  'flatten',
  'vacuum',
  'reorder-locals',
  'remove-unused-names',
  'merge-blocks',
  'vacuum',
  'remove-unused-module-elements',
];

/**
 * gcc's passes that gather loads, or all additions of one sum, at one place, or let a hot loop compete with all around it: they
 * need twice the registers that there are (docs/native.md).
 */
const HEAD = `/* Kernels of depthwise, made of src/kernels/wasm/native by tools/build/native.ts. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-schedule-insns", "no-tree-reassoc", "no-tree-ter", "no-inline-functions-called-once")
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#endif
#include "dw_kernel.h"

`;

const kinds = (...list: number[]): number => list.reduce((mask, kind) => mask | (1 << kind), 0);

/** The steps that each export computes. tick() is not for C, where dw_aot.c does its work. */
const EXPORTS: ExportKinds = {
  tick: 0,
  conv: kinds(L.KIND_CONV),
  depthwise: kinds(L.KIND_DEPTHWISE, L.KIND_DEPTHWISE_ROW),
  pool: kinds(L.KIND_AVERAGE_POOL, L.KIND_MAX_POOL),
  mean: kinds(L.KIND_MEAN),
  add: kinds(L.KIND_ADD),
  lookUp: kinds(L.KIND_LUT),
  pad: kinds(L.KIND_PAD),
  softmax: kinds(L.KIND_SOFTMAX),
  flip: kinds(L.KIND_FLIP),
  fullyConnected: kinds(L.KIND_FULLY_CONNECTED),
  reduce: kinds(L.KIND_REDUCE),
  resizeBilinear: kinds(L.KIND_RESIZE_BILINEAR),
  l2Normalize: kinds(L.KIND_L2_NORMALIZE),
  generalConv: kinds(L.KIND_GENERAL_CONV),
  gather: kinds(L.KIND_GATHER),
  permute: kinds(L.KIND_PERMUTE),
  binary: kinds(L.KIND_BINARY),
  softmaxRows: kinds(L.KIND_SOFTMAX_ROWS),
};

/** Hot loops that are written for one machine, too. */
const OTHERS: OtherForms = {
  conv_halves_dotPixels: { macro: 'DW_MAC16', header: 'dw_mac16_pixels.h' },
  depthwise_dot_tapsLow: { macro: 'DW_MAC16', header: 'dw_mac16_taps.h' },
  depthwise_dot_tapsHigh: { macro: 'DW_MAC16' },
};

/** Builds dist/kernels.native.wasm and dist/kernels.c. */
export async function buildNative(): Promise<void> {
  const wasm = flatten(await translate(ENTRY, (_, text) => text, ['--debug']));
  await mkdir(DIST, { recursive: true });
  await replace('kernels.native.wasm', wasm);
  await replace('kernels.c', Buffer.from(HEAD + emitC(wasm, EXPORTS, OTHERS)));
}

function flatten(wasm: Uint8Array): Uint8Array {
  const module = binaryen.readBinary(wasm);
  setFeatures(module);
  // Names become those of the C functions.
  binaryen.setDebugInfo(true);
  for (const pass of PASSES) module.runPasses([pass]);
  const binary = new Uint8Array(module.emitBinary());
  module.dispose();
  binaryen.setDebugInfo(false);
  return binary;
}

/** Not rewritten while tests read it. */
async function replace(name: string, bytes: Uint8Array): Promise<void> {
  const old = await readFile(join(DIST, name)).catch(() => null);
  if (old === null || !old.equals(bytes)) await writeFile(join(DIST, name), bytes);
}
