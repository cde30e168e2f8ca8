/**
 * Bundles src/board-js into one ES5 file per flavour: dist/depthwise.js and dist/depthwise.mobilenet[.espruino].js. The file
 * works as a CommonJS module and as a plain script, which leaves a global `depthwise`. dist/selftest.js is a plain script that
 * leaves a global `selftest`; dist/heads/KIND.js and dist/pictures.js are such scripts too, which leave global functions,
 * `depthwiseHead` and `depthwisePictures`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import typescript from '@rollup/plugin-typescript';
import { rollup } from 'rollup';
import { minify } from 'terser';

/** File: what the build is for (src/globals.d.ts). */
const FLAVOURS = {
  'depthwise.js': { PLAIN: true, ESPRUINO: true, FULL: true },
  'depthwise.mobilenet.js': { PLAIN: true, ESPRUINO: false, FULL: false },
  'depthwise.mobilenet.espruino.js': { PLAIN: false, ESPRUINO: true, FULL: false },
};
export const FLAVOUR_FILES = Object.keys(FLAVOURS);
export const SELFTEST = 'selftest.js';
/** What is put behind a runtime where a program has frames. */
export const PICTURES = 'pictures.js';
/** What is put behind a runtime where a model has such a head. */
export const HEAD_FILES = ['centroids', 'ssd', 'yolo', 'embed', 'locate'].map((kind) => `heads/${kind}.js`);

const ROOT = new URL('../../', import.meta.url);
const EXPORT = "if (typeof module !== 'undefined') module.exports = depthwise;";

export async function buildRuntime(): Promise<void> {
  mkdirSync(new URL('dist/heads/', ROOT), { recursive: true });
  const write = (file: string, script: string) => writeFileSync(new URL(`dist/${file}`, ROOT), script);
  const runtime = await bundle('src/board-js/runtime.ts', 'depthwise', EXPORT);
  for (const [file, constants] of Object.entries(FLAVOURS)) write(file, await shorten(runtime, constants));
  for (const file of HEAD_FILES) {
    const source = `src/board-js/${file.replace('.js', '.ts')}`;
    write(file, await es5Script(source, 'depthwiseHead', { constants: FLAVOURS['depthwise.js'] }));
  }
  write(
    PICTURES,
    await es5Script('src/board-js/pictures/script.ts', 'depthwisePictures', { constants: FLAVOURS['depthwise.js'] }),
  );
  write(SELFTEST, await es5Script('src/board-js/selftest.ts', 'selftest'));
}

/**
 * The text of a plain script that leaves the default export of a source file as a global.
 * @param source in the repository.
 * @param constants globals that the source declares and that have these values in the script.
 */
export async function es5Script(
  source: string,
  name: string,
  { constants = {} }: { constants?: Record<string, boolean> } = {},
): Promise<string> {
  return shorten(await bundle(source, name), constants);
}

async function bundle(source: string, name: string, footer = ''): Promise<string> {
  const build = await rollup({
    input: fileURLToPath(new URL(source, ROOT)),
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

/** Names that begin with _ are the runtime's own: src/board-js/machine.ts. */
async function shorten(script: string, constants: Record<string, boolean>): Promise<string> {
  const { code } = await minify(script, {
    ecma: 5,
    // A function put in place of its only call would be a closure made anew at every call; one whose variables join those
    // of its caller may use them before their `var`, which Espruino does not hoist.
    compress: {
      ecma: 5,
      global_defs: constants,
      passes: 3,
      hoist_funs: false,
      reduce_funcs: false,
      inline: 2,
      pure_getters: true,
    },
    mangle: { reserved: ESPRUINO_WORDS, properties: { regex: /^_/, reserved: ESPRUINO_WORDS } },
    format: { ecma: 5, comments: false },
  });
  return `${code}\n`;
}
