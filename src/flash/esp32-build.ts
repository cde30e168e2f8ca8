/** Builds a bundle's firmware with PlatformIO or ESP-IDF, where one of them is there and the user says so. */
import { spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline/promises';
import { DepthwiseError } from '../errors.js';

interface Tool {
  command: string;
  args: string[];
}

const TOOLS: readonly Tool[] = [
  { command: 'pio', args: ['run'] },
  { command: 'idf.py', args: ['build'] },
];

/** Yes or no; undefined where there is nobody to ask. */
export type Ask = (question: string) => Promise<boolean | undefined>;

/**
 * @throws DepthwiseError TOOL_MISSING with the command that builds it, where there is no tool or the user does not want
 *   to; CHECK_FAILED where the build fails.
 */
export async function buildFirmware(folder: string, ask: Ask = askOnTerminal): Promise<void> {
  const tool = TOOLS.find(({ command }) => spawnSync(command, ['--version']).error === undefined);
  if (!tool) {
    throw new DepthwiseError(
      'TOOL_MISSING',
      `The firmware of ${folder} has not been built, and neither PlatformIO nor ESP-IDF is on PATH: python3 -m pip install platformio && cd ${folder} && pio run`,
    );
  }
  const line = [tool.command, ...tool.args].join(' ');
  if (!(await ask(`The firmware of ${folder} has not been built. Run \`${line}\` there now?`))) {
    throw new DepthwiseError('TOOL_MISSING', `The firmware of ${folder} has not been built: cd ${folder} && ${line}`);
  }
  // The tool prints progress: stdout is for results.
  const { status } = spawnSync(tool.command, tool.args, { cwd: folder, stdio: ['inherit', 2, 2] });
  if (status !== 0)
    throw new DepthwiseError('CHECK_FAILED', `\`${line}\` failed in ${folder}: what it printed says why.`);
}

async function askOnTerminal(question: string): Promise<boolean | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
