/** Models that can be priced before they are trained or calibrated: what of them is made up, in words and in JSON. */

/** Fields of every JSON output and of bundle.json; both absent for a model that is what it will be. */
export interface MadeUp {
  /** Seeded random numbers: the network was never trained. */
  weights?: 'random';
  /** Ranges of the activations come from seeded random inputs: the network was never calibrated. */
  ranges?: 'random';
}

export function madeUp(model: { randomWeights?: boolean; randomRanges?: boolean }): MadeUp {
  return { ...(model.randomWeights && { weights: 'random' }), ...(model.randomRanges && { ranges: 'random' }) };
}

/** Lines of the text outputs about made-up weights and ranges. */
export function madeUpLines({ weights, ranges }: MadeUp): string[] {
  return [
    ...(weights ? ['weights: random (seeded, never trained: the answers mean nothing, the costs are real)'] : []),
    ...(ranges
      ? ['ranges: random (from seeded inputs, not calibrated: the answers are rough, the costs are real)']
      : []),
  ];
}
