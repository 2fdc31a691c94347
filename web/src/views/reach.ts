/** Reach: whom a unit acts on most, in the words of the tooltip. Pure. */

import type { LayerCard } from "../contract/manifest"
import type { Influence } from "../engine/api"
import { isNumber, unitName } from "../ui/format"

export interface Target {
  readonly unit: number
  readonly name: string
  readonly value: number
}

export interface Reach {
  /** Whether `next` acts on the unit: said of those that act on nothing themselves, as outputs. */
  readonly backwards: boolean
  /** The nearest later layer it acts on that is not an output, and its strongest units there. */
  readonly nextLayer: string
  readonly next: readonly Target[]
  readonly outputs: readonly Target[]
}

/** Up to two units each; null when nothing is known, or the unit neither acts nor is acted on. */
export function reach(layers: readonly LayerCard[], ref: { readonly layer: LayerCard }, influence: Influence | null): Reach | null {
  if (!influence) return null
  const later = layers
    .filter((layer) => influence.forward.has(layer.name) && layer.name !== ref.layer.name)
    .sort((one, other) => one.rank - other.rank)
  let next: readonly Target[] = []
  let nextLayer = ""
  for (const layer of later) {
    if (layer.output || next.length > 0) continue
    next = strongest(layer, influence.forward.get(layer.name)!)
    nextLayer = layer.label
  }
  const outputs = later.filter((layer) => layer.output).flatMap((layer) =>
    strongest(layer, influence.forward.get(layer.name)!).map((one) => ({ ...one, name: saidAlone(layer, one.name) })),
  )
  if (next.length > 0 || outputs.length > 0) return { backwards: false, nextLayer, next, outputs: outputs.slice(0, 2) }
  return actedOn(layers, ref, influence)
}

function actedOn(layers: readonly LayerCard[], ref: { readonly layer: LayerCard }, influence: Influence): Reach | null {
  const earlier = layers
    .filter((layer) => influence.backward.has(layer.name) && layer.name !== ref.layer.name)
    .sort((one, other) => other.rank - one.rank)
  for (const layer of earlier) {
    const next = strongest(layer, influence.backward.get(layer.name)!)
    if (next.length > 0) return { backwards: true, nextLayer: layer.label, next, outputs: [] }
  }
  return null
}

/** "8" alone could be anything; "fc2 · 8" is the output. */
function saidAlone(layer: LayerCard, name: string): string {
  return isNumber(name) ? `${layer.label} · ${name}` : name
}

function strongest(layer: LayerCard, values: Float32Array): Target[] {
  const units = [...values.keys()].filter((unit) => values[unit] !== 0 && Number.isFinite(values[unit]))
  units.sort((one, other) => Math.abs(values[other]!) - Math.abs(values[one]!) || one - other)
  return units.slice(0, 2).map((unit) => ({ unit, name: unitName(layer, unit), value: values[unit]! }))
}
