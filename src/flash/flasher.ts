/** Interface of the flashers of all kinds of boards. */
import type { ReadBundle } from '../bundle/folder.js';
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

/** A file that was written, and read back. */
export interface Written {
  /** An offset in flash, or a name in the board's storage. */
  address: number | string;
  bytes: number;
  /** SHA-256 of these bytes, in hexadecimal. */
  sha256: string;
}

/**
 * Writes the bundle's files that have an address, reads them back and compares. Throws where what is there in the end is
 * not what the bundle holds.
 */
export type Flasher = (bundle: ReadBundle, options: FlashOptions) => Promise<Written[]>;

/** Answer of a dry run: the files with an address. */
export function planned({ manifest }: ReadBundle): Written[] {
  return manifest.files.flatMap(({ address, bytes, sha256 }) =>
    address === undefined ? [] : [{ address, bytes, sha256 }],
  );
}
