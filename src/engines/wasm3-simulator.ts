/** dist/wasm3.wasm, which the wasm3 engine drives: what it exports, and the names of the ops that it counts. */
import { asset } from '../assets.js';

/** Exports of dist/wasm3.wasm (firmware-glue/simulator/sim.c). Pointers are addresses in `memory`. */
export interface Simulator {
  memory: WebAssembly.Memory;
  __indirect_function_table: WebAssembly.Table;
  _initialize(): void;
  alloc(bytes: number): number;
  open(file: number, fileBytes: number, module: number, moduleBytes: number, ramBytes: number): number;
  begin(opLimit: number): number;
  tick(): number;
  push_row(row: number): number;
  input(index: number): number;
  output(index: number): number;
  memory_address(): number;
  memory_bytes(): number;
  ops(): number;
  kinds(): number;
  kind_ops(index: number): number;
  functions(): number;
  calls(index: number): number;
  compiled(index: number): number;
  max_depth(): number;
  tick_depth(): number;
  code_bytes(): number;
  heap_bytes(): number;
  streamed_bytes(): number;
  error_text(error: number): number;
  detail(): number;
  limit_exceeded(): number;
  kernel_error(): number;
}

let compiled: WebAssembly.Module | undefined;

export function simulatorModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(asset('wasm3.wasm'));
  return compiled;
}

/** Ops by name. The counters are indexed by position in the function table; the name section knows the functions. */
export function opsByKind(sim: Simulator): Record<string, number> {
  const counted = new Map<string, number>();
  for (let i = 0; i < sim.__indirect_function_table.length; i++) {
    const ops = sim.kind_ops(i);
    if (ops === 0) continue;
    const name = opName(sim.__indirect_function_table, i);
    counted.set(name, (counted.get(name) ?? 0) + ops);
  }
  return Object.fromEntries([...counted].sort(([, a], [, b]) => b - a));
}

let functionNames: Map<number, string> | undefined;

/** The name of an exported function is its index in the module (JavaScript API of WebAssembly, 5.6). */
function opName(table: WebAssembly.Table, index: number): string {
  functionNames ??= readFunctionNames(simulatorModule());
  const functionIndex = Number(table.get(index)?.name);
  const name = functionNames.get(functionIndex) ?? `function ${functionIndex}`;
  // A call site's first run counts as the call that it becomes (sim_count.h).
  return name === 'op_Compile' ? 'Call' : name.replace(/^op_(dw_)?/, '');
}

/** Function names by index from the custom section "name": subsection 1 holds (index, length, UTF-8) entries. */
function readFunctionNames(module: WebAssembly.Module): Map<number, string> {
  const names = new Map<number, string>();
  const bytes = new Uint8Array(WebAssembly.Module.customSections(module, 'name')[0] ?? new ArrayBuffer(0));
  let at = 0;
  const leb = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const subsection = bytes[at++];
    const end = leb() + at;
    if (subsection === 1) {
      for (let count = leb(); count > 0; count--) {
        const index = leb();
        const length = leb();
        names.set(index, new TextDecoder().decode(bytes.subarray(at, at + length)));
        at += length;
      }
    }
    at = end;
  }
  return names;
}
