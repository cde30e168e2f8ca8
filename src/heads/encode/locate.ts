/** Cells on the globe in integers: degrees, unit vectors, and how far a cell reaches. */
import { DepthwiseError } from '../../errors.js';
import type { LocateSpec } from '../../graph/head.js';
import * as H from '../../program/head-layout.js';
import type { Program } from '../../program/program.js';
import { HeadRecord, portSize } from './record.js';

const EARTH_KM = 6371;
const MOST = 5;
const NEAR_KM = 750;
const UNIT = 2 ** 24;

export function encodeLocate({ cells, most = MOST, near = NEAR_KM }: LocateSpec, program: Program): Uint8Array {
  const [port] = program.outputs;
  if (cells.length !== portSize(port)) {
    throw new DepthwiseError(
      'USAGE',
      `There are ${cells.length} cells with latitude and longitude, expected ${portSize(port)}: one for each value of the output "${port.name}".`,
    );
  }
  const record = new HeadRecord(H.LOCATE_BYTES);
  record.common(H.HEAD_LOCATE, program, cells.length, port);
  record.set(H.D_MOST, most);
  record.set(H.D_NEAR, near);
  const vectors = cells.map(unitVector);
  const words = cells.flatMap(([latitude, longitude], i) => [
    Math.round(latitude * 65536),
    Math.round(longitude * 65536),
    reach(vectors, i),
    ...vectors[i].map((value) => Math.round(value * UNIT)),
  ]);
  record.set(H.D_CELLS, record.table(words));
  return record.encode();
}

function unitVector([latitude, longitude]: readonly [number, number]): number[] {
  const [a, b] = [(latitude * Math.PI) / 180, (longitude * Math.PI) / 180];
  return [Math.cos(a) * Math.cos(b), Math.cos(a) * Math.sin(b), Math.sin(a)];
}

/** Half the km to the nearest other cell. */
function reach(vectors: number[][], index: number): number {
  let nearest = 2;
  vectors.forEach((other, i) => {
    const chord = Math.hypot(...other.map((value, axis) => value - vectors[index][axis]));
    if (i !== index && chord > 0 && chord < nearest) nearest = chord;
  });
  return Math.round(EARTH_KM * Math.asin(nearest / 2));
}
