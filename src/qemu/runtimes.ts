/** Parts of an image: the portable core, a backend, and the program of firmware-glue/qemu. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { assetPath, glueFolder } from '../assets.js';
import type { Core } from './cores.js';
import type { Sources } from './objects.js';

export const FIRMWARE_RUNTIMES = ['wasm3', 'aot'] as const;
export type FirmwareRuntime = (typeof FIRMWARE_RUNTIMES)[number];

/** Files of firmware-glue/core that every firmware has, and those of a backend. */
export const CORE_FILES = [
  ...['dw.c', 'dw_classes.c', 'dw_picture.c', 'dw_frame.c', 'dw_head.c', 'dw_heads.c'],
  ...['dw_boxes.c', 'dw_ssd.c', 'dw_yolo.c', 'dw_embed.c', 'dw_gallery.c', 'dw_locate.c'],
];
export const BACKEND_FILES: Record<FirmwareRuntime, string[]> = {
  wasm3: ['dw_wasm3.c', 'dw_wasm3_calls.c'],
  aot: ['dw_aot.c', 'dw_check_steps.c', 'dw_check_full.c', 'dw_check_scratch.c', 'dw_check_tasks.c'],
};

const COMMON = ['-O2', '-DNDEBUG', '-ffunction-sections', '-fdata-sections'];
const STRICT = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-Wconversion'];

/**
 * The C files of an image, besides the .dw file and the kernels.
 * @param kinds kinds of steps whose native kernels are compiled in, 1 << KIND_* each.
 */
export function imageSources(
  core: Core,
  runtime: FirmwareRuntime,
  kinds: number,
  main = glue('qemu', 'main.c'),
): Sources[] {
  const program = [main, ...core.sources.map((name) => glue('qemu', name))];
  const sources = runtime === 'wasm3' ? wasm3Sources(program) : aotSources(program, kinds);
  return sources.map(({ files, flags }) => ({
    files,
    flags: [...core.headers, ...COMMON, `-DDW_${runtime.toUpperCase()}`, ...flags],
  }));
}

/** wasm3 is compiled as it is; what is ours passes every warning. */
function wasm3Sources(program: string[]): Sources[] {
  const wasm3 = assetPath('wasm3');
  const ours = [`-I${glue('core')}`, `-I${glue('qemu')}`];
  const config = ['-include', glue('core', 'wasm3_config.h'), ...ours];
  const core = CORE_FILES.map((name) => glue('core', name));
  const backend = BACKEND_FILES.wasm3.map((name) => glue('core', name));
  const included = ['wasm3_compile.c', 'wasm3_env.c'].map((name) => glue('core', name));
  const theirs = readdirSync(wasm3).filter((name) => name.endsWith('.c'));
  return [
    { files: [...core, ...program], flags: [...STRICT, ...ours] },
    { files: backend, flags: [...STRICT, ...config, '-isystem', wasm3] },
    { files: [...included, ...theirs.map((name) => join(wasm3, name))], flags: [...config, `-I${wasm3}`] },
  ];
}

/** The kernels are linked in; everything passes every warning. */
function aotSources(program: string[], kinds: number): Sources[] {
  const core = [...CORE_FILES, ...BACKEND_FILES.aot].map((name) => glue('core', name));
  const flags = [...STRICT, `-I${glue('core')}`, `-I${glue('qemu')}`, `-DDW_KINDS=0x${kinds.toString(16)}u`];
  return [{ files: [...core, assetPath('kernels.c'), ...program], flags }];
}

function glue(...path: string[]): string {
  return join(glueFolder(), ...path);
}
