/**
 * Flashing of ESP32 boards: firmware and model through the chip's loader. What the flash holds already is told by MD5,
 * piece by piece, and not written again: so where the firmware is there only the model is written, and an upload that
 * broke off goes on where it stopped.
 */
import { createHash } from 'node:crypto';
import { CHIPS, chipNamed } from '../bundle/esp32/chips.js';
import { type ReadBundle, sha256 } from '../bundle/folder.js';
import type { Esp32Plan } from '../bundle/manifest.js';
import { DepthwiseError } from '../errors.js';
import { formatNumber } from '../report/table.js';
import { type Ask, buildFirmware } from './esp32-build.js';
import { findEsptool, flashWithEsptool } from './esp32-esptool.js';
import { checkPlaces, firmwareImages, type Image, modelImages } from './esp32-images.js';
import { CableError, connect, type Loader, type OpenPort, ROM_BAUD } from './esp32-loader.js';
import type { FlashOptions, Written } from './flasher.js';
import type { Progress } from './progress.js';

/** Bytes that are compared and written at a time: what flash erases fastest. */
const PIECE = 0x10000;

const FAST_BAUD = 460800;

/** For tests. */
export interface Doors {
  open?: OpenPort;
  ask?: Ask;
}

export async function flashEsp32(bundle: ReadBundle, options: FlashOptions, doors: Doors = {}): Promise<Written[]> {
  const plan = bundle.manifest.flash as Esp32Plan;
  const model = modelImages(bundle);
  checkPlaces(plan, model, firmwareImages(bundle) ?? []);
  if (options.dryRun && !firmwareImages(bundle)) {
    options.note('The firmware has not been built yet: its images are not in this list.');
    return model.map(reportOf);
  }
  if (!firmwareImages(bundle)) await buildFirmware(bundle.folder, doors.ask);
  const firmware = firmwareImages(bundle);
  if (!firmware) {
    throw new DepthwiseError('CHECK_FAILED', `${bundle.folder}: the build left no firmware in build/ or .pio/build/.`);
  }
  checkPlaces(plan, model, firmware);
  const images = [...firmware, ...model];
  if (options.dryRun) return images.map(reportOf);
  return upload(bundle, images, options, doors.open);
}

const reportOf = ({ address, data }: Image): Written => ({ address, bytes: data.length, sha256: sha256(data) });

/** Where the line is bad, once more and slower; what was written stays written. */
async function upload(bundle: ReadBundle, images: Image[], options: FlashOptions, open?: OpenPort): Promise<Written[]> {
  const written = new Set<Image>();
  const port = options.port!;
  const job: Job = { bundle, images, written, port, progress: options.progress, place: 'nothing was written yet' };
  try {
    await attempt(job, FAST_BAUD, open).catch(async (error) => {
      if (error instanceof DepthwiseError || error instanceof CableError) throw error;
      options.note(`${port}: ${firstLine(error)}; once more with ${ROM_BAUD} baud`);
      await attempt(job, ROM_BAUD, open);
    });
  } catch (error) {
    if (error instanceof DepthwiseError) return byEsptool(job, error);
    throw error instanceof CableError ? cableGone(job, error) : noAnswer(job, error as Error);
  }
  return images.filter((image) => written.has(image)).map(reportOf);
}

/** Where the packages are missing Espressif's own tool can do it; every other error stays. */
function byEsptool({ bundle, images, port, progress }: Job, error: DepthwiseError): Written[] {
  const tool = error.code === 'PACKAGE_MISSING' ? findEsptool() : undefined;
  if (tool === undefined) throw error;
  const chip = chipNamed((bundle.manifest.flash as Esp32Plan).chip).idf;
  return flashWithEsptool(images, { tool, port, chip, baud: FAST_BAUD, progress }).map(reportOf);
}

interface Job {
  bundle: ReadBundle;
  images: Image[];
  /** Images of which something had to be written. */
  written: Set<Image>;
  port: string;
  progress: Progress;
  /** How far it is, for messages. */
  place: string;
}

async function attempt(job: Job, baud: number, open: OpenPort | undefined): Promise<void> {
  const loader = await connect(job.port, baud, open);
  try {
    await checkBoard(job, loader);
    for (const image of job.images) await store(job, loader, image);
  } finally {
    await loader.close().catch(() => {});
  }
}

/** @throws DepthwiseError BOARD_FAILED where it is another chip, or has less flash than the bundle takes. */
async function checkBoard({ bundle, port }: Job, loader: Loader): Promise<void> {
  const { chip, flashBytes } = bundle.manifest.flash as Esp32Plan;
  if (loader.chip !== chip) {
    const other = Object.entries(CHIPS).find(([, { name }]) => name === loader.chip)?.[0];
    const advice = other ? `, or write a bundle with --target ${other}` : '';
    throw new DepthwiseError(
      'BOARD_FAILED',
      `${port} is an ${loader.chip}, and the bundle is for an ${chip} (target ${bundle.manifest.target}). Nothing was written: give the port of another board${advice}.`,
    );
  }
  const found = await loader.flashBytes();
  if (found !== undefined && found < flashBytes) {
    throw new DepthwiseError(
      'BOARD_FAILED',
      `${port} has ${formatNumber(found)} B of flash, and the bundle is laid out for ${formatNumber(flashBytes)} B. Nothing was written: it takes a board like that of targets/${bundle.manifest.target}.json.`,
    );
  }
}

const md5 = (data: Uint8Array): string => createHash('md5').update(data).digest('hex');

/** @throws DepthwiseError CHECK_FAILED where flash holds other bytes in the end. */
async function store(job: Job, loader: Loader, image: Image): Promise<void> {
  const { name, address, data } = image;
  for (let at = 0; at < data.length; at += PIECE) {
    const piece = data.subarray(at, at + PIECE);
    job.place = `${formatNumber(at)} of ${formatNumber(data.length)} B of ${name} were written`;
    job.progress(name, at, data.length);
    if ((await loader.md5(address + at, piece.length)) === md5(piece)) continue;
    job.written.add(image);
    const progress = (share: number): void => job.progress(name, at + Math.floor(share * piece.length), data.length);
    await loader.write(address + at, piece, progress);
  }
  job.progress(name, data.length, data.length);
  const found = await loader.md5(address, data.length);
  if (found === md5(data)) return;
  throw new DepthwiseError(
    'CHECK_FAILED',
    `${name}: the flash at 0x${address.toString(16)} has MD5 ${found} after writing, expected ${md5(data)}. Flash again; if it stays, the flash is worn out or locked.`,
  );
}

const firstLine = (error: Error): string => error.message.split('\n')[0].replace(/\.$/, '');

function cableGone({ port, place }: Job, cause: Error): DepthwiseError {
  return new DepthwiseError(
    'BOARD_FAILED',
    `${port} went away: was the cable pulled? ${place}. Plug it in and flash again: it goes on from there.`,
    { cause },
  );
}

function noAnswer({ port, place }: Job, cause: Error): DepthwiseError {
  return new DepthwiseError(
    'BOARD_FAILED',
    `${port}: the board does not answer as an ESP32 should (${firstLine(cause)}); ${place}. Hold its BOOT button, press RESET, and flash again; use a short cable that carries data.`,
    { cause },
  );
}
