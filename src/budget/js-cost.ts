/** Costs of a model on a board that runs JavaScript: which runtime, which arrays, how much work of each kind. */
import { asset } from '../assets.js';
import { JS_ENGINES, type JsEngine } from '../boards/target.js';
import { ESPRUINO_OBJECT, type Flavour, flavourFor, loadRuntime } from '../engines/runtime-script.js';
import { readBlob, type StepInfo } from '../format/read.js';
import { kindOf } from '../steps/index.js';
import { JS_WORK, type JsWork } from '../steps/work.js';

export interface JsCost {
  flavour: Flavour;
  scriptBytes: number;
  /** Bytes of each typed array that opening takes, the arena among them, and how many views of them there are. */
  arrays: number[];
  views: number;
  work: Record<JsWork, number>;
}

const ARRAYS = { Int8Array, Uint8Array, Uint8ClampedArray, Uint16Array, Int32Array, Float32Array, Float64Array };

/** Costs in each engine. */
export const jsCosts = (blob: Uint8Array): Record<JsEngine, JsCost> =>
  Object.fromEntries(JS_ENGINES.map((engine) => [engine, jsCost(blob, engine)])) as Record<JsEngine, JsCost>;

/**
 * Opens the model in the runtime that a bundle for the engine would carry, and watches what it takes. The model is read in
 * pieces, which takes more than a storage that is mapped: a window.
 */
export function jsCost(blob: Uint8Array, engine: JsEngine): JsCost {
  const espruino = engine === 'espruino';
  const flavour = flavourFor(blob, espruino);
  const arrays: number[] = [];
  let views = 0;
  const watched = Object.entries(ARRAYS).map(([name, array]) => [
    name,
    new Proxy(array, {
      construct: (target, parameters) => {
        const [source] = parameters;
        const made = Reflect.construct(target, parameters);
        if (source instanceof ArrayBuffer) views++;
        else arrays.push(made.byteLength);
        return made;
      },
    }),
  ]);
  const read = (offset: number, bytes: number): Uint8Array => blob.subarray(offset, offset + bytes);
  const globals = { ...Object.fromEntries(watched), ...(espruino && { E: ESPRUINO_OBJECT }) };
  loadRuntime(flavour, globals).open({ length: blob.length, read });
  return { flavour, scriptBytes: asset(flavour).length, arrays, views, work: workOf(readBlob(blob).steps) };
}

/** Work of a model's steps. */
export function workOf(steps: readonly StepInfo[]): JsCost['work'] {
  const work: JsCost['work'] = { convMac: 0, convOutput: 0, depthwiseMac: 0, otherByte: 0 };
  for (const step of steps) {
    const counted = kindOf(step).jsWork(step);
    for (const unit of JS_WORK) work[unit] += counted[unit] ?? 0;
  }
  return work;
}
