import { designCommand } from '../../src/cli/design.js';

/** What commander makes of arguments of `depthwise design`, without running it. */
export function designFlags(args: readonly string[]): Record<string, string> {
  const command = designCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .action(() => {});
  command.parse([...args], { from: 'user' });
  return command.opts();
}
