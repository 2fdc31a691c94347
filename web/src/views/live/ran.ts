/** Ran: the units of a run of the model as rows of a table. Pure. */

import type { LayerCard } from "../../contract/manifest"

export type Values = ReadonlyMap<string, Float32Array>

export interface RanUnit {
  readonly layer: LayerCard
  readonly place: number
  readonly unit: number
  readonly recorded: number
  readonly now: number
  readonly change: number
}

/** Every unit that is drawn; NaN where nothing is known of it. */
export function ranOf(layers: readonly LayerCard[], before: Values | undefined, now: Values | undefined): RanUnit[] {
  return layers.flatMap((layer, place) =>
    Array.from({ length: layer.units }, (_, unit) => {
      const [recorded, value] = [before, now].map((ran) => ran?.get(layer.name)?.[unit] ?? Number.NaN) as [number, number]
      return { layer, place, unit, recorded, now: value, change: value - recorded }
    }),
  )
}
