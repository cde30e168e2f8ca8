/**
 * Bundles src/runtime into one ES5 file per flavour, dist/depthwise.js and dist/depthwise.mobilenet.js. The file works as
 * a CommonJS module and as a plain script, which leaves a global `depthwise`. dist/selftest.js is a plain script that
 * leaves a global `selftest`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import typescript from '@rollup/plugin-typescript';
import { rollup } from 'rollup';
import { minify } from 'terser';

export const FLAVOURS = { full: 'depthwise.js', mobilenet: 'depthwise.mobilenet.js' } as const;
export const SELFTEST = 'selftest.js';

const ROOT = new URL('../../', import.meta.url);
const EXPORT = "if (typeof module !== 'undefined') module.exports = depthwise;";

export async function buildRuntime(): Promise<void> {
  mkdirSync(new URL('dist/', ROOT), { recursive: true });
  for (const [flavour, file] of Object.entries(FLAVOURS)) await build(flavour, 'depthwise', file, EXPORT);
  await build('selftest', 'selftest', SELFTEST);
}

async function build(source: string, name: string, file: string, footer = ''): Promise<void> {
  const script = await bundle(source, name, footer);
  writeFileSync(new URL(`dist/${file}`, ROOT), await shorten(script));
}

async function bundle(source: string, name: string, footer: string): Promise<string> {
  const build = await rollup({
    input: fileURLToPath(new URL(`src/runtime/${source}.ts`, ROOT)),
    // An empty library of helpers: syntax that ES5 has only with a helper fails to build.
    plugins: [
      typescript({ tsconfig: fileURLToPath(new URL('runtime.tsconfig.json', import.meta.url)), tslib: 'export {};' }),
    ],
    onwarn: (warning) => {
      throw new Error(`The runtime does not compile: ${warning.message}`);
    },
  });
  const { output } = await build.generate({
    format: 'iife',
    name,
    exports: 'default',
    strict: false,
    footer,
  });
  await build.close();
  return output[0].code;
}

/** Reserved words of Espruino that terser, which knows ES5, would take for short names. */
const ESPRUINO_WORDS = ['of', 'static'];

/** Names that begin with _ are the runtime's own: src/runtime/machine.ts. */
async function shorten(script: string): Promise<string> {
  const { code } = await minify(script, {
    ecma: 5,
    // A function put in place of its only call would be a closure made anew at every call.
    compress: { ecma: 5, passes: 3, hoist_funs: false, reduce_funcs: false },
    mangle: { reserved: ESPRUINO_WORDS, properties: { regex: /^_/, reserved: ESPRUINO_WORDS } },
    format: { ecma: 5, comments: false },
  });
  return `${code}\n`;
}
