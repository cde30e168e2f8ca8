/** Runs the compilers and emulators that images need. */
import { spawnSync } from 'node:child_process';
import { DepthwiseError } from '../errors.js';

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
  /** It was ended because it took longer than `seconds`. */
  timedOut: boolean;
}

/**
 * Runs a program to its end, whatever its exit code.
 * @throws DepthwiseError TOOL_MISSING where there is none of that name, with the command that installs `packages`.
 */
export function runTool(
  program: string,
  args: readonly string[],
  packages: readonly string[],
  options: { folder?: string; seconds?: number } = {},
): Ran {
  const { error, status, stdout, stderr } = spawnSync(program, args, {
    cwd: options.folder,
    encoding: 'utf8',
    timeout: options.seconds === undefined ? undefined : options.seconds * 1000,
    maxBuffer: 1 << 26,
  });
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOENT') throw missing(program, packages);
  return { status, stdout: stdout ?? '', stderr: stderr ?? '', timedOut: code === 'ETIMEDOUT' };
}

function missing(program: string, packages: readonly string[]): DepthwiseError {
  return new DepthwiseError(
    'TOOL_MISSING',
    `${program} is not on PATH. On Debian or Ubuntu: apt-get install --no-install-recommends ${packages.join(' ')}`,
  );
}
