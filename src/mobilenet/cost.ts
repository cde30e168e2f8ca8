/**
 * What a MobileNet costs, by the formulas of arXiv 1704.04861, sections 3.1 to 3.4 (docs/cost-model.md walks through
 * them). Counted as in the paper: one MAC for a multiplication and its addition, SAME-padded windows whole, no biases,
 * no batch normalisation, the classifier included.
 */
import { type Layer, layersOf, type MobileNetSpec, scaled } from './topology.js';

export interface Cost {
  /** Multiply-accumulates of one inference. */
  macs: number;
  /** Weights. */
  params: number;
}

/** Beside the cost, what a standard convolution in the place of each depthwise separable one would cost. */
export interface Comparison extends Cost {
  fullConvMacs: number;
  fullConvParams: number;
  /** macs / fullConvMacs. */
  macRatio: number;
  paramRatio: number;
}

/** Depthwise layers have no comparison of their own: it stands in the row of the pointwise layer, for the pair. */
export type LayerCost = Layer & Cost & { [K in Exclude<keyof Comparison, keyof Cost>]: number | null };

export interface DesignCost extends Comparison {
  layers: LayerCost[];
}

/** Dk*Dk*M*N*Df*Df, and the weights Dk*Dk*M*N. `pixels` is Df*Df, of the output. */
export function convolutionCost(kernel: number, m: number, n: number, pixels: number): Cost {
  const params = kernel * kernel * m * n;
  return { macs: params * pixels, params };
}

/** Dk*Dk*M*Df*Df, and the weights Dk*Dk*M. */
export function depthwiseCost(kernel: number, m: number, pixels: number): Cost {
  return convolutionCost(kernel, m, 1, pixels);
}

/** M*N*Df*Df, and the weights M*N. */
export function pointwiseCost(m: number, n: number, pixels: number): Cost {
  return convolutionCost(1, m, n, pixels);
}

/** Depthwise plus pointwise. */
export function separableCost(kernel: number, m: number, n: number, pixels: number): Cost {
  return sum([depthwiseCost(kernel, m, pixels), pointwiseCost(m, n, pixels)]);
}

export function sum(costs: readonly Cost[]): Cost {
  return costs.reduce((a, b) => ({ macs: a.macs + b.macs, params: a.params + b.params }), { macs: 0, params: 0 });
}

export function compare(own: Cost, full: Cost): Comparison {
  return {
    ...own,
    fullConvMacs: full.macs,
    fullConvParams: full.params,
    macRatio: own.macs / full.macs,
    paramRatio: own.params / full.params,
  };
}

function ownCost({ kind, kernel, inputShape, outputShape }: Layer): Cost {
  const [height, width, channels] = outputShape;
  if (kind === 'depthwise') return depthwiseCost(kernel, channels, height * width);
  return convolutionCost(kernel, inputShape[2], channels, height * width);
}

const NO_COMPARISON = { fullConvMacs: null, fullConvParams: null, macRatio: null, paramRatio: null };

/** Costs of layers in order, a depthwise one always followed by its pointwise one, and their totals. */
export function designCost(layers: readonly Layer[]): DesignCost {
  const full: Cost[] = [];
  const rows = layers.map((layer, i): LayerCost => {
    const own = ownCost(layer);
    if (layer.kind === 'depthwise') return { ...layer, ...own, ...NO_COMPARISON };
    if (layer.kind !== 'pointwise') {
      full.push(own);
      return { ...layer, ...compare(own, own) };
    }
    const depthwise = layers[i - 1];
    const [height, width, channels] = layer.outputShape;
    const replaced = convolutionCost(depthwise.kernel, depthwise.inputShape[2], channels, height * width);
    full.push(replaced);
    return { ...layer, ...compare(sum([ownCost(depthwise), own]), replaced), ...own };
  });
  return { ...compare(sum(rows), sum(full)), layers: rows };
}

/** The whole network. */
export function mobileNetCost(spec: MobileNetSpec): DesignCost {
  return designCost(layersOf(spec));
}

/** One depthwise separable layer as the paper writes it. */
export interface SeparableLayer {
  /** Height and width of the window. */
  dk: number;
  /** Input channels. */
  m: number;
  /** Output channels. */
  n: number;
  /** Height and width of the output. */
  df: number;
}

/** The layer under the multipliers: int(alpha*M), int(alpha*N), and rho*Df rounded, as the paper does (0.714*14 is 10). */
export function scaledLayer({ dk, m, n, df }: SeparableLayer, alpha: number, rho: number): SeparableLayer {
  return { dk, m: scaled(alpha, m), n: scaled(alpha, n), df: Math.round(rho * df) };
}

/** Stride 1, as in the paper's formulas. */
export function separableLayers({ dk, m, n, df }: SeparableLayer): Layer[] {
  const inputShape = [df, df, m] as const;
  return [
    { name: 'depthwise', kind: 'depthwise', kernel: dk, stride: 1, inputShape, outputShape: inputShape },
    { name: 'pointwise', kind: 'pointwise', kernel: 1, stride: 1, inputShape, outputShape: [df, df, n] },
  ];
}
