/** The firmware on all cores, against what tflite-micro computed: every runtime, plan and way of feeding it, to the byte. */
import test, { type ExecutionContext } from 'ava';
import { compile } from '../../src/compile.js';
import { openFirmware } from '../../src/engines/qemu.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { CORES, type Core } from '../../src/qemu/cores.js';
import { FIRMWARE_RUNTIMES } from '../../src/qemu/runtimes.js';
import { roomOf } from '../../tools/bench/room.js';
import { difference } from '../difference.js';
import { missingFixtures, readFixture, readManifest } from '../fixtures.js';
import { needs } from '../needs.js';
import { coreTools, EVERY_CORE, missingTools } from './tools.js';

interface Record {
  title: string;
  input: Uint8Array;
  output: Uint8Array;
}

/** The cases of the manifest and, where there are and `all` are asked for, the files of official records, cut into records. */
function goldens(model: string, all: boolean): Record[] {
  const { cases } = readManifest('golden', model, 'manifest.json');
  const records: Record[] = cases.map(({ name, input, output }: { name: string; input: string; output: string }) => ({
    title: name,
    input: readFixture('golden', model, input),
    output: readFixture('golden', model, output),
  }));
  if (model !== 'kws_ref_model' || !all) return records;
  const [inputs, outputs] = ['in', 'out'].map((which) => readFixture('golden', model, `official100.${which}.bin`));
  const [input, output] = [inputs.length / 100, outputs.length / 100];
  for (let i = 0; i < 100; i++) {
    records.push({
      title: `official record ${i}`,
      input: inputs.subarray(i * input, (i + 1) * input),
      output: outputs.subarray(i * output, (i + 1) * output),
    });
  }
  return records;
}

/** Where wasm3 takes twice the instructions and more: there one plan has all records, the others those of the manifest. */
const SLOW: readonly Core[] = [CORES.xtensa, CORES.lx106];

function withFixturesAndTools(title: string, core: Core, run: (t: ExecutionContext) => void): void {
  needs(test, [...missingFixtures, ...missingTools(...coreTools(core))], title, run);
}

for (const core of EVERY_CORE) {
  for (const runtime of FIRMWARE_RUNTIMES) {
    for (const model of ['person_detect', 'vww_96_int8', 'kws_ref_model']) {
      for (const memory of ['fast', 'min'] as const) {
        for (const frame of ['resident', 'rows'] as const) {
          const title = `${model}, ${core.id}, ${runtime}, --memory ${memory} --frame ${frame}`;
          withFixturesAndTools(title, core, (t) => {
            const graph = importTflite(readFixture('models', `${model}.tflite`), model);
            const { blob } = compile(graph, { memory, frame });
            const records = goldens(
              model,
              runtime === 'aot' || !SLOW.includes(core) || (memory === 'fast' && frame === 'resident'),
            );
            t.true(records.length >= 4);
            const session = openFirmware(blob, core, runtime, roomOf(core));
            const outputs = session.runAll!(records.map(({ input }) => [input]));
            records.forEach(({ title, output }, i) => {
              t.is(difference(outputs[i][0], output), 'equal', title);
            });
          });
        }
      }
    }
  }
}
