/** From a compiled model to the files that a board needs: which maker writes them for which target. */
import { DepthwiseError } from '../errors.js';
import { makeEsp32Bundle } from './esp32/esp32.js';
import { makeJsBundle } from './js.js';
import type { Bundle, BundleRequest } from './request.js';

type Maker = (request: BundleRequest) => Bundle;

/** @returns the maker of bundles for this target and runtime, where there is one. */
function makerOf({ target, runtime }: BundleRequest): Maker | undefined {
  if (runtime === 'js') return makeJsBundle;
  return target.esp32 ? makeEsp32Bundle : undefined;
}

/**
 * The bundle of a model for a board.
 * @throws DepthwiseError USAGE where the board does not offer the runtime, or nobody makes bundles for the two.
 */
export function makeBundle(request: BundleRequest): Bundle {
  const { target, runtime } = request;
  if (!(runtime in target.runtimes)) {
    const offered = Object.keys(target.runtimes).join(', ');
    throw new DepthwiseError('USAGE', `${target.id} has no ${runtime} runtime: --runtime takes ${offered} here.`);
  }
  const maker = makerOf(request);
  if (!maker) {
    throw new DepthwiseError(
      'USAGE',
      `There are no bundles for ${target.id} with ${runtime}: link firmware-glue/core into a firmware of your own, with the file that \`depthwise compile\` writes.`,
    );
  }
  return maker(request);
}
