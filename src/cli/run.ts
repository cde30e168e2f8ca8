/** `depthwise run`: inference, with its costs. */
import { Command, Option } from 'commander';
import { concatUint8Arrays } from 'typed-array-utils';
import type { Compiled } from '../compile/compile.js';
import type { EngineName, EngineStats } from '../engines/engine.js';
import { blobRunner, openRunner, openSession, type Runner } from '../engines/run.js';
import { DepthwiseError } from '../errors.js';
import { FIRMWARE_RUNTIMES, type FirmwareRuntime } from '../firmware/runtimes.js';
import { kindName } from '../format/kinds.js';
import { type BlobContents, readBlob } from '../format/read.js';
import { graphCost } from '../graph/cost.js';
import type { Graph } from '../graph/graph.js';
import { writeNpy } from '../input/npy.js';
import { type InputPort, readInputs } from '../input/read.js';
import { type MadeUp, madeUp, madeUpLines } from '../report/made-up.js';
import { formatNumber, table } from '../report/table.js';
import { type TopClass, topClasses, values } from '../report/top.js';
import { addCompileOptions, type CompileFlags, compileModel, refuseCompileFlags } from './compile-options.js';
import { makeFolder, writeFile } from './files.js';
import { shorten } from './info.js';
import { loadModel, MODEL_HELP } from './model.js';
import { note, print } from './output.js';

interface Options extends CompileFlags {
  input: string[];
  output?: string;
  engine: EngineName;
  runtime?: FirmwareRuntime;
  layers?: string;
  json?: boolean;
}

export function runCommand(): Command {
  const collect = (file: string, files: string[] = []) => [...files, file];
  const command = new Command('run')
    .description('run a model on an input and count what it costs')
    .argument('<model>', MODEL_HELP)
    .requiredOption(
      '--input <file>',
      'raw tensor bytes (.bin, N records run N times), .npy or a picture; once per model input',
      collect,
    )
    .option('--output <file>', 'where the output bytes go, record after record; .npy by its name')
    .addOption(
      new Option(
        '--engine <name>',
        'wasm3: what a board runs, every op counted; node: the same kernels, fast; qemu-rv32, qemu-m4: the firmware ' +
          'on an emulated ESP32-C3 core or Cortex-M4, every instruction counted',
      )
        .choices(['wasm3', 'node', 'js', 'reference', 'qemu-rv32', 'qemu-m4'])
        .default('wasm3'),
    )
    .addOption(
      new Option('--runtime <name>', 'of the firmware under QEMU; default: wasm3').choices([...FIRMWARE_RUNTIMES]),
    )
    .option(
      '--layers <dir>',
      "write every operator's output for the first record; turns fusion, --memory min and --frame rows off",
    );
  return addCompileOptions(command).option('--json', 'one JSON object on stdout').action(run);
}

/** Every operator's output must stand in memory as a whole when it is done. */
const LAYER_BY_LAYER = { fuse: false, memory: 'fast', frame: 'resident' } as const;

interface Runnable {
  runner: Runner;
  contents: BlobContents;
  graph?: Graph;
  compiled?: Compiled;
  inputs: InputPort[];
}

async function run(argument: string, options: Options): Promise<void> {
  refuseEngineFlags(options);
  const model = loadModel(argument);
  refuseCompileFlags(model, options);
  const runnable = model.kind === 'dw' ? openBlob(model.blob, options) : openGraph(model.graph, options);
  const records = await readRecords(options.input, runnable.inputs);
  if (options.layers !== undefined) makeFolder(options.layers);

  const { runner, graph } = runnable;
  const first = options.layers === undefined ? [] : [runner.run(records[0], layerWriter(graph!, options.layers))];
  const outputs = [...first, ...runner.runAll(records.slice(first.length))];
  if (options.output !== undefined) writeOutputs(options.output, outputs, runnable);

  const result = report(runnable, options.engine, outputs);
  print(options.json, result, () => text(result));
}

/** @throws DepthwiseError USAGE where an option has no meaning for the engine. */
function refuseEngineFlags({ engine, runtime, layers }: Options): void {
  const emulated = engine.startsWith('qemu-');
  if (runtime !== undefined && !emulated) {
    throw new DepthwiseError(
      'USAGE',
      `--runtime is of the firmware: it needs --engine qemu-rv32 or qemu-m4, not ${engine}.`,
    );
  }
  if (layers !== undefined && emulated) {
    throw new DepthwiseError(
      'USAGE',
      `--layers cannot look into the firmware of --engine ${engine}: use wasm3, whose bytes are the same.`,
    );
  }
}

function openGraph(graph: Graph, options: Options): Runnable {
  const compiled = compileModel(graph, options, options.layers === undefined ? {} : LAYER_BY_LAYER);
  const inputs = graph.inputs.map((index, i): InputPort => {
    const port = compiled.program.inputs[i];
    return {
      name: graph.tensors[index].name,
      shape: port.shape,
      scale: port.scale,
      zeroPoint: port.zeroPoint,
      dtype: port.dtype,
      float32: port.float32,
    };
  });
  const runner = openRunner(graph, compiled, options.engine, options.runtime);
  return { runner, contents: readBlob(compiled.blob), graph, compiled, inputs };
}

function openBlob(blob: Uint8Array, { engine, runtime, layers }: Options): Runnable {
  if (engine === 'reference' || layers !== undefined) {
    const what = engine === 'reference' ? '--engine reference' : '--layers';
    throw new DepthwiseError(
      'USAGE',
      `${what} needs the model itself, not a .dw file, whose operators are gone. Give the model it was compiled from.`,
    );
  }
  const contents = readBlob(blob);
  const runner = blobRunner(openSession(blob, engine, runtime));
  return { runner, contents, inputs: contents.inputs };
}

/** Record by record, one array of bytes per model input. */
async function readRecords(files: string[], ports: InputPort[]): Promise<Uint8Array[][]> {
  if (files.length !== ports.length) {
    const names = ports.map((port) => port.name).join(', ');
    throw new DepthwiseError(
      'USAGE',
      `${files.length} --input given, expected ${ports.length}, in this order: ${names}.`,
    );
  }
  const columns: Uint8Array[][] = [];
  for (const [i, file] of files.entries()) {
    const { records, mapping } = await readInputs(file, ports[i]);
    if (mapping) note(`${file}: ${mapping}`);
    columns.push(records);
  }
  const count = columns[0].length;
  const odd = columns.findIndex((records) => records.length !== count);
  if (odd > 0) {
    throw new DepthwiseError(
      'INPUT_SIZE',
      `${files[odd]} holds ${columns[odd].length} records, ${files[0]} holds ${count}: expected as many in each.`,
    );
  }
  return columns[0].map((_, record) => columns.map((records) => records[record]));
}

function layerWriter(graph: Graph, folder: string): (operator: number, output: Uint8Array) => void {
  return (operator, output) => {
    const name = `${String(operator).padStart(2, '0')}_${graph.operators[operator].op}.bin`;
    writeFile(`${folder}/${name}`, output);
  };
}

function writeOutputs(file: string, outputs: Uint8Array[][], { contents, graph }: Runnable): void {
  if (!file.endsWith('.npy')) {
    writeFile(file, concatUint8Arrays(...outputs.flat()));
    return;
  }
  if (contents.outputs.length !== 1) {
    throw new DepthwiseError(
      'USAGE',
      `${file} can hold one array, but the model has ${contents.outputs.length} outputs: write a .bin file.`,
    );
  }
  const tensor = graph?.tensors[graph.outputs[0]];
  const { shape } = tensor ?? contents.outputs[0];
  const dtype = tensor?.dtype === 'float32' ? 'float32' : contents.outputs[0].dtype;
  const records = shape.length > 1 && shape[0] === 1 ? shape.slice(1) : shape;
  writeFile(file, writeNpy(dtype, [outputs.length, ...records], concatUint8Arrays(...outputs.flat())));
}

interface Report extends MadeUp {
  model: string;
  engine: EngineName;
  records: number;
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
  steps: {
    index: number;
    kind: string;
    name: string;
    macs: number | null;
    ops: number | null;
    opsPerMac: number | null;
  }[];
}

function report({ runner, contents, graph, compiled }: Runnable, engine: EngineName, outputs: Uint8Array[][]): Report {
  const stats: EngineStats = runner.stats();
  const macs = graph ? graphCost(graph).macs : contents.macs;
  const decoded = outputs.map((record) =>
    record.map((bytes, i) => values(bytes, graph?.tensors[graph.outputs[i]].dtype ?? contents.outputs[i].dtype)),
  );
  return {
    model: contents.name,
    ...madeUp(contents),
    engine,
    records: outputs.length,
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
    top: decoded.map((record) =>
      topClasses(record[0], scoring(contents, graph), compiled?.program.labels ?? contents.labels),
    ),
    steps: contents.steps.map((step, index) => {
      const ops = stats.opsByStep?.[index];
      const stepMacs = compiled?.program.steps[index].macs;
      return {
        index,
        kind: kindName(step.kind),
        name: compiled?.program.steps[index].name ?? '',
        macs: stepMacs ?? null,
        ops: ops ?? null,
        opsPerMac: ratio(ops, stepMacs),
      };
    }),
  };
}

/** From output values to scores: float32 outputs are scores already. */
function scoring(contents: BlobContents, graph?: Graph): { scale: number; zeroPoint: number } {
  if (graph?.tensors[graph.outputs[0]].dtype === 'float32') return { scale: 1, zeroPoint: 0 };
  return contents.outputs[0];
}

const ratio = (ops: number | undefined, macs: number | undefined): number | null =>
  ops === undefined || !macs ? null : Number((ops / macs).toFixed(3));

function text(result: Report): string {
  const lines = madeUpLines(result);
  if (lines.length > 0) lines.push('');
  for (const [record, top] of result.top.entries()) {
    if (result.records > 1) lines.push(`record ${record}`);
    lines.push(
      table(
        ['class', 'label', 'score'],
        top.map((c) => [String(c.index), c.label ?? '', c.score.toFixed(4)]),
        { align: ['right', 'left', 'right'] },
      ),
      '',
    );
  }
  if (result.ops !== null) {
    const rows = result.steps.map((step) => [
      String(step.index),
      step.kind,
      shorten(step.name),
      step.macs ?? '',
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
  if (result.compiledCodeBytes !== null && result.maxNativeDepth !== null) {
    lines.push(
      `wasm3    compiled code ${formatNumber(result.compiledCodeBytes)} B, native depth ${formatNumber(result.maxNativeDepth)} ops`,
    );
  }
  if (result.instructions !== null) {
    lines.push(
      `firmware ${formatNumber(result.instructions)} instructions, ${result.instructionsPerMac ?? '-'} per MAC; the first inference ${formatNumber(result.firstInstructions!)}`,
      `flash    ${formatNumber(result.codeBytes!)} B besides the model`,
      `RAM      net ${formatNumber(result.heapBytes!)} B, stack ${formatNumber(result.stackBytes!)} B`,
    );
  }
  lines.push(`engine   ${result.engine}, ${result.records} record${result.records === 1 ? '' : 's'}`);
  return lines.join('\n');
}
