/** Bundles the library and the command for Node: dist/index.js, dist/cli.js, dist/search-worker.js and the types. Dependencies stay outside. */
import { chmodSync, cpSync, readFileSync, rmSync } from 'node:fs';
import typescript from '@rollup/plugin-typescript';
import { rollup } from 'rollup';

const { dependencies, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

/** dist/*.js find their assets, and the targets, relative to themselves, as src/*.ts do. */
export async function buildBundle(): Promise<void> {
  const external = [
    /^node:/,
    ...Object.keys({ ...dependencies, ...peerDependencies }).map((name) => new RegExp(`^${name}(/|$)`)),
  ];
  const bundle = await rollup({
    input: { index: 'src/index.ts', cli: 'src/cli/main.ts', 'search-worker': 'src/search/worker.ts' },
    external,
    plugins: [
      // ES2022 needs no helpers.
      typescript({ tsconfig: 'tools/build/bundle.tsconfig.json', tslib: 'export {};' }),
    ],
    onwarn: (warning) => {
      throw new Error(`rollup: ${warning.message}`);
    },
  });
  await bundle.write({ dir: 'dist', format: 'es', chunkFileNames: 'depthwise-[name].js' });
  await bundle.close();
  chmodSync('dist/cli.js', 0o755);
  rmSync('dist/models', { recursive: true, force: true });
  cpSync('src/models', 'dist/models', { recursive: true });
}
