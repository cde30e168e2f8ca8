/** An Espruino board at its prompt: expressions go in, text comes back. What is lost on the line is asked for again. */
import { DepthwiseError } from '../errors.js';
import type { Link } from './espruino-link.js';

/** How often something is sent before it is given up. */
const ATTEMPTS = 5;

/** Seconds to wait for an answer. Slowly sent lines take two; a board that tidies up its storage takes longer. */
const PATIENCE = 6;

/** Echo off for one line. */
const DLE = '\x10';
/** Clears the line, or stops what is running. */
const CTRL_C = '\x03';

/** Prints what f returns, with its number, in a form that no echo has. */
const ANSWER = 'global.__dw=function(i,f){var r;try{r=f()}catch(e){r="!"+e}print("<"+i+":"+r+">")}';

/** An answer that says: this did not come through as it was sent. */
export const LOST = 'lost';

export class Board {
  private received = '';
  private wake = (): void => {};
  private broken = false;
  private count = 0;
  /** Set when something was lost: the rest is sent slowly. */
  private slow = false;

  constructor(
    private readonly link: Link,
    private readonly port: string,
  ) {
    link.listen(
      (text) => {
        this.received += text;
        this.wake();
      },
      () => {
        this.broken = true;
        this.wake();
      },
    );
  }

  /**
   * Stops what runs, and finds the prompt.
   * @param helpers functions for later expressions, by name.
   * @throws DepthwiseError BOARD_FAILED where nobody answers.
   */
  async begin(helpers: Record<string, string>): Promise<void> {
    const definitions = Object.entries(helpers).map(([name, code]) => `global.${name}=${code}`);
    const lines = [ANSWER, ...definitions].map((line) => `${DLE}${line}\n`).join('');
    const ready = ['__dw', ...Object.keys(helpers)].map((name) => `typeof ${name}`).join('+');
    const expected = 'function'.repeat(definitions.length + 1);
    await this.ask('the prompt', ready, { before: lines, attempts: 2, accept: (answer) => answer === expected });
  }

  /** Takes the helpers away. */
  end(names: readonly string[]): void {
    this.link.send(`${['__dw', ...names].map((name) => `${DLE}delete global.${name}\n`).join('')}`);
  }

  /**
   * The value of a JavaScript expression, as text. It may be evaluated more than once.
   * @param what names it in messages.
   * @throws DepthwiseError BOARD_FAILED where no answer comes, or it is an exception.
   */
  async ask(
    what: string,
    expression: string,
    { before = '', attempts = ATTEMPTS, accept = (_answer: string): boolean => true } = {},
  ): Promise<string> {
    let why = '';
    for (let attempt = 1; attempt <= attempts; attempt++) {
      if (attempt > 1) await this.recover();
      const id = ++this.count;
      this.received = '';
      this.link.send(
        `${attempt === 1 && this.count > 1 ? '' : CTRL_C}${before}${DLE}__dw(${id},function(){return ${expression}})\n`,
      );
      const answer = await this.answer(id);
      if (answer?.startsWith('!')) throw this.failure(`${what}: the board says ${answer.slice(1)}`);
      if (answer !== undefined && answer !== LOST && accept(answer)) return answer;
      why = answer === undefined ? this.silence() : 'bytes were lost on the line';
      if (this.broken) break;
    }
    throw this.failure(`${what}: ${why}`);
  }

  /** The board's output for `id`; undefined when the line broke, the board complained or time ran out. */
  private async answer(id: number): Promise<string | undefined> {
    const pattern = new RegExp(`<${id}:([^>]*)>`);
    const end = Date.now() + 1000 * PATIENCE;
    while (!this.broken) {
      const found = pattern.exec(this.received);
      if (found) return found[1];
      const left = end - Date.now();
      // A line that lost bytes is often no JavaScript any more.
      if (left <= 0 || /Uncaught/.test(this.received)) return undefined;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return undefined;
  }

  private async recover(): Promise<void> {
    if (!this.slow) this.link.slowDown();
    this.slow = true;
    // Whatever is on its way shall be through before the line is cleared.
    await new Promise((resolve) => setTimeout(resolve, 100));
    this.link.send(CTRL_C);
  }

  private silence(): string {
    if (this.broken) return 'the connection broke';
    const said = this.received.replace(/[^\x20-\x7e]+/g, ' ').trim();
    return said === '' ? 'no answer came' : `no answer came, but "${said.slice(-100)}"`;
  }

  private failure(reason: string): DepthwiseError {
    return new DepthwiseError(
      'BOARD_FAILED',
      `${this.port}: ${reason}. Is it an Espruino, and its console on this port? Run the command again: what is written already stays.`,
    );
  }
}
