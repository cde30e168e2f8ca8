/** The library: .tflite to .dw file, what such a file says, and inferences of it. The command does more. */
export type { Compiled, CompileOptions } from './compile.js';
export { compile } from './compile.js';
export type { EngineName, EngineStats, Session } from './engines/engine.js';
export { openSession as open } from './engines/run.js';
export { DepthwiseError, type ErrorCode } from './errors.js';
export { type BlobContents, readBlob } from './format/read.js';
export type { Graph } from './graph/graph.js';
export { importTflite } from './import/tflite/import.js';
