/** The library: everything the command does, as functions. */
export type { Compiled, CompileOptions } from './compile/compile.js';
export { compile } from './compile/compile.js';
export type { EngineName, EngineStats, Session } from './engines/engine.js';
export { openSession as open } from './engines/run.js';
export { DepthwiseError, type ErrorCode } from './errors.js';
export { type BlobContents, readBlob } from './format/read.js';
export type { Graph } from './graph/graph.js';
export { importTflite } from './import/tflite/import.js';
