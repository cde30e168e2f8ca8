/** Puts a bundle on its board: bundle.json's `flash.kind` names the file beside this one that knows how. */
import type { ReadBundle } from '../bundle/folder.js';
import type { FlashPlan } from '../bundle/manifest.js';
import { DepthwiseError } from '../errors.js';
import type { Progress } from './progress.js';

export interface FlashOptions {
  /** A serial port or an address; undefined only for a dry run. */
  port: string | undefined;
  /** Say what would be written, and touch no board. */
  dryRun: boolean;
  progress: Progress;
  /** A line that the user should see; it is no result. */
  note: (text: string) => void;
}

/** What was written, and read back. */
export interface Written {
  /** An offset in flash, or a name in the board's storage. */
  address: number | string;
  bytes: number;
  /** Of these bytes, in hexadecimal. */
  sha256: string;
}

/**
 * Writes the bundle's files that have an address, reads them back and compares. Throws where what is there in the end is
 * not what the bundle holds.
 */
export type Flasher = (bundle: ReadBundle, options: FlashOptions) => Promise<Written[]>;

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

/** What a dry run answers: the files with an address. */
export function planned({ manifest }: ReadBundle): Written[] {
  return manifest.files.flatMap(({ address, bytes, sha256 }) =>
    address === undefined ? [] : [{ address, bytes, sha256 }],
  );
}

const refuse: Flasher = async ({ folder, manifest }) => {
  throw new DepthwiseError(
    'USAGE',
    `${folder} is a bundle for ${manifest.target}, which is not flashed by itself: its README.md says how it gets into your firmware.`,
  );
};
