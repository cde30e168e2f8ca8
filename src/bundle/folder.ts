/** A bundle as a folder: written whole or not at all, and read back with every file checked. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { DepthwiseError } from '../errors.js';
import { MANIFEST, type Manifest, type ManifestFile, parseManifest } from './manifest.js';

/** A file to be bundled. */
export interface BundleFile extends Pick<ManifestFile, 'path' | 'address'> {
  content: Uint8Array | string;
}

/** A bundle that was read: `contents` has the bytes of every file by its path. */
export interface ReadBundle {
  folder: string;
  manifest: Manifest;
  contents: Map<string, Uint8Array>;
}

export const sha256 = (content: Uint8Array | string): string => createHash('sha256').update(content).digest('hex');

/**
 * Writes a bundle beside `folder` and puts it in its place when it is complete. A folder that is there must be empty or a
 * bundle whose files are as they were written; then those are replaced, and what else lies in it (what a build left
 * there) stays.
 * @returns what bundle.json says of the files.
 * @throws DepthwiseError OUTPUT_EXISTS, OUTPUT_UNWRITABLE.
 */
export function writeBundle(
  folder: string,
  manifest: Omit<Manifest, 'files'>,
  contents: readonly BundleFile[],
): ManifestFile[] {
  const place = existsSync(folder) ? realpathSync(folder) : resolve(folder);
  const former = replaceable(place);
  const beside = (suffix: string): string => join(dirname(place), `.${basename(place)}.${process.pid}.${suffix}`);
  const [staged, old] = [beside('tmp'), beside('old')];
  const files = contents.map(({ path, content, address }) => ({
    path,
    bytes: Buffer.byteLength(content),
    sha256: sha256(content),
    ...(address !== undefined && { address }),
  }));
  try {
    for (const { path, content } of contents) writeInto(staged, path, content);
    writeInto(staged, MANIFEST, `${JSON.stringify({ ...manifest, files }, null, 2)}\n`);
    if (former === undefined) renameSync(staged, place);
    else exchange(place, staged, old, former);
  } catch (cause) {
    rmSync(staged, { recursive: true, force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DepthwiseError('OUTPUT_UNWRITABLE', `The bundle ${folder} cannot be written: ${reason}.`, { cause });
  }
  return files;
}

/** Files of the bundle that stands at `place`; none of an empty folder, undefined where nothing is. */
function replaceable(place: string): ManifestFile[] | undefined {
  if (!existsSync(place)) return undefined;
  const refuse = (found: string): never => {
    throw new DepthwiseError('OUTPUT_EXISTS', `${place} ${found}. Give another folder, or remove this one.`);
  };
  if (!statSync(place).isDirectory()) return refuse('is a file, expected a folder or nothing');
  const names = readdirSync(place);
  if (names.length === 0) return [];
  if (!names.includes(MANIFEST)) return refuse(`has files and no ${MANIFEST}: it is no bundle, and is left as it is`);
  const { files } = parseManifest(readFileSync(join(place, MANIFEST), 'utf8'), join(place, MANIFEST));
  for (const { path, sha256: expected } of files) {
    const file = join(place, path);
    if (existsSync(file) && sha256(readFileSync(file)) !== expected) {
      refuse(`holds a file that was changed since it was bundled: ${path}`);
    }
  }
  return files;
}

/** Puts the staged folder in the place of the former bundle, and moves what that did not bring over to it. */
function exchange(place: string, staged: string, old: string, former: readonly ManifestFile[]): void {
  renameSync(place, old);
  try {
    renameSync(staged, place);
  } catch (cause) {
    renameSync(old, place);
    throw cause;
  }
  for (const path of [MANIFEST, ...former.map((file) => file.path)]) rmSync(join(old, path), { force: true });
  moveInto(old, place);
  rmSync(old, { recursive: true });
}

/** Moves what is in `from` into `to`; where both have a file, that of `to` stays. */
function moveInto(from: string, to: string): void {
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    if (!existsSync(target)) renameSync(source, target);
    else if (statSync(source).isDirectory() && statSync(target).isDirectory()) moveInto(source, target);
  }
}

function writeInto(folder: string, path: string, content: Uint8Array | string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/**
 * Reads a bundle, every file of it.
 * @throws DepthwiseError BUNDLE_INVALID where it is none, or a file is missing or not what was bundled.
 */
export function readBundle(folder: string): ReadBundle {
  const manifest = parseManifest(readPart(folder, MANIFEST).toString(), join(folder, MANIFEST));
  const contents = new Map<string, Uint8Array>();
  for (const { path, bytes, sha256: expected } of manifest.files) {
    const content = new Uint8Array(readPart(folder, path));
    const found = sha256(content);
    if (content.length !== bytes || found !== expected) {
      throw new DepthwiseError(
        'BUNDLE_INVALID',
        `${join(folder, path)} has ${content.length} bytes and SHA-256 ${found}, expected ${bytes} and ${expected}: it was changed since it was bundled. Write the bundle again.`,
      );
    }
    contents.set(path, content);
  }
  return { folder, manifest, contents };
}

function readPart(folder: string, path: string): Buffer {
  try {
    return readFileSync(join(folder, path));
  } catch (cause) {
    throw new DepthwiseError(
      'BUNDLE_INVALID',
      `${folder} is no bundle, or not a whole one: ${path} cannot be read (${(cause as Error).message}). Expected the folder that \`depthwise bundle -o\` wrote.`,
      { cause },
    );
  }
}
