/** One way to run a model, whatever it is (a graph, a .dw file) and whichever engine: bytes in, bytes and costs out. */
import { asset } from '../assets.js';
import { DepthwiseError } from '../errors.js';
import { checkBlob } from '../format/check.js';
import { kernelModule } from '../format/kinds.js';
import type { Graph, Tensor } from '../graph/graph.js';
import { elements } from '../graph/graph.js';
import { dequantizeToFloat, quantizeFloat } from '../kernels/reference/float-edges.js';
import type { CompiledFile } from '../program/file-plan.js';
import { type View, viewSize } from '../program/program.js';
import type { FirmwareRuntime } from '../qemu/runtimes.js';
import type { EngineName, EngineStats, ReadMemory, Session } from './engine.js';
import { openJs } from './js.js';
import { openNode } from './node.js';
import { coreOf, openFirmware } from './qemu.js';
import { runReference } from './reference.js';
import { openWasm3 } from './wasm3.js';

/** Raw bytes of the outputs of an operator of the graph. */
export type OnLayer = (operator: number, output: Uint8Array) => void;

export interface Runner {
  /**
   * One inference on raw tensor bytes in the model's own dtypes; a float32 input may also come as the bytes that its
   * QUANTIZE would make. `onLayer` needs a graph compiled with fuse off.
   */
  run(inputs: readonly Uint8Array[], onLayer?: OnLayer): Uint8Array[];
  /** Runs one inference a record. */
  runAll(records: readonly (readonly Uint8Array[])[]): Uint8Array[][];
  /** Costs of the last run; empty before it. */
  stats(): EngineStats;
}

/**
 * Opens a .dw file in an engine that runs such files.
 * @param runtime of the firmware under QEMU.
 * @throws DepthwiseError BLOB_INVALID, BLOB_VERSION, BLOB_CRC; MODEL_TOO_LARGE, TOOL_MISSING.
 */
export function openSession(
  blob: Uint8Array,
  engine: Exclude<EngineName, 'reference'>,
  runtime: FirmwareRuntime = 'wasm3',
): Session {
  checkBlob(blob);
  const core = coreOf(engine);
  if (core) return openFirmware(blob, core, runtime);
  if (engine === 'js') return openJs(blob);
  const kernels = asset(kernelModule(blob));
  return engine === 'wasm3' ? openWasm3(blob, kernels) : openNode(blob, kernels);
}

/**
 * Opens a graph that has been compiled; the reference engine interprets the graph itself.
 * @param runtime of the firmware under QEMU.
 */
export function openRunner(
  graph: Graph,
  compiled: CompiledFile,
  engine: EngineName,
  runtime?: FirmwareRuntime,
): Runner {
  if (engine !== 'reference') {
    return compiledRunner(graph, compiled, openSession(compiled.blob, engine, runtime));
  }
  const run: Runner['run'] = (inputs, onLayer) =>
    runReference(graph, inputs.map(float32Input(graph, compiled)), {
      rounding: compiled.program.rounding,
      afterOperator: onLayer && ((operator, outputs) => onLayer(operator, outputs[0])),
    });
  return { run, runAll: (records) => records.map((inputs) => run(inputs)), stats: () => ({}) };
}

/** A graph that has been compiled to the .dw file of a session. */
export function compiledRunner(graph: Graph, compiled: CompiledFile, session: Session): Runner {
  return new CompiledRunner(graph, compiled, session);
}

/** A .dw file in an engine that runs such files. */
export function blobRunner(session: Session): Runner {
  return {
    run: (inputs) => session.run(inputs),
    runAll: (records) => runAll(session, records),
    stats: () => session.stats(),
  };
}

function runAll(session: Session, records: readonly (readonly Uint8Array[])[]): Uint8Array[][] {
  return session.runAll?.(records) ?? records.map((inputs) => session.run(inputs));
}

/** Undoes QUANTIZE, where a float32 input has been through it already: quantised again it gives the same bytes. */
const float32Input =
  (graph: Graph, { program }: CompiledFile) =>
  (input: Uint8Array, i: number): Uint8Array => {
    const port = program.inputs[i];
    if (!port?.float32 || input.length !== viewSize(port.view)) return input;
    return toFloat(input, graph.tensors[port.tensor]);
  };

function toFloat(bytes: Uint8Array, tensor: Tensor): Uint8Array {
  const values = tensor.dtype === 'int8' ? new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length) : bytes;
  const real = new Float32Array(bytes.length);
  dequantizeToFloat(values, real, tensor);
  return new Uint8Array(real.buffer);
}

class CompiledRunner implements Runner {
  constructor(
    private readonly graph: Graph,
    private readonly compiled: CompiledFile,
    private readonly session: Session,
  ) {}

  run(inputs: readonly Uint8Array[], onLayer?: OnLayer): Uint8Array[] {
    const { program } = this.compiled;
    const bytes = inputs.map((input, i) => this.toBytes(input, i));
    const layers = onLayer && this.layersByStep();
    const outputs = this.session.run(
      bytes,
      layers &&
        ((step, read) => {
          for (const layer of layers.get(step) ?? []) layer(read, onLayer);
        }),
    );
    if (onLayer) {
      for (const { operator, input } of this.inputsAsTheyAre()) onLayer(operator, bytes[input]);
    }
    const real = this.toReal(outputs);
    program.outputs.forEach((port, i) => {
      if (port.float32) onLayer?.(this.writer(this.graph.outputs[i]), real[i]);
    });
    return real;
  }

  runAll(records: readonly (readonly Uint8Array[])[]): Uint8Array[][] {
    const bytes = records.map((inputs) => inputs.map((input, i) => this.toBytes(input, i)));
    return runAll(this.session, bytes).map((outputs) => this.toReal(outputs));
  }

  stats(): EngineStats {
    return this.session.stats();
  }

  /** Float32 model outputs as what their DEQUANTIZE would make. */
  private toReal(outputs: Uint8Array[]): Uint8Array[] {
    return outputs.map((output, i) => {
      const port = this.compiled.program.outputs[i];
      return port.float32 ? toFloat(output, this.graph.tensors[port.tensor]) : output;
    });
  }

  /** A float32 model input as the bytes that the model's first operator would make. */
  private toBytes(input: Uint8Array, i: number): Uint8Array {
    const port = this.compiled.program.inputs[i];
    if (!port?.float32 || input.length === viewSize(port.view)) return input;
    const tensor = this.graph.tensors[port.tensor];
    const bytes = new Uint8Array(elements(tensor.shape));
    if (input.length !== 4 * bytes.length) {
      throw new DepthwiseError(
        'INPUT_SIZE',
        `Input ${i} "${port.name}" has ${input.length} bytes, expected ${4 * bytes.length} ([${port.shape}] float32).`,
      );
    }
    quantizeFloat(new Float32Array(input.slice().buffer), bytes, tensor);
    return bytes;
  }

  private writer(tensor: number): number {
    return this.graph.operators.find((operator) => operator.outputs.includes(tensor))!.index;
  }

  /** Operators without a step whose output is a model input: they give it another shape, or quantise it. */
  private inputsAsTheyAre(): { operator: number; input: number }[] {
    const { program } = this.compiled;
    const stepped = new Set(program.steps.flatMap(({ operators }) => operators));
    return this.graph.operators.flatMap(({ index, outputs: [output] }) => {
      const buffer = program.views.get(output)?.buffer;
      const input = program.inputs.findIndex((port) => port.view.buffer === buffer);
      return input >= 0 && !stepped.has(index) ? [{ operator: index, input }] : [];
    });
  }

  /** For each step, the operators whose output can be read when it is done: its own, and reshapes of it. */
  private layersByStep(): Map<number, ((read: ReadMemory, onLayer: OnLayer) => void)[]> {
    const { program, plan } = this.compiled;
    const stepOf = new Map<number, number>();
    program.steps.forEach((step, index) => {
      for (const operator of step.operators) stepOf.set(operator, index);
    });
    const layers = new Map<number, ((read: ReadMemory, onLayer: OnLayer) => void)[]>();
    const producer = new Map<number, number>();
    this.graph.operators.forEach((operator) => {
      const step = stepOf.get(operator.index) ?? producer.get(operator.inputs[0]);
      const view = program.views.get(operator.outputs[0]);
      if (step === undefined || !view) return;
      producer.set(operator.outputs[0], step);
      const [offset] = plan.offsets[view.buffer];
      const uint8 = this.graph.tensors[operator.outputs[0]].dtype === 'uint8';
      const list = layers.get(step) ?? [];
      list.push((read, onLayer) => onLayer(operator.index, readView(read, plan.arenaAddress + offset, view, uint8)));
      layers.set(step, list);
    });
    return layers;
  }
}

/** A tensor's bytes in linear memory, in the model's own dtype. */
function readView(read: ReadMemory, address: number, view: View, uint8: boolean): Uint8Array {
  const bytes = read(address + view.offset, view.height * view.width * view.channels);
  return uint8 ? bytes.map((byte) => byte ^ 0x80) : bytes;
}
