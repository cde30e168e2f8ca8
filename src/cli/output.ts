/** Output of commands: one JSON object on stdout with --json, text otherwise. */

export function print(json: boolean | undefined, value: object, text: () => string): void {
  process.stdout.write(`${json ? JSON.stringify(value, null, 2) : printable(text())}\n`);
}

/** Progress, warnings and errors. */
export function note(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}

/** Names in a model file may hold anything, also sequences that command a terminal. */
function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '?');
}
