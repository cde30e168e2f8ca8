/** typed-array-utils is compiled from its source, which names this type of the DOM. */
type BufferSource = ArrayBufferView | ArrayBuffer;

// Purpose of a build of src/board-js: constants that tools/build/runtime.ts puts in.

/** Kernels for any engine. */
declare const PLAIN: boolean;
/** Kernels for Espruino, where its functions in C are there. */
declare const ESPRUINO: boolean;
/**
 * Parts that only models beside MobileNetV1 need: kernels, and inside them weights with zero points and unsigned
 * rounding, as legacy uint8 models have.
 */
declare const FULL: boolean;
