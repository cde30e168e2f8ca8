/** `depthwise monitor`: what a board finds, as it prints it. */
import { Command } from 'commander';
import { serialPort } from '../flash/esp32-port.js';
import { told, toldText } from '../monitor/lines.js';
import { listen } from '../monitor/monitor.js';
import { note, print } from './output.js';

interface Options {
  port: string;
  json?: boolean;
}

export function monitorCommand(): Command {
  return new Command('monitor')
    .description(
      'what a board finds: reads the lines of the example on a serial port, and sends the board what is typed',
    )
    .requiredOption('--port <port>', 'a serial port such as /dev/ttyUSB0 or COM3')
    .option('--json', "the board's own lines of JSON on stdout, one a picture, and its log on stderr")
    .action(run);
}

async function run({ port, json }: Options): Promise<void> {
  await listen(await serialPort(port), port, json ? passOn : show, process.stdin);
}

function show(line: string): void {
  const picture = told(line);
  print(false, {}, () => (picture ? toldText(picture) : line));
}

function passOn(line: string): void {
  const picture = told(line);
  if (picture) process.stdout.write(`${JSON.stringify(picture)}\n`);
  else note(line);
}
