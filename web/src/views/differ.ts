/** Differ: the units whose answers differ most between the groups. Pure. */

import type { LayerCard } from "../contract/manifest"
import type { PairStats } from "../engine/api"

export interface Difference {
  readonly layer: LayerCard
  readonly unit: number
  readonly g: number
  readonly low: number
  readonly high: number
  readonly q: number
  /** 1: found again on the other half of the samples; 0: not; NaN: too few to say. */
  readonly replicated: number
}

/** By falling size of Hedges g, only where q < 0.05; input features are left out: they are data, not findings. */
export function mostDifferent(pair: PairStats, layers: readonly LayerCard[], k: number): Difference[] {
  const found: Difference[] = []
  for (const layer of layers) {
    const stats = layer.kind === "input" ? undefined : pair.layers.get(layer.name)
    if (!stats) continue
    for (let unit = 0; unit < layer.units; unit++) {
      const g = stats.g[unit]!
      const q = stats.q[unit]!
      if (Number.isFinite(g) && q < 0.05) found.push({ layer, unit, g, low: stats.gLow[unit]!, high: stats.gHigh[unit]!, q, replicated: stats.replicated[unit]! })
    }
  }
  return found.sort((one, other) => Math.abs(other.g) - Math.abs(one.g)).slice(0, k)
}
