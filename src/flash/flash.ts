/** Puts a bundle on its board: bundle.json's `flash.kind` names the file beside this one that knows how. */
import type { ReadBundle } from '../bundle/folder.js';
import type { FlashPlan } from '../bundle/manifest.js';
import { DepthwiseError } from '../errors.js';
import type { Flasher, FlashOptions, Written } from './flasher.js';

const FLASHERS: Record<FlashPlan['kind'], () => Promise<Flasher>> = {
  esp32: async () => (await import('./esp32.js')).flashEsp32,
  espruino: async () => (await import('./espruino.js')).flashEspruino,
  none: async () => refuse,
};

/**
 * @throws DepthwiseError USAGE without a port, PORT_UNAVAILABLE, PACKAGE_MISSING and TOOL_MISSING with the command that
 *   installs it, BOARD_FAILED where the board does not answer as it should, CHECK_FAILED where it holds other bytes.
 */
export async function flash(bundle: ReadBundle, options: FlashOptions): Promise<Written[]> {
  if (options.port === undefined && !options.dryRun) {
    throw new DepthwiseError('USAGE', 'no port: give --port, or --dry-run to see what would be written');
  }
  const flasher = await FLASHERS[bundle.manifest.flash.kind]();
  return flasher(bundle, options);
}

const refuse: Flasher = async ({ folder, manifest }) => {
  throw new DepthwiseError(
    'USAGE',
    `${folder} is a bundle for ${manifest.target}, which is not flashed by itself: its README.md says how it gets into your firmware.`,
  );
};
