/** The verdict on a price: flash, RAM and latency of a model on a board, and whether they are within their limits. */

import type { Slots } from '../boards/esp32-flash.js';
import type { FigureKind, Runtime } from '../boards/target.js';
import type { RamPart } from './parts.js';

export interface Limits {
  /** Model slots in the partition of an ESP32. */
  slots?: Slots;
  maxFlash?: number;
  maxRam?: number;
  maxLatencyMs?: number;
}

/** Three answers: yes, no, and null for what cannot be told. */
export type Ok = boolean | null;

export interface MemoryVerdict {
  ok: Ok;
  /** null where a part is unknown; atLeast is then the sum of the others. */
  total: number | null;
  atLeast: number;
  limit: number | null;
  limitSource: string | null;
}

export interface FlashVerdict extends MemoryVerdict {
  model: number;
  /** The largest model that the partition table of a bundle has a slot for, and its slots; null on boards without one. */
  modelLimit: number | null;
  slots: Slots | null;
  kernels: number | null;
  runtime: number | null;
  source: Record<'model' | 'kernels' | 'runtime', FigureKind | null>;
  from: Record<'model' | 'kernels' | 'runtime', string | null>;
}

/** The largest allocation, and the most that the board has in one piece; null where nobody knows. */
export interface PieceVerdict {
  bytes: number | null;
  limit: number | null;
  limitSource: string | null;
}

export const isTooLarge = ({ bytes, limit }: PieceVerdict): boolean =>
  bytes !== null && limit !== null && bytes > limit;

export interface RamVerdict extends MemoryVerdict, Record<RamPart, number | null> {
  piece: PieceVerdict;
  source: Record<RamPart, FigureKind | null>;
  from: Record<RamPart, string | null>;
}

export interface LatencyVerdict {
  ok: Ok;
  estimate: number | null;
  low: number | null;
  high: number | null;
  limit: number | null;
  source: FigureKind | null;
  from: string | null;
}

/** C that runs beside the kernels. */
export interface BesideVerdict {
  instructions: number;
  /** An estimate; null where the board's figures do not tell. */
  ms: number | null;
}

export interface TargetVerdict {
  target: string;
  name: string;
  runtime: Runtime;
  ok: boolean;
  flash: FlashVerdict;
  ram: RamVerdict;
  latencyMs: LatencyVerdict;
  /** Reading an answer out of the outputs, which is part of the latency; null where there is no head, and in JavaScript. */
  head: (BesideVerdict & { name: string }) | null;
  /** A frame of the board's camera on its way into the model, which comes on top of the latency; null without a camera. */
  picture: (BesideVerdict & { frame: string }) | null;
  limits: Limits;
  /** The step that needs the most arena. */
  peak: { step: number; name: string; kind: string; bytes: number } | null;
  advice: string[];
  /** Why ok is false, and what could not be told. */
  reasons: string[];
  notes: string[];
}
