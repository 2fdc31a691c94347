/** Effects: the strongest influence of a unit on others and of others on it. Pure. */

import type { LayerCard } from "../contract/manifest"
import type { Influence } from "../engine/api"

export interface Effect {
  readonly layer: LayerCard
  readonly unit: number
  readonly value: number
}

/**
 * By falling size, at most k, of one side. Sizes are in units of the affected unit, so forwards each layer has its
 * own scale: the outputs come first, then the nearest layer. Backwards all act on the same unit and are compared.
 */
export function effects(layers: readonly LayerCard[], own: LayerCard, influence: Influence, side: "forward" | "backward", k: number): Effect[] {
  const found = layers.filter((layer) => layer.name !== own.name && influence[side].has(layer.name))
  if (side === "backward") return strongest(found, influence.backward, k)
  const outputs = found.filter((layer) => layer.output)
  const [next] = found.filter((layer) => !layer.output).sort((one, other) => one.rank - other.rank)
  const first = strongest(outputs, influence.forward, next ? Math.ceil(k / 2) : k)
  return [...first, ...(next ? strongest([next], influence.forward, k - first.length) : [])]
}

function strongest(layers: readonly LayerCard[], values: ReadonlyMap<string, Float32Array>, k: number): Effect[] {
  const all: Effect[] = []
  for (const layer of layers) {
    values.get(layer.name)?.forEach((value, unit) => {
      if (value !== 0 && Number.isFinite(value)) all.push({ layer, unit, value })
    })
  }
  return all.sort((one, other) => Math.abs(other.value) - Math.abs(one.value)).slice(0, k)
}
