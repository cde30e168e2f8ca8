/** A request to a maker of bundles, and its answer. */
import type { Slots } from '../boards/esp32-flash.js';
import type { Runtime, Target } from '../boards/target.js';
import type { BlobContents } from '../format/read.js';
import type { BundleFile } from './folder.js';
import type { FlashPlan } from './manifest.js';
import type { TestVector } from './selftest.js';

export interface BundleRequest {
  target: Target;
  runtime: Runtime;
  /** The .dw file, and what it says of itself. */
  blob: Uint8Array;
  /** JavaScript: the program hands over frames. */
  pictures?: boolean;
  contents: BlobContents;
  /** Model slots in the partition, on boards that have one. */
  slots: Slots;
  /** Expected outputs for these inputs, as raw bytes of the ports. */
  vectorFor(inputs: readonly Uint8Array[]): TestVector;
}

export interface Bundle {
  files: BundleFile[];
  flash: FlashPlan;
  /** Commands that bring it to life, in order; DIR stands for the bundle's folder. */
  next: string[];
}
