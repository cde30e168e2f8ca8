/** Compiles C for a core, once: object files stay in a folder that is named by everything that went into them. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { DepthwiseError } from '../errors.js';
import type { Core } from './cores.js';
import { runTool } from './tools.js';

/** C files that are compiled with the same flags. */
export interface Sources {
  files: readonly string[];
  flags: readonly string[];
}

/** XDG's place for what can be made again. */
function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'depthwise');
}

/**
 * Paths of the object files of `groups`. A change of a file, of a header beside one, of a flag or of the compiler
 * compiles all of them again.
 * @throws DepthwiseError TOOL_MISSING; CHECK_FAILED with the compiler's words where it refuses a file.
 */
export function objectFiles(core: Core, groups: readonly Sources[]): string[] {
  const { stdout: version } = runTool(core.compiler, ['--version'], core.packages);
  const folder = join(cacheFolder(), `${core.id}-${hash(core, groups, version)}`);
  if (!existsSync(folder)) compile(core, groups, folder);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.o'))
    .sort()
    .map((name) => join(folder, name));
}

/** Into a folder beside, which is renamed when all is there: whoever else compiles the same comes to the same files. */
function compile(core: Core, groups: readonly Sources[], folder: string): void {
  mkdirSync(dirname(folder), { recursive: true });
  const made = mkdtempSync(`${folder}.`);
  try {
    for (const { files, flags } of groups) {
      const { status, stderr } = runTool(core.compiler, [...core.flags, ...flags, '-c', ...files], core.packages, {
        folder: made,
      });
      if (status !== 0) throw new DepthwiseError('CHECK_FAILED', `${core.compiler} failed:\n${stderr}`);
    }
    renameSync(made, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

function hash(core: Core, groups: readonly Sources[], version: string): string {
  const sum = createHash('sha256').update(JSON.stringify([version, core.flags, groups]));
  for (const file of groups.flatMap(({ files }) => files)) sum.update(basename(file)).update(readFileSync(file));
  for (const folder of new Set(groups.flatMap(({ files }) => files.map(dirname)))) {
    for (const name of readdirSync(folder).sort()) {
      if (/\.(h|inc)$/.test(name)) sum.update(name).update(readFileSync(join(folder, name)));
    }
  }
  return sum.digest('hex').slice(0, 16);
}
