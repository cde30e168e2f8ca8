/** The built runtime in a JavaScript realm of its own, as a board's engine would load it. */
import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import type { Net } from '../../src/board-js/net.js';
import type { Blob } from '../../src/board-js/open.js';

export interface Runtime {
  open(blob: Blob): Net;
}

export const bundle = (file: string): string => readFileSync(new URL(`../../dist/${file}`, import.meta.url), 'utf8');

/**
 * Takes away from a realm what Espruino lacks, and makes its typed arrays as particular as Espruino's: no offset beyond
 * 65535, no view of no length, none past the end, no Int32Array element that is not an int32. Counts arrays in `made`.
 */
const ESPRUINO = `
  var made = 0;
  (function (global) {
    ['imul', 'clz32', 'fround', 'trunc'].forEach(function (name) { delete Math[name]; });
    ['RangeError', 'Map', 'Set', 'Symbol', 'Promise', 'Reflect', 'Proxy'].forEach(function (name) {
      if (name !== 'Proxy' && name !== 'Reflect') delete global[name];
    });
    delete ArrayBuffer.prototype.slice;
    delete Array.from;
    delete Number.isInteger;
    delete Object.freeze;
    var base = Object.getPrototypeOf(Int8Array);
    ['fill', 'map', 'slice'].forEach(function (name) { delete base.prototype[name]; });
    ['Int8Array', 'Uint8Array', 'Uint16Array', 'Int32Array', 'Float32Array', 'Float64Array'].forEach(function (name) {
      var Real = global[name];
      var Proxy_ = Proxy;
      global[name] = function (source, offset, length) {
        made++;
        if (offset > 65535) throw new Error('byteOffset too large (or negative)');
        if (arguments.length === 1) {
          var array = new Real(source);
          if (name !== 'Int32Array' || typeof source !== 'number') return array;
          return new Proxy_(array, {
            get: function (target, key) { return target[key]; },
            set: function (target, key, value) {
              if (value !== (value | 0)) throw new Error('Int32Array element ' + value);
              target[key] = value;
              return true;
            }
          });
        }
        if (!length) throw new Error('a view of no length is one of the rest');
        if (offset + length > source.byteLength) throw new Error('a view past the end');
        return new Real(source, offset, length);
      };
    });
  })(this);
`;

/** A plain script on an engine as poor as Espruino. `made` tells how many typed arrays there have been. */
export function onPoorEngine(file: string): { runtime: Runtime; made: () => number } {
  const realm = createContext({});
  runInContext(ESPRUINO, realm);
  runInContext(bundle(file), realm);
  return {
    runtime: runInContext('depthwise', realm) as Runtime,
    made: () => runInContext('made', realm) as number,
  };
}

/** As a CommonJS module. @param globals stand in for globals of the same names. */
export function asModule(file: string, globals: Record<string, unknown> = {}): Runtime {
  const module = { exports: {} };
  new Function('module', 'exports', ...Object.keys(globals), bundle(file))(
    module,
    module.exports,
    ...Object.values(globals),
  );
  return module.exports as Runtime;
}
