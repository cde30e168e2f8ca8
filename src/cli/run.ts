/** `depthwise run`: inference, with its costs. */
import { Command, Option } from 'commander';
import type { EngineName } from '../engines/engine.js';
import { QEMU_ENGINES } from '../engines/qemu.js';
import { blobRunner, openRunner, openSession } from '../engines/run.js';
import { DepthwiseError } from '../errors.js';
import { readBlob } from '../format/read.js';
import type { Graph } from '../graph/graph.js';
import type { InputPort } from '../input/read.js';
import type { FitName } from '../pictures/fit.js';
import { FIRMWARE_RUNTIMES, type FirmwareRuntime } from '../qemu/runtimes.js';
import {
  addCompileOptions,
  type CompileFlags,
  compileModel,
  parseThreshold,
  refuseCompileFlags,
} from './compile-options.js';
import { makeFolder } from './files.js';
import { loadModel, MODEL_HELP } from './model.js';
import { print } from './output.js';
import { fitOption } from './picture-options.js';
import { checkDrawing, drawAnswers } from './run-draw.js';
import { layerWriter, readRecords, writeOutputs } from './run-files.js';
import { enrollAll, openGallery } from './run-gallery.js';
import { type Runnable, report, text } from './run-report.js';

interface Options extends CompileFlags {
  input: string[];
  output?: string;
  fit?: FitName;
  engine: EngineName;
  runtime?: FirmwareRuntime;
  layers?: string;
  draw?: string;
  gallery?: string;
  enroll?: string;
  json?: boolean;
}

export function runCommand(): Command {
  const collect = (file: string, files: string[] = []) => [...files, file];
  const command = new Command('run')
    .description('run a model on an input and count what it costs')
    .argument('<model>', MODEL_HELP)
    .requiredOption(
      '--input <file>',
      'raw tensor bytes (.bin, N records run N times), .npy or a picture; once per model input, or, of a model with one input, as often as there are files',
      collect,
    )
    .addOption(fitOption())
    .option('--output <file>', 'where the output bytes go, record after record; .npy by its name')
    .addOption(
      new Option(
        '--engine <name>',
        'wasm3: what a board runs, every op counted; node: the same kernels, fast; js: what boards run that have ' +
          'JavaScript; reference: the plain kernels; qemu-rv32 (ESP32-C3), qemu-m4 (Cortex-M4), qemu-xtensa (ESP32, ' +
          'ESP32-S3) and qemu-lx106 (ESP8266): the firmware on an emulated core, every instruction counted',
      )
        .choices(['wasm3', 'node', 'js', 'reference', ...QEMU_ENGINES])
        .default('wasm3'),
    )
    .addOption(
      new Option('--runtime <name>', 'of the firmware under QEMU; default: wasm3').choices([...FIRMWARE_RUNTIMES]),
    )
    .option(
      '--layers <dir>',
      "write every operator's output for the first record; turns fusion, --memory min and --frame rows off",
    );
  command
    .option('--draw <file>', 'the picture with its answers, .png or .svg; of several pictures, each with its number')
    .option('--gallery <file>', 'names for the vectors of an embedding: the nearest, or unknown')
    .option('--enroll <label>', 'add the pictures to the gallery under this name');
  return addCompileOptions(command).option('--json', 'one JSON object on stdout').action(run);
}

/** Every operator's output must stand in memory as a whole when it is done. */
const LAYER_BY_LAYER = { fuse: false, memory: 'fast', frame: 'resident' } as const;

async function run(argument: string, options: Options): Promise<void> {
  refuseEngineFlags(options);
  if (options.draw !== undefined) checkDrawing(options.draw);
  const model = loadModel(argument, options.outputs);
  refuseCompileFlags(model, options);
  const runnable = model.kind === 'dw' ? openBlob(model.blob, options) : openGraph(model.graph, options);
  const threshold = options.threshold === undefined ? undefined : parseThreshold(options.threshold);
  const { inputs: records, shown } = await readRecords(options.input, runnable.inputs, options.fit);
  if (options.layers !== undefined) makeFolder(options.layers);

  const { runner, graph } = runnable;
  const first = options.layers === undefined ? [] : [runner.run(records[0], layerWriter(graph!, options.layers))];
  const outputs = [...first, ...runner.runAll(records.slice(first.length))];
  if (options.output !== undefined) writeOutputs(options.output, outputs, runnable);

  const gallery = openGallery(runnable, options);
  if (gallery && options.enroll !== undefined) enrollAll(gallery, runnable, outputs, options);
  const result = report(runnable, options.engine, outputs, { shown, threshold, gallery });
  if (options.draw !== undefined) await drawAnswers(options.draw, result.answers, shown);
  print(options.json, result, () => text(result));
}

/** @throws DepthwiseError USAGE where an option has no meaning for the engine. */
function refuseEngineFlags({ engine, runtime, layers }: Options): void {
  const emulated = engine.startsWith('qemu-');
  if (runtime !== undefined && !emulated) {
    throw new DepthwiseError(
      'USAGE',
      `--runtime is of the firmware: it needs --engine ${QEMU_ENGINES.join(', ')}, not ${engine}.`,
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
