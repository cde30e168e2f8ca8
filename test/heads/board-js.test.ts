/** Heads on the board's JavaScript: the same answers as on the host, in every field, and the same files refused. */
import { setImmediate } from 'node:timers/promises';
import { createContext, runInContext } from 'node:vm';
import test from 'ava';
import type { DetectorNet } from '../../src/board-js/heads/detect.js';
import type { EmbedderNet } from '../../src/board-js/heads/embed.js';
import type { LocatorNet } from '../../src/board-js/heads/locate.js';
import { headScript } from '../../src/engines/head-script.js';
import { readBlob } from '../../src/format/read.js';
import { type Answer, answersOf } from '../../src/heads/answers.js';
import * as L from '../../src/program/layout.js';
import { HEAD_FILES } from '../../tools/build/runtime.js';
import { BOARD_ENGINES, missingCommands, runScript } from '../board-js/board-engines.js';
import { bundle } from '../board-js/engine.js';
import { findings } from '../board-js/es5.js';
import { repaired } from '../format/damaged.js';
import { type Random, seededRandom } from '../graph/builder.js';
import { needs } from '../needs.js';
import { randomOutputs, SUBJECTS, type Subject, spoiled } from './subject.js';

type AnyNet = DetectorNet & EmbedderNet & LocatorNet;

/** Bytes of a runtime with MobileNetV1's kernels; a head comes on top, and may take as much again. */
const MOST_BYTES = 8192;

for (const file of HEAD_FILES) {
  test(`every engine understands dist/${file}, which is small`, (t) => {
    const script = bundle(file);
    t.deepEqual(findings(script), []);
    t.true(script.length <= MOST_BYTES, `${script.length}`);
  });
}

/** The runtime with the script of a head, as a bundle has it. */
function openers(name: string): (blob: Uint8Array) => AnyNet {
  const realm = createContext({});
  const head = { name, bytes: new Uint8Array(0) } as Parameters<typeof headScript>[0];
  runInContext(bundle('depthwise.mobilenet.js') + headScript(head), realm);
  return runInContext('depthwise', realm).open;
}

/** What a net answers, in the words of the host. */
function boardAnswers(net: AnyNet): Answer[] {
  if (net.detect) return net.detect().map(({ label, ...rest }) => ({ label: label || null, ...rest }));
  if (net.embed) return [{ embedding: Array.from(net.embed()) }];
  const place = net.locate();
  return place ? [{ ...place }] : [];
}

function hostAnswers({ blob }: Subject, outputs: Uint8Array[]): Answer[] {
  const { head, outputs: ports, labels } = readBlob(blob);
  const values = outputs.map((bytes, i) => (ports[i].dtype === 'int8' ? new Int8Array(bytes.buffer) : bytes));
  return answersOf(head!, values, { labels });
}

const SUBJECTS_EACH = 50;
const OUTPUTS_EACH = 40;

for (const [kind, make] of Object.entries(SUBJECTS)) {
  const open = openers(kind.split(' ')[0]);

  test(`${kind}: 2,000 random outputs, every field as on the host`, (t) => {
    const random = seededRandom(51);
    for (let i = 0; i < SUBJECTS_EACH; i++) {
      const subject = make(random);
      const net = open(subject.blob);
      for (let j = 0; j < OUTPUTS_EACH; j++) {
        const outputs = randomOutputs(subject, random);
        for (const [port, bytes] of outputs.entries()) net.output(port).set(bytes);
        t.deepEqual(boardAnswers(net), hostAnswers(subject, outputs), `${kind} ${i} ${j}`);
      }
    }
  });

  test(`${kind}: what the host refuses the board refuses, and opens what that opens`, (t) => {
    const random = seededRandom(52);
    let refused = 0;
    for (let i = 0; i < 400; i++) {
      const { blob } = make(random);
      const view = new DataView(blob.buffer);
      const [offset, length] = [L.H_HEAD_OFFSET, L.H_HEAD_BYTES].map((field) => view.getUint32(field, true));
      const changed = repaired(spoiled(blob, random, { offset, length }));
      const opens = (attempt: () => unknown): boolean => {
        try {
          attempt();
          return true;
        } catch {
          refused++;
          return false;
        }
      };
      const sameKind = () => {
        if (readBlob(changed).head?.name !== kind.split(' ')[0]) throw new Error('of another kind');
      };
      t.is(
        opens(() => open(changed)),
        opens(sameKind),
        `${kind} ${i}`,
      );
    }
    t.true(refused > 100, `${refused}`);
  });
}

/** Networks of one script: JerryScript's heap of 512 KB holds a script's strings. */
const SUBJECTS_A_SCRIPT = 2;

/** A script that prints a line for each output: the answers, field by field. */
function engineScript(kind: string, subjects: Subject[], random: Random): { script: string; expected: string[] } {
  const expected: string[] = [];
  const hex = (bytes: Uint8Array): string => JSON.stringify(Buffer.from(bytes).toString('hex'));
  const head = { name: kind.split(' ')[0], bytes: new Uint8Array(0) } as Parameters<typeof headScript>[0];
  const parts = [
    bundle('depthwise.js'),
    headScript(head),
    `var say = typeof console !== 'undefined' ? function (text) { console.log(text); } : print;
     function bytes(text) {
       var made = new Uint8Array(text.length / 2);
       for (var i = 0; i < made.length; i++) made[i] = parseInt(text.substr(2 * i, 2), 16);
       return made;
     }
     function answer(net) {
       var all = net.detect ? net.detect() : net.embed ? [net.embed()] : [net.locate()];
       var line = '';
       for (var i = 0; i < all.length; i++) {
         var a = all[i];
         if (!a) continue;
         if (net.embed) { for (var j = 0; j < a.length; j++) line += a[j] + ' '; continue; }
         if (net.locate) line += [a.latitude * 65536, a.longitude * 65536, a.radiusKm, a.score * 16777216] + ';';
         else line += [a.index, a.score * 16777216, a.x * 16, a.y * 16, a.width * 16, a.height * 16] + ';';
       }
       say('=' + line);
     }
     var net;`,
  ];
  for (const subject of subjects) {
    parts.push(`net = depthwise.open(bytes(${hex(subject.blob)}));`);
    for (let j = 0; j < OUTPUTS_EACH; j++) {
      const outputs = randomOutputs(subject, random);
      parts.push(
        outputs.map((output, port) => `net.output(${port}).set(bytes(${hex(output)}));`).join(''),
        'answer(net);',
      );
      expected.push(`=${hostAnswers(subject, outputs).map(line).join('')}`);
    }
  }
  return { script: parts.join('\n'), expected };
}

function line(answer: Answer): string {
  if ('embedding' in answer) return answer.embedding.map((value) => `${value} `).join('');
  if ('latitude' in answer) {
    return `${[answer.latitude * 65536, answer.longitude * 65536, answer.radiusKm, answer.score * 2 ** 24]};`;
  }
  const { index, score, ...box } = answer as Extract<Answer, { width: number }>;
  return `${[index, score * 2 ** 24, box.x * 16, box.y * 16, box.width * 16, box.height * 16]};`;
}

for (const engine of BOARD_ENGINES) {
  for (const [kind, make] of Object.entries(SUBJECTS)) {
    const title = `${engine}, ${kind}: 2,000 random outputs, every field as on the host`;
    needs(test, missingCommands(engine), title, async (t) => {
      // Espruino reads the source of a loop each time round: five minutes for SSD.
      t.timeout(3_600_000);
      await setImmediate();
      const random = seededRandom(53);
      for (let i = 0; i < SUBJECTS_EACH; i += SUBJECTS_A_SCRIPT) {
        const subjects = Array.from({ length: SUBJECTS_A_SCRIPT }, () => make(random));
        const { script, expected } = engineScript(kind, subjects, random);
        const printed = runScript(engine, script).filter((text) => text.startsWith('='));
        t.deepEqual(
          printed.map((text) => text.trim()),
          expected.map((text) => text.trim()),
          `${kind} ${i}`,
        );
      }
    });
  }
}
