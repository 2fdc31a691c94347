/** Colouring: the statistics of the groups as a colour and a mark for every unit. Pure. */

import { blendOklch, blendPurple, magnitude, signed } from "../colour/scales"
import type { LayerCard } from "../contract/manifest"
import type { GroupStats, LayerStats } from "../engine/api"
import type { Blend, ColourMode, Theme } from "../state/view"
import { DEAD, NEUTRAL, NONFINITE, type Paint, VALUE } from "./paint"
import type { Scene } from "./scene"

export interface Colouring {
  readonly mode: ColourMode
  readonly blend: Blend
  readonly theme: Theme
  /** Every sample; tells which units never fire. */
  readonly all: GroupStats | null
  /** The shown group, or both groups of a comparison. */
  readonly a: GroupStats | null
  readonly b: GroupStats | null
}

/** Value of a share `rank` (0..1) of the finite sizes, over both groups: the one scale that both are shown on. */
export function commonScale(values: readonly (Float32Array | undefined)[], rank: number): number {
  const sizes: number[] = []
  for (const list of values) if (list) for (const value of list) if (Number.isFinite(value)) sizes.push(Math.abs(value))
  if (sizes.length === 0) return 0
  sizes.sort((one, other) => one - other)
  const quantile = sizes[Math.min(sizes.length - 1, Math.floor(rank * sizes.length))]!
  return quantile > 0 ? quantile : sizes[sizes.length - 1]!
}

/** Colour and mark of every unit of every layer on the stage. */
export function paintOf(scene: Scene, cards: readonly LayerCard[], how: Colouring): Paint {
  const colour = new Int32Array(scene.count).fill(-1)
  const mark = new Uint8Array(scene.count).fill(NEUTRAL)
  const byName = new Map(cards.map((card) => [card.name, card]))
  for (const layer of scene.layers) {
    const card = byName.get(layer.name)
    if (!card) continue
    const own = paintOfLayer(card, how)
    colour.set(own.colour, layer.start)
    mark.set(own.mark, layer.start)
  }
  return { colour, mark }
}

/** Input features are neutral: their sizes are in their own units, not on the network's scale. */
export function paintOfLayer(card: LayerCard, how: Colouring): Paint {
  const all = how.all?.layers.get(card.name)
  const a = how.a?.layers.get(card.name)
  const b = how.b?.layers.get(card.name)
  const colourOf = card.kind === "input" || !a ? null : chooser(how, a, b)
  const colour = Int32Array.from({ length: card.units }, (_, unit) => colourOf?.(unit) ?? -1)
  return { colour, mark: Uint8Array.from(colour, (value, unit) => markOf(value, all ?? a, unit)) }
}

function markOf(colour: number, stats: LayerStats | undefined, unit: number): number {
  if (stats && stats.nonfinite[unit]! > 0) return NONFINITE
  if (colour < 0) return NEUTRAL
  if (stats && stats.n[unit]! > 0 && stats.meanAbs[unit] === 0) return DEAD
  return VALUE
}

function chooser(how: Colouring, a: LayerStats, b: LayerStats | undefined): (unit: number) => number {
  if (how.mode === "signed") {
    const domain = commonScale([a.mean, b?.mean], 0.995)
    return (unit) => signed(a.mean[unit]!, domain, how.theme)
  }
  const domain = commonScale([a.meanAbs, b?.meanAbs], 0.99)
  if (how.mode === "abs" || !b) return (unit) => magnitude(a.meanAbs[unit]!, domain, how.theme)
  const blend = how.blend === "purple" ? blendPurple : blendOklch
  return (unit) => {
    const [first, second] = sides(a.mean[unit]!, a.meanAbs[unit]!, b.mean[unit]!, b.meanAbs[unit]!)
    return blend(first, second, domain, how.theme)
  }
}

/**
 * What of a unit's activity belongs to either side: the positive part of its own group and the negative part of the
 * other. For values that are never negative these are the two means; a logit at +2 in A and -2 in B is A's alone.
 */
export function sides(meanA: number, absA: number, meanB: number, absB: number): readonly [number, number] {
  return [(absA + meanA) / 2 + (absB - meanB) / 2, (absB + meanB) / 2 + (absA - meanA) / 2]
}
