/** A picture of the front, as SVG: for each board what speaks for candidates against latency, RAM and flash. */
import { merit } from './front.js';
import type { Priced } from './pricing.js';

const PANEL = 280;
const MARGIN = 56;
const HEAD = 44;
const COLOURS = { axis: '#666', grid: '#e5e5e5', out: '#d0d0d0', fits: '#7aa6d6', front: '#c0392b' };

interface Axis {
  title: string;
  value(priced: Priced): number | null;
}

/** Logarithmic, all three: candidates differ by factors. */
const COSTS: readonly Axis[] = [
  { title: 'latency in ms (estimate)', value: ({ latencyMs }) => latencyMs.estimate },
  { title: 'RAM in bytes', value: ({ ramBytes }) => ramBytes },
  { title: 'flash in bytes', value: ({ flashBytes }) => flashBytes },
];

/** `boards`: all candidates on each board, and those of its front. */
export function chart(
  boards: readonly { target: string; priced: readonly Priced[]; front: readonly Priced[] }[],
): string {
  const step = PANEL + MARGIN;
  const [width, height] = [COSTS.length * step + MARGIN, boards.length * (step + HEAD)];
  const rows = boards.map(({ target, priced, front }, row) => {
    const top = row * (step + HEAD);
    const panels = COSTS.map((cost, column) => {
      const drawn = panel(priced, front, cost);
      return `<g transform="translate(${MARGIN + column * step} ${top + HEAD})">${drawn}</g>`;
    });
    return text(MARGIN, top + 18, escapeXml(target), 'start', 14) + panels.join('');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">
<rect width="${width}" height="${height}" fill="white"/>
${rows.join('\n')}
</svg>
`;
}

function panel(priced: readonly Priced[], front: readonly Priced[], cost: Axis): string {
  const points = priced.filter((one) => (cost.value(one) ?? 0) > 0);
  if (points.length === 0) return text(PANEL / 2, PANEL / 2, `${cost.title}: unknown`, 'middle');
  const known = points.some(({ accuracy }) => accuracy !== undefined);
  const x = scale(
    points.map((one) => cost.value(one)!),
    true,
  );
  const y = scale(points.map(merit), !known);
  const place = (one: Priced): [number, number] => [x.at(cost.value(one)!) * PANEL, (1 - y.at(merit(one))) * PANEL];
  /** Many, as one path: strokes of no length with round ends. */
  const dots = (list: readonly Priced[], colour: string) => {
    const path = list.map((one) => `M${place(one).map((at) => at.toFixed(1))}h0`).join('');
    return `<path d="${path}" stroke="${colour}" stroke-width="3" stroke-linecap="round"/>`;
  };
  const circles = (list: readonly Priced[], colour: string) =>
    list.map((one) => {
      const [cx, cy] = place(one).map((at) => at.toFixed(1));
      return `<circle cx="${cx}" cy="${cy}" r="2.5" fill="${colour}"><title>${escapeXml(one.model)}</title></circle>`;
    });
  const lines = [
    ...x.ticks.map((tick) => {
      const at = (x.at(tick) * PANEL).toFixed(1);
      return `<path d="M${at} 0V${PANEL}" stroke="${COLOURS.grid}"/>${text(Number(at), PANEL + 14, short(tick), 'middle')}`;
    }),
    ...y.ticks.map((tick) => {
      const at = ((1 - y.at(tick)) * PANEL).toFixed(1);
      return `<path d="M0 ${at}H${PANEL}" stroke="${COLOURS.grid}"/>${text(-4, Number(at) + 4, short(tick), 'end')}`;
    }),
  ];
  const best = new Set(front.map(({ model }) => model));
  const others = points.filter(({ model }) => !best.has(model));
  return [
    ...lines,
    dots(
      others.filter(({ ok }) => !ok),
      COLOURS.out,
    ),
    dots(
      others.filter(({ ok }) => ok),
      COLOURS.fits,
    ),
    ...circles(
      points.filter(({ model }) => best.has(model)),
      COLOURS.front,
    ),
    `<rect width="${PANEL}" height="${PANEL}" fill="none" stroke="${COLOURS.axis}"/>`,
    text(PANEL / 2, PANEL + 28, cost.title, 'middle'),
    text(0, -4, known ? 'accuracy' : 'MACs', 'start'),
  ].join('');
}

/** Values to 0..1, and round numbers between them: 1, 2 and 5 of each decade, or of a linear step. */
function scale(values: readonly number[], logarithmic: boolean): { at(value: number): number; ticks: number[] } {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const of = logarithmic ? Math.log10 : (value: number) => value;
  const span = of(high) - of(low) || 1;
  const at = (value: number) => (of(value) - of(low)) / span;
  if (!logarithmic) {
    const step = 10 ** Math.floor(Math.log10(span));
    const count = Math.floor(high / step) + 1;
    return { at, ticks: Array.from({ length: count }, (_, i) => i * step).filter((tick) => tick >= low) };
  }
  const decades = Array.from({ length: Math.ceil(span) + 2 }, (_, i) => Math.floor(of(low)) + i);
  const multiples = span > 2 ? [1] : [1, 2, 5];
  const ticks = decades.flatMap((decade) => multiples.map((multiple) => multiple * 10 ** decade));
  return { at, ticks: ticks.filter((tick) => tick >= low && tick <= high) };
}

const short = (value: number): string =>
  value.toLocaleString('en-US', { notation: 'compact', maximumSignificantDigits: 3 });

const text = (x: number, y: number, content: string, anchor: string, size = 11): string =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}" font-size="${size}" fill="${COLOURS.axis}">${content}</text>`;

const escapeXml = (content: string): string =>
  content.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
