/** All of the `depthwise` command. Each subcommand is a file beside this one; exit codes are in src/errors.ts. */
import { Command, CommanderError } from 'commander';
import { DepthwiseError, EXIT } from '../errors.js';
import { VERSION } from '../version.js';
import { budgetCommand } from './budget.js';
import { bundleCommand } from './bundle.js';
import { compileCommand } from './compile.js';
import { designCommand } from './design.js';
import { flashCommand } from './flash.js';
import { infoCommand } from './info.js';
import { monitorCommand } from './monitor.js';
import { note } from './output.js';
import { quantizeCommand } from './quantize.js';
import { runCommand } from './run.js';
import { searchCommand } from './search.js';

/** Runs the command on its arguments, those behind the program's name; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    await command().parseAsync([...args], { from: 'user' });
    return Number(process.exitCode ?? EXIT.done);
  } catch (error) {
    return report(error);
  }
}

function command(): Command {
  const program = new Command('depthwise')
    .description('MobileNet on a microcontroller: exact, planned to the byte, priced before flashing')
    .version(VERSION)
    .addCommand(infoCommand())
    .addCommand(designCommand())
    .addCommand(compileCommand())
    .addCommand(runCommand())
    .addCommand(budgetCommand())
    .addCommand(bundleCommand())
    .addCommand(flashCommand())
    .addCommand(monitorCommand())
    .addCommand(quantizeCommand())
    .addCommand(searchCommand())
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 over budget or a check failed, 2 usage, 3 invalid model or file, 4 something is missing.',
    );

  for (const command of [program, ...program.commands])
    command.exitOverride().showHelpAfterError('(--help shows the options)');
  return program;
}

/** Says what went wrong on stderr; returns the exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof DepthwiseError) {
    note(`depthwise: ${error.message} [${error.code}]`);
    return error.exitCode;
  }
  throw error;
}
