/** typed-array-utils is compiled from its source, which names this type of the DOM. */
type BufferSource = ArrayBufferView | ArrayBuffer;

// What a build of src/runtime is for: constants that tools/build/runtime.ts puts in.

/** Kernels for any engine. */
declare const PLAIN: boolean;
/** Kernels for Espruino, where its functions in C are there. */
declare const ESPRUINO: boolean;
/** Models whose weights have zero points: legacy uint8 ones. */
declare const WEIGHT_ZERO_POINTS: boolean;
