/** Labels that say where a cell is: `Paris, 48.857, 2.352`, or the two numbers alone. */
import { DepthwiseError } from '../errors.js';
import type { LocateSpec } from '../graph/head.js';

const NUMBER = '(-?\\d+(?:\\.\\d+)?)';
const PLACE = new RegExp(`(?:^|[\\s,;])${NUMBER}[\\s,;]+${NUMBER}$`);

/**
 * The cells that labels name.
 * @throws DepthwiseError USAGE where a label has no latitude and longitude at its end.
 */
export function cellsOf(labels: readonly string[]): LocateSpec {
  const cells = labels.map((label, i): [number, number] => {
    const [, latitude, longitude] = PLACE.exec(label.trim()) ?? [];
    const cell: [number, number] = [Number(latitude), Number(longitude)];
    if (Math.abs(cell[0]) <= 90 && Math.abs(cell[1]) <= 180) return cell;
    throw new DepthwiseError(
      'USAGE',
      `Label ${i} is "${label}", expected a name with the latitude and longitude of a cell behind it, such as "Paris, 48.857, 2.352".`,
    );
  });
  return { kind: 'locate', cells };
}
