/** The report of `run`: answers, and what they cost. */

import { graphCost } from '../analysis/cost.js';
import type { Compiled } from '../compile.js';
import type { EngineName, EngineStats } from '../engines/engine.js';
import type { Runner } from '../engines/run.js';
import type { BlobContents, PortInfo } from '../format/read.js';
import type { Graph } from '../graph/graph.js';
import { type Answer, answersOf } from '../heads/answers.js';
import { headInstructions } from '../heads/cost.js';
import type { Gallery } from '../heads/gallery-file.js';
import type { HeadName } from '../heads/open.js';
import type { InputPort, Shown } from '../input/read.js';
import type { FirmwareRuntime } from '../qemu/runtimes.js';
import { answerLines, inPicture } from '../report/answers.js';
import { type MadeUp, madeUp, madeUpLines } from '../report/made-up.js';
import { formatNumber, table } from '../report/table.js';
import { chosenClass, type TopClass, topClasses, values } from '../report/top.js';
import { kindName } from '../steps/index.js';
import { shorten } from './info.js';

/** Options of `run` for its records. */
export interface RecordOptions {
  /** The picture that each record is from, where it is one. */
  shown: (Shown | undefined)[];
  threshold?: number;
  gallery?: Gallery;
}

/** A model that an engine has opened. A .dw file comes without its graph. */
export interface Runnable {
  runner: Runner;
  contents: BlobContents;
  graph?: Graph;
  compiled?: Compiled;
  inputs: InputPort[];
}

interface Report extends MadeUp {
  model: string;
  engine: EngineName;
  records: number;
  /** How the outputs are read, and instructions of that in C: an estimate; null where there is nothing to price. */
  head: HeadName;
  headInstructions: number | null;
  macs: number;
  ops: number | null;
  opsPerMac: number | null;
  arenaBytes: number;
  scratchBytes: number;
  linearMemoryBytes: number | null;
  maxNativeDepth: number | null;
  compiledCodeBytes: number | null;
  streamedBytes: number | null;
  imports: string[] | null;
  runtime?: FirmwareRuntime;
  instructions: number | null;
  instructionsPerMac: number | null;
  firstInstructions: number | null;
  openInstructions: number | null;
  codeBytes: number | null;
  heapBytes: number | null;
  stackBytes: number | null;
  opsByKind: Record<string, number> | null;
  /** Per record: the values of the output, or of each output where there are several. */
  output: (number[] | number[][])[];
  top: TopClass[][];
  /** Per record: what the head of the model makes of the outputs. */
  answers: Answer[][];
  steps: {
    index: number;
    kind: string;
    name: string;
    macs: number;
    ops: number | null;
    opsPerMac: number | null;
  }[];
}

/** Costs are of one inference; what the engine does not count is null. */
export function report(
  { runner, contents, graph, compiled }: Runnable,
  engine: EngineName,
  outputs: Uint8Array[][],
  { shown, threshold, gallery }: RecordOptions,
): Report {
  const stats: EngineStats = runner.stats();
  const macs = graph ? graphCost(graph).macs : contents.macs;
  const decoded = outputs.map((record) =>
    record.map((bytes, i) => values(bytes, graph?.tensors[graph.outputs[i]].dtype ?? contents.outputs[i].dtype)),
  );
  const labels = compiled?.program.labels ?? contents.labels;
  const top = decoded.map(([first]) =>
    isChosen(contents.outputs[0]) ? chosenClass(first, labels) : topClasses(first, scoring(contents, graph), labels),
  );
  const { head } = contents;
  return {
    model: contents.name,
    ...madeUp(contents),
    engine,
    records: outputs.length,
    head: head?.name ?? 'classify',
    headInstructions: (head && Math.round(headInstructions(head))) || null,
    macs,
    ops: stats.ops ?? null,
    opsPerMac: ratio(stats.ops, macs),
    arenaBytes: contents.arenaBytes,
    scratchBytes: contents.scratchBytes,
    linearMemoryBytes: stats.linearMemoryBytes ?? null,
    maxNativeDepth: stats.maxNativeDepth ?? null,
    compiledCodeBytes: stats.compiledCodeBytes ?? null,
    streamedBytes: stats.streamedBytes ?? null,
    imports: stats.imports ?? null,
    instructions: stats.instructions ?? null,
    instructionsPerMac: ratio(stats.instructions, macs),
    firstInstructions: stats.firstInstructions ?? null,
    openInstructions: stats.openInstructions ?? null,
    codeBytes: stats.codeBytes ?? null,
    heapBytes: stats.heapBytes ?? null,
    stackBytes: stats.stackBytes ?? null,
    opsByKind: stats.opsByKind ?? null,
    output: decoded.map((record) => (record.length === 1 ? record[0] : record)),
    top,
    answers: outputs.map((_, i) => {
      if (!head || head.name === 'classify')
        return top[i].filter(({ score }) => score === null || score >= (threshold ?? score));
      return inPicture(
        answersOf(head, headValues({ contents, graph }, outputs[i]), { labels, threshold, gallery }),
        shown[i],
      );
    }),
    steps: contents.steps.map((step, index) => {
      const ops = stats.opsByStep?.[index];
      return {
        index,
        kind: kindName(step.kind),
        name: compiled?.program.steps[index].name ?? '',
        macs: step.macs,
        ops: ops ?? null,
        opsPerMac: ratio(ops, step.macs),
      };
    }),
  };
}

/** Whether values are classes, and not their scores. */
const isChosen = ({ dtype }: PortInfo): boolean => dtype === 'int32' || dtype === 'int64';

const isFloat = (graph: Graph | undefined, port: number): boolean =>
  graph?.tensors[graph.outputs[port]].dtype === 'float32';

/** Outputs of one record as heads read them: of a float32 one, the values that its DEQUANTIZE was given. */
export function headValues(
  { contents, graph }: Pick<Runnable, 'contents' | 'graph'>,
  outputs: Uint8Array[],
): number[][] {
  return outputs.map((bytes, i) => {
    const { scale, zeroPoint, dtype } = contents.outputs[i];
    if (!isFloat(graph, i)) return values(bytes, dtype);
    return values(bytes, 'float32').map((value) => Math.round(value / scale) + zeroPoint);
  });
}

/** From output values to scores: float32 outputs are scores already. */
function scoring(contents: BlobContents, graph?: Graph): { scale: number; zeroPoint: number } {
  if (isFloat(graph, 0)) return { scale: 1, zeroPoint: 0 };
  return contents.outputs[0];
}

const ratio = (ops: number | undefined, macs: number | undefined): number | null =>
  ops === undefined || !macs ? null : Number((ops / macs).toFixed(3));

function classes(top: TopClass[]): string {
  return table(
    ['class', 'label', 'score'],
    top.map((c) => [String(c.index), c.label ?? '', c.score?.toFixed(4) ?? '']),
    { align: ['right', 'left', 'right'] },
  );
}

export function text(result: Report): string {
  const lines = madeUpLines(result);
  if (lines.length > 0) lines.push('');
  for (const [record, top] of result.top.entries()) {
    if (result.records > 1) lines.push(`record ${record}`);
    const isClasses = result.head === 'classify' || result.head === 'none';
    if (!isClasses) lines.push(answerLines(result.answers[record]), '');
    else if (top.length > 0) lines.push(classes(top), '');
  }
  if (result.ops !== null) {
    const rows = result.steps.map((step) => [
      String(step.index),
      step.kind,
      shorten(step.name),
      step.macs,
      step.ops ?? '',
      step.opsPerMac?.toFixed(2) ?? '',
      `${((100 * (step.ops ?? 0)) / result.ops!).toFixed(1)} %`,
    ]);
    lines.push(table(['step', 'kind', 'output', 'MACs', 'ops', 'ops/MAC', 'share'], rows), '');
    lines.push(
      `ops      ${formatNumber(result.ops)} of wasm3, ${result.opsPerMac ?? '-'} per MAC (${formatNumber(result.macs)} MACs)`,
    );
  } else {
    lines.push(`MACs     ${formatNumber(result.macs)}`);
  }
  lines.push(`RAM      arena ${formatNumber(result.arenaBytes)} B, scratch ${formatNumber(result.scratchBytes)} B`);
  if (result.headInstructions !== null) {
    lines.push(`head     ${result.head}, some ${formatNumber(result.headInstructions)} instructions in C`);
  }
  if (result.compiledCodeBytes !== null && result.maxNativeDepth !== null) {
    lines.push(
      `wasm3    compiled code ${formatNumber(result.compiledCodeBytes)} B, native depth ${formatNumber(result.maxNativeDepth)} ops`,
    );
  }
  if (result.instructions !== null) {
    lines.push(
      `firmware ${formatNumber(result.instructions)} instructions, ${result.instructionsPerMac ?? '-'} per MAC; opening the model ${formatNumber(result.openInstructions!)}`,
      `flash    ${formatNumber(result.codeBytes!)} B besides the model`,
      `RAM      net ${formatNumber(result.heapBytes!)} B, stack ${formatNumber(result.stackBytes!)} B`,
    );
  }
  lines.push(`engine   ${result.engine}, ${result.records} record${result.records === 1 ? '' : 's'}`);
  return lines.join('\n');
}
