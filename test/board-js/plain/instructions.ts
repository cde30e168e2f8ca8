/** Instructions that an engine executes, counted by callgrind. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BoardEngine } from '../board-engines.js';

export interface Counted {
  instructions: number;
  /** What the script printed last. */
  printed: string;
}

/** Of a whole run. */
function count(engine: BoardEngine, script: string): Counted {
  const folder = mkdtempSync(join(tmpdir(), 'depthwise-'));
  try {
    const [file, profile] = [join(folder, 'script.js'), join(folder, 'callgrind.out')];
    writeFileSync(file, script);
    const options = ['--tool=callgrind', `--callgrind-out-file=${profile}`, engine, file];
    const stdout = execFileSync('valgrind', options, { input: '', encoding: 'utf8', stdio: 'pipe' });
    const total = /^(?:summary|totals): (\d+)$/m.exec(readFileSync(profile, 'utf8'))!;
    return {
      instructions: Number(total[1]),
      printed:
        stdout
          .split('\n')
          .filter((line) => /\[/.test(line))
          .at(-1) ?? '',
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Of one inference: two of them less one, so that start and open cancel.
 * @param script runs the network so many times.
 */
export async function perInference(
  engine: BoardEngine,
  script: (times: number) => string | Promise<string>,
): Promise<Counted> {
  const one = count(engine, await script(1));
  const two = count(engine, await script(2));
  return { instructions: two.instructions - one.instructions, printed: two.printed };
}
