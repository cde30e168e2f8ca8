/** Listens to a board until its port goes away. */
import { DepthwiseError } from '../errors.js';
import type { WebSerialPort } from '../flash/esp32-port.js';
import { Lines } from './lines.js';

/** Baud rate of the boards' consoles (`monitor_speed` of a bundle). */
const BAUD_RATE = 115_200;

/**
 * Gives each line of a board to `say`, and what arrives at `typed` to the board.
 * @param place of the port, for messages.
 * @throws DepthwiseError PORT_UNAVAILABLE; BOARD_FAILED when the port goes away.
 */
export async function listen(
  port: WebSerialPort,
  place: string,
  say: (line: string) => void,
  typed?: AsyncIterable<Uint8Array>,
): Promise<never> {
  await port.open({ baudRate: BAUD_RATE });
  if (typed) void forward(typed, port);
  const lines = new Lines();
  const reader = port.readable!.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    for (const line of lines.push(value)) say(line);
  }
  const rest = lines.end();
  if (rest !== '') say(rest);
  throw new DepthwiseError('BOARD_FAILED', `${place} went away: was the cable pulled, or does the board start again?`);
}

async function forward(typed: AsyncIterable<Uint8Array>, port: WebSerialPort): Promise<void> {
  const writer = port.writable!.getWriter();
  try {
    for await (const bytes of typed) await writer.write(bytes);
  } catch {
    // The port went away: whoever reads it says so.
  }
}
