/**
 * selftest.js: one script with the runtime, a .dw file and a test vector in it, for any ES5 engine with typed arrays. It
 * prints one line: PASS, or FAIL and what differs or which error open threw. Each statement stands on a line of its own
 * and none is long, so a board that takes its program line by line never holds the text of the files.
 */
import { asset } from '../assets.js';
import type { Compiled } from '../compile.js';
import { openRunner, openSession } from '../engines/run.js';
import type { BlobContents } from '../format/read.js';
import { readBlob } from '../format/read.js';
import type { Graph } from '../graph/graph.js';
import { quantizeFloat } from '../kernels/reference/float-edges.js';
import { random16 } from '../mobilenet/random.js';
import { viewSize } from '../program/program.js';

/** Raw bytes of the ports of a .dw file. */
export interface TestVector {
  inputs: readonly Uint8Array[];
  outputs: readonly Uint8Array[];
}

/** A multiple of 3, so that only the last line of a file is padded. */
const BYTES_PER_LINE = 384;

/** Bytes for the inputs of a .dw file: they look random, and a seed always gives the same. */
export function seededInputs({ inputs }: BlobContents, seed = 0): Uint8Array[] {
  const next = random16(seed);
  return inputs.map(({ bytes }) => Uint8Array.from({ length: bytes }, () => next()));
}

/** Inputs that a program on a board can make by itself: stripes, and zeros where the model has more than one input. */
export function testInputs({ inputs }: BlobContents): Uint8Array[] {
  return inputs.map(({ bytes }, index) =>
    index === 0 ? Uint8Array.from({ length: bytes }, (_, i) => 37 * i) : new Uint8Array(bytes),
  );
}

/**
 * What the reference kernels make of `inputs`.
 * @param inputs raw bytes of the ports of the compiled file.
 */
export function referenceVector(graph: Graph, compiled: Compiled, inputs: readonly Uint8Array[]): TestVector {
  const outputs = openRunner(graph, compiled, 'reference')
    .run(inputs)
    .map((output, i) => {
      const { float32, tensor, view } = compiled.program.outputs[i];
      if (!float32) return output;
      // DEQUANTIZE is the host's work: undone, it gives the bytes of the port.
      const bytes = new Uint8Array(viewSize(view));
      quantizeFloat(new Float32Array(output.buffer), bytes, graph.tensors[tensor]);
      return bytes;
    });
  return { inputs, outputs };
}

/** Test vector for `inputs` by the kernels themselves, for a .dw file: it has no graph to run the reference on. */
export function kernelVector(blob: Uint8Array, inputs: readonly Uint8Array[]): TestVector {
  return { inputs, outputs: openSession(blob, 'node').run(inputs) };
}

/**
 * The text of selftest.js.
 * @param runtime text of dist/depthwise.js or of a smaller flavour: a script that leaves a global `depthwise`.
 */
export function makeSelftest(runtime: string, blob: Uint8Array, { inputs, outputs }: TestVector): string {
  const files = [blob, ...inputs, ...outputs];
  const sizes = files.map((file) => file.length).join();
  const lines = [
    runtime.trimEnd(),
    new TextDecoder().decode(asset('selftest.js')).trimEnd(),
    `var selftestRun = selftest(depthwise.open, [${sizes}], ${inputs.length}, ${readBlob(blob).inputs[0].rowBytes});`,
    ...files.flatMap(base64Lines).map((text) => `selftestRun.add("${text}");`),
    'selftestRun.run();',
  ];
  return `${lines.join('\n')}\n`;
}

function base64Lines(file: Uint8Array): string[] {
  return Array.from({ length: Math.ceil(file.length / BYTES_PER_LINE) }, (_, i) =>
    Buffer.from(file.subarray(i * BYTES_PER_LINE, (i + 1) * BYTES_PER_LINE)).toString('base64'),
  );
}
