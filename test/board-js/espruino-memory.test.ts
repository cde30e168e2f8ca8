/** What a network takes of Espruino's heap once it is open, on the real engine where it is on PATH. */
import test from 'ava';
import { loadModel } from '../../src/cli/model.js';
import { type CompileOptions, compile } from '../../src/compile.js';
import { needs } from '../needs.js';
import { missingCommands, runScript } from './board-engines.js';
import { bundle } from './engine.js';

/** Variables in use more than when the network was opened: while it runs, at the most, and after each inference. */
function counted(name: string, options: CompileOptions): { running: number; after: number[] } {
  const model = loadModel(name);
  if (model.kind !== 'graph') throw new Error(name);
  const { blob } = compile(model.graph, options);
  // The first round counts without an inference, so that what counting takes is in all rounds.
  const lines = runScript(
    'espruino',
    [
      bundle('depthwise.mobilenet.espruino.js'),
      'var now = 0, most = 0, i = 0, net = 0;',
      `var file = new Uint8Array([${blob}]);`,
      'function look() { now = process.memory().usage; if (now > most) most = now; }',
      'function read(at, n) { look(); return file.subarray(at, at + n); }',
      'net = depthwise.open({ length: file.length, read: read });',
      'for (i = 0; i < 4; i++) {',
      '  most = 0;',
      '  if (i) net.invoke();',
      '  look();',
      '  print("COUNTED", most, now);',
      '}',
    ].join('\n'),
  );
  const counts = lines.flatMap((line) => [.../COUNTED (\d+) (\d+)/g[Symbol.matchAll](line)]);
  const [open, ...after] = counts.map(([, , now]) => Number(now));
  return { running: Math.max(...counts.map(([, most]) => Number(most))) - open, after: after.map((now) => now - open) };
}

for (const memory of ['fast', 'min'] as const) {
  const title = `espruino: an inference keeps nothing of the heap, and takes little, --memory ${memory}`;
  needs(test, missingCommands('espruino'), title, (t) => {
    const { running, after } = counted('digits', { memory });
    // A variable is the word of the current task, which the first tick reads.
    t.deepEqual(after, [1, 1, 1]);
    t.true(running > 0 && running < 256, `${running}`);
    t.log(`${running} variables while it runs`);
  });
}
