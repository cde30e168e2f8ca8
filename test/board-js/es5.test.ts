import { readFileSync } from 'node:fs';
import test from 'ava';
import { FLAVOUR_FILES, SELFTEST } from '../../tools/build/runtime.js';
import { findings } from './es5.js';

for (const file of [...FLAVOUR_FILES, SELFTEST]) {
  test(`every engine understands dist/${file}`, (t) => {
    t.deepEqual(findings(readFileSync(new URL(`../../dist/${file}`, import.meta.url), 'utf8')), []);
  });
}

/** What the check must find, and nothing else. */
const BAD: [title: string, source: string, message: RegExp][] = [
  ['const', 'const a = 1;', /not ES5/],
  ['let', 'let a = 1;', /not ES5/],
  ['arrow', 'var f = () => 1;', /not ES5/],
  ['class', 'class A {}', /not ES5/],
  ['template', 'var a = `b`;', /not ES5/],
  ['for of', 'for (var a of [1]) {}', /not ES5/],
  ['destructuring', 'var [a] = [1];', /not ES5/],
  ['default parameter', 'function f(a = 1) {}', /not ES5/],
  ['rest', 'function f(...a) {}', /not ES5/],
  ['spread', 'Math.max(...[1, 2]);', /not ES5/],
  ['**', 'var a = 2 ** 3;', /not ES5/],
  ['?.', 'var a; a?.b;', /not ES5/],
  ['generator', 'function* f() {}', /not ES5/],
  ['label', 'a: for (;;) break a;', /1: Espruino has no labels/],
  ['strict mode', '"use strict"; var a = 1;', /strict mode/],
  ['strict function', 'function f() {\n"use strict"; }', /2: Espruino has no strict mode/],
  ['reserved word', 'var of = 1;', /of: a reserved word of Espruino/],
  ['other reserved word', 'var a = {}; a.static = 1;', /static: a reserved word of Espruino/],
  ['view past byte 65535', 'new Int8Array(new Int8Array(9).buffer, 65536, 1);', /65536: Espruino has no views past/],
  ['the same minified', 'var S = Int8Array; new S(new S(9).buffer, 0x10000);', /65536: Espruino has no views past/],
  ['view of no length', 'new Int8Array(new Int8Array(9).buffer, 1, 0);', /a view of no length/],
  ['concat', 'var a = []; a.concat(new Int8Array(3));', /\.concat/],
  ['fraction', 'var a = 0.5;', /0\.5: Espruino does not read/],
  ['exponent', 'var a = 1e6;', /1e6: Espruino does not read/],
  ['long integer', 'var a = 4294967296;', /4294967296: an integer beyond 32 bits/],
  ['Math.imul', 'Math.imul(2, 3);', /\.imul/],
  ['Math.clz32', 'Math.clz32(2);', /\.clz32/],
  ['Math.fround', 'Math.fround(2);', /\.fround/],
  ['Math.trunc', 'Math["trunc"](2);', /\.trunc/],
  ['Object.freeze', 'var a = {}; a.freeze();', /\.freeze/],
  ['Number.isInteger', 'var a = {}; a.isInteger(1);', /\.isInteger/],
  ['Array.from', 'var Array; Array.from([1]);', /Array\.from/],
  ['fill', 'new Int8Array(3).fill(1);', /\.fill/],
  ['map', 'new Int8Array(3).map(Math.abs);', /\.map/],
  ['slice', 'new Int8Array(3).slice(1);', /\.slice/],
  ['ArrayBuffer.slice', 'new Int8Array(3).buffer.slice(1);', /\.slice/],
  ['BYTES_PER_ELEMENT', 'Int32Array.BYTES_PER_ELEMENT;', /\.BYTES_PER_ELEMENT/],
  ['RangeError', 'throw new RangeError("a");', /RangeError: not a global/],
  ['Map', 'new Map();', /Map: not a global/],
  ['Set', 'new Set();', /Set: not a global/],
  ['require', 'require("a");', /require: not a global/],
  ['console', 'console.log(1);', /console: not a global/],
  ['setTimeout', 'setTimeout(Math.abs, 1);', /setTimeout: not a global/],
  ['atob', 'function f() { return atob("a"); }', /atob: not a global/],
  ['module without typeof', 'module.exports = 1;', /module: not a global/],
  ['hoisted function', 'f(); function f() {}', /f is used before it is defined/],
  ['CommonJS header of tsc', 'var e = {}; e.f = f; function f() {}', /f is used before it is defined/],
  ['hoisted in a function', 'function f() { return g(); function g() {} }', /g is used before it is defined/],
  ['called too early by another', 'function f() { return g(); } var a = f(); function g() {}', /g is used before/],
  ['hoisted variable', 'var b = a; var a = 1;', /a may be used before its var has run/],
  ['variable of one branch in the other', 'if (Math) var a = 1; else a = 2;', /a may be used before its var/],
  [
    'variable that a minifier declares once',
    'function f(n) { if (n) for (var i = 0; i < n;) i += n; else for (i = 1; false;); }',
    /i may be used before its var has run/,
  ],
  ['variable of a loop behind it', 'for (;Math;) { var a = 1; } a = 2;', /a may be used before its var has run/],
  ['variable behind &&', 'var f = Math; f && function () {}; while (f) { var a = 1; } if (a) f = 1;', /a may be used/],
  ['function in a block', 'if (Math) { function f() {} }', /declared in a block/],
];

for (const [title, source, message] of BAD) {
  test(`the check finds: ${title}`, (t) => {
    const found = findings(source);
    t.is(found.length, 1, found.join('\n'));
    t.regex(found[0], message);
  });
}

test('the check lets through what engines have', (t) => {
  const good = `
    var lib = function (root) {
      var K = 0x10, floor = Math.floor, text = "f", self;
      function f(a) { return a ? g(a - 1) : floor(a); }
      function g(a) { for (var i = 0; i < a; i++) if (i === 3) continue; return f(a) + a % K; }
      root.open = function h(n) { try { return n ? h(n - 1) : g(n) | 0; } catch (e) { throw e; } };
      root.part = { map: new Int8Array(4).subarray(1), view: new Int8Array(new Int8Array(9).buffer, 65535, 1) };
      if (typeof E !== 'undefined' && E.CRC32) self = E.CRC32(text);
      return root;
    }({});
    if (typeof module !== 'undefined') module.exports = lib;`;
  t.deepEqual(findings(good), []);
});
