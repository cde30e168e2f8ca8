/**
 * What an operator needs besides its tensors: shapes, padding, zero points, clamps, multipliers. The counterpart of the
 * Prepare functions of tflite-micro. Pure functions of the graph, so a compiler can write the same numbers into its
 * tables.
 *
 * Scales are float32 values held in doubles. Where TFLite computes in float, Math.fround stands here.
 */
export * from './prepare-common.js';
export * from './prepare-values.js';
export * from './prepare-window.js';
