/**
 * Flashing of Espruino boards: each file goes into the board's storage through its prompt, in pieces whose CRC-32 the
 * board checks before it writes and again from what it has written. What is there already is kept: an upload that broke
 * off goes on where it stopped.
 */
import { DepthwiseError } from '../errors.js';
import { crc32 } from '../format/crc32.js';
import { Board, LOST } from './espruino-board.js';
import { openLink } from './espruino-link.js';
import { type Flasher, planned } from './flasher.js';
import type { Progress } from './progress.js';

/** Bytes of a piece: whole words of flash, and base64 without padding. */
const PIECE = 384;

/** Helpers that the board is taught for as long as flashing takes. Names are stored with them, so they are short. */
const HELPERS = {
  // Length and CRC of the first `l` bytes of file n, or of all.
  __r: 'function(n,l){var s=require("Storage").read(n,0,l);return s===undefined?"none":s.length+","+E.CRC32(s)}',
  // Writes base64 b, whose CRC is c, at o of file n, which shall have s bytes; the CRC of what is there then.
  __w: `function(n,o,s,c,b){var d=atob(b),S=require("Storage");if(E.CRC32(d)!=c)return"${LOST}";if(!(o?S.write(n,d,o):S.write(n,d,0,s)))return"full";return E.CRC32(S.read(n,o,d.length))}`,
};

interface StorageFile {
  name: string;
  content: Uint8Array;
}

/** Puts the files with an address into the storage, each under its address as name. */
export const flashEspruino: Flasher = async (bundle, { port, dryRun, progress }) => {
  const written = planned(bundle);
  if (dryRun) return written;
  const link = await openLink(port!);
  try {
    const board = new Board(link, port!);
    await board.begin(HELPERS);
    for (const { path, address } of bundle.manifest.files) {
      if (address === undefined) continue;
      await store(board, { name: String(address), content: bundle.contents.get(path)! }, progress);
    }
    board.end(Object.keys(HELPERS));
  } finally {
    await link.close();
  }
  return written;
};

/** @throws DepthwiseError CHECK_FAILED where the storage holds other bytes in the end. */
async function store(board: Board, file: StorageFile, progress: Progress): Promise<void> {
  const { name, content } = file;
  let from = await storedBytes(board, file);
  // Bytes of another file that stood there before cannot be overwritten in flash: then everything anew, once.
  for (const anew of [false, true]) {
    if (from === 0 || anew) {
      from = 0;
      await board.ask(`removing ${name}`, `require("Storage").erase(${JSON.stringify(name)})`);
    }
    if ((await writeFrom(board, file, from, progress)) && (await stored(board, name)) === sumOf(content)) return;
  }
  throw new DepthwiseError(
    'CHECK_FAILED',
    `${name}: what the board's storage holds after writing is not what was sent, twice. Its flash may be worn out or locked: try require("Storage").eraseAll() there, which removes all files, and flash again.`,
  );
}

/** Writes from byte `from` to the end. False where a piece does not read back as it was sent. */
async function writeFrom(board: Board, file: StorageFile, from: number, progress: Progress): Promise<boolean> {
  const { name, content } = file;
  progress(name, from, content.length);
  for (let at = from; at < content.length; at += PIECE) {
    const piece = content.subarray(at, at + PIECE);
    const sum = crc32(piece);
    const base64 = Buffer.from(piece).toString('base64');
    const call = `__w(${JSON.stringify(name)},${at},${content.length},${sum},"${base64}")`;
    const answer = await board.ask(`${name}, bytes ${at} to ${at + piece.length - 1}`, call);
    if (answer === 'full' && at === 0) throw await noRoom(board, file);
    if (answer !== String(sum)) return false;
    progress(name, at + piece.length, content.length);
  }
  return true;
}

/** How many bytes of the file, in whole pieces, are there from an upload before. */
async function storedBytes(board: Board, { name, content }: StorageFile): Promise<number> {
  const found = await stored(board, name);
  if (found === sumOf(content)) return content.length;
  if (found.split(',')[0] !== String(content.length)) return 0;
  let [good, bad] = [0, Math.ceil(content.length / PIECE)];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    const bytes = middle * PIECE;
    if ((await stored(board, name, bytes)) === sumOf(content.subarray(0, bytes))) good = middle;
    else bad = middle;
  }
  return good * PIECE;
}

const sumOf = (bytes: Uint8Array): string => `${bytes.length},${crc32(bytes)}`;

function stored(board: Board, name: string, bytes?: number): Promise<string> {
  const length = bytes === undefined ? '' : `,${bytes}`;
  return board.ask(`reading ${name} back`, `__r(${JSON.stringify(name)}${length})`);
}

async function noRoom(board: Board, { name, content }: StorageFile): Promise<DepthwiseError> {
  const free = await board.ask('free storage', 'require("Storage").getFree()');
  return new DepthwiseError(
    'BOARD_FAILED',
    `${name} has ${content.length} bytes, and the board's storage ${free} free: remove files there, or bundle a smaller model.`,
  );
}
