/**
 * Writes a wasm module as C: every function as a static one, every export as dw_kernel_NAME. Linear memory is `net->memory`
 * in a local pointer that the C compiler keeps in a register. The module is one that binaryen's pass "flatten" has gone
 * over: what is calculated in a statement is locals, constants and one operation or call.
 *
 * Nothing is checked when the C runs: no bounds, no division. That is for modules whose addresses were all proved
 * beforehand (firmware-glue/core/dw_check_steps.c). Only what our kernels use is known here; anything else is an error.
 */
import binaryen from 'binaryen';
import { FunctionBody } from './function.js';
import { cType, visit } from './ir.js';

/** Of what is needed whatever the kinds; no kind has this bit. */
const ALWAYS = 1 << 30;

/**
 * For which step kinds an export is needed, as a mask of 1 << KIND_*, 0 for one that is not for C; exports that are not named
 * here are always needed.
 */
export type ExportKinds = Record<string, number>;

/** By C name, functions that a header has another form of (that of another function where none is named), and the macro that says
 * whether it is wanted. */
export type OtherForms = Record<string, { macro: string; header?: string }>;

/**
 * The C text of a module's functions, each under `#if DW_KINDS & mask` for the step kinds that need it.
 * @throws Error where the module has something that is not known here.
 */
export function emitC(wasm: Uint8Array, kinds: ExportKinds, others: OtherForms = {}): string {
  const module = binaryen.readBinary(wasm);
  try {
    return new Emitter(module, kinds, others).text();
  } finally {
    module.dispose();
  }
}

class Emitter {
  private readonly functions = new Map<string, binaryen.FunctionInfo>();
  /** Wasm name to C name: of an import what the board provides, else the last part of AssemblyScript's path. */
  private readonly names = new Map<string, string>();
  private readonly masks = new Map<string, number>();

  constructor(
    module: binaryen.Module,
    kinds: ExportKinds,
    private readonly others: OtherForms,
  ) {
    for (let i = 0; i < module.getNumFunctions(); i++) {
      const info = binaryen.getFunctionInfo(module.getFunctionByIndex(i));
      this.functions.set(info.name, info);
      const parts = info.name.split('/');
      const name = parts
        .slice(-2)
        .join('_')
        .replace(/[^A-Za-z0-9_]/g, '_');
      this.names.set(info.name, info.base ? `dw_kernel_import_${info.base}` : name);
    }
    if (new Set(this.names.values()).size < this.names.size) throw new Error('Two functions would have one C name');
    for (let i = 0; i < module.getNumExports(); i++) {
      const { name, value, kind } = binaryen.getExportInfo(module.getExportByIndex(i));
      if (kind !== binaryen.ExternalFunction) continue;
      this.names.set(value, `dw_kernel_${name}`);
      this.reach(value, kinds[name] ?? ALWAYS);
    }
  }

  text(): string {
    const reached = [...this.functions.values()].filter(({ name, base }) => this.masks.has(name) && !base);
    const declarations = reached.map((info) => guarded(this.masks.get(info.name)!, `${this.signature(info)};\n`));
    const bodies = reached.map((info) => guarded(this.masks.get(info.name)!, this.definition(info)));
    return `${declarations.join('')}\n${bodies.join('\n')}`;
  }

  /** Notes for which kinds a function and all that it calls are needed. */
  private reach(name: string, mask: number): void {
    const known = this.masks.get(name) ?? 0;
    if ((known | mask) === known) return;
    this.masks.set(name, known | mask);
    const { body, base } = this.functions.get(name)!;
    if (base) return;
    visit(body, (info) => {
      if (info.id === binaryen.CallId) this.reach((info as binaryen.CallInfo).target, mask);
    });
  }

  private signature({ name, params, results }: binaryen.FunctionInfo): string {
    const list = binaryen.expandType(params).map((type, i) => `, ${cType(type)} l${i}`);
    const c = this.names.get(name)!;
    return `${c.startsWith('dw_kernel_') ? '' : 'static '}${cType(results)} ${c}(dw_net *net${list.join('')})`;
  }

  private definition(info: binaryen.FunctionInfo): string {
    const body = new FunctionBody(this.names, binaryen.expandType(info.params), info.vars, info.results);
    const text = `${this.signature(info)}\n{\n${body.text(info.body)}}\n`;
    const other = this.others[this.names.get(info.name)!];
    if (!other) return text;
    return `#if ${other.macro}\n${other.header ? `#include "${other.header}"\n` : ''}#else\n${text}#endif\n`;
  }
}

function guarded(mask: number, text: string): string {
  return mask & ALWAYS ? text : `#if DW_KINDS & 0x${mask.toString(16)}u\n${text}#endif\n`;
}
