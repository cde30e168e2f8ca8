/**
 * The part of the WebAssembly JavaScript API that the engines use. TypeScript ships these types only with the whole
 * browser DOM, which a Node project does not want.
 */
declare namespace WebAssembly {
  interface ImportDescriptor {
    module: string;
    name: string;
    kind: 'function' | 'table' | 'memory' | 'global';
  }
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
    static imports(module: Module): ImportDescriptor[];
    static customSections(module: Module, name: string): ArrayBuffer[];
  }
  class Instance {
    constructor(module: Module, imports?: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class Table {
    readonly length: number;
    // biome-ignore lint/complexity/noBannedTypes: an exported wasm function of any signature
    get(index: number): Function | null;
  }
  class RuntimeError extends Error {}
  class CompileError extends Error {}
}
