/** What a model costs on a board that runs JavaScript: which runtime, which arrays, how much work of each kind. */
import { asset } from '../assets.js';
import { JS_ENGINES, type JsEngine, type JsWork } from '../boards/target.js';
import { ESPRUINO_OBJECT, type Flavour, flavourFor, loadRuntime } from '../engines/runtime-script.js';
import { readBlob, type StepInfo } from '../format/read.js';
import { KIND_CONV, KIND_DEPTHWISE, KIND_DEPTHWISE_ROW, KIND_FULLY_CONNECTED } from '../program/layout.js';

export interface JsCost {
  flavour: Flavour;
  scriptBytes: number;
  /** Bytes of each typed array that opening takes, the arena among them, and how many views of them there are. */
  arrays: number[];
  views: number;
  work: Record<JsWork, number>;
}

const ARRAYS = { Int8Array, Uint8Array, Uint8ClampedArray, Uint16Array, Int32Array, Float32Array, Float64Array };

/** In each engine. */
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

const CONV = [KIND_CONV, KIND_FULLY_CONNECTED];
const DEPTHWISE = [KIND_DEPTHWISE, KIND_DEPTHWISE_ROW];

/** Of steps of a model. */
export function workOf(steps: readonly StepInfo[]): JsCost['work'] {
  const conv = steps.filter(({ kind }) => CONV.includes(kind));
  const depthwise = steps.filter(({ kind }) => DEPTHWISE.includes(kind));
  const others = steps.filter((step) => !conv.includes(step) && !depthwise.includes(step));
  const macs = (some: StepInfo[]): number => some.reduce((total, step) => total + step.macs, 0);
  const bytes = (some: StepInfo[], shape: 'inputShape' | 'outputShape'): number =>
    some.reduce((total, { [shape]: [h, w, c] }) => total + h * w * c, 0);
  return {
    convMac: macs(conv),
    convOutput: bytes(conv, 'outputShape'),
    depthwiseMac: macs(depthwise),
    otherByte: bytes(others, 'inputShape'),
  };
}
