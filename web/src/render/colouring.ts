/** Colouring: the statistics of the groups as a colour and a mark for every unit. Pure. */

import { blendOklch, blendPurple, magnitude, signed } from "../colour/scales"
import type { LayerCard } from "../contract/manifest"
import type { GroupStats, LayerStats } from "../engine/api"
import type { Result } from "../engine/results"
import { membersOf, type Slots } from "../layout/slots"
import type { Blend, ColourMode, Theme } from "../state/view"
import { Classes, healthLook, type Look, mostOf, perSlot } from "./known"
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
  /** `a` is a single sample: its values are shown on the scale of all samples, the same for each of them. */
  readonly one?: boolean
  /** What analyses know of the units; null when the page does not carry it, or has not read it yet. */
  readonly health?: Result | null
  readonly selectivity?: Result | null
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

/** Colour and mark of every slot of every layer on the stage. */
export function paintOf(scene: Scene, cards: readonly LayerCard[], how: Colouring): Paint {
  const colour = new Int32Array(scene.count).fill(-1)
  const mark = new Uint8Array(scene.count).fill(NEUTRAL)
  const notch = how.mode === "selectivity" ? new Uint8Array(scene.count) : null
  const peak = scene.layers.some((layer) => layer.slots) && how.mode === "abs" ? new Int32Array(scene.count).fill(-1) : null
  const byName = new Map(cards.map((card) => [card.name, card]))
  const look = looks(how)
  for (const layer of scene.layers) {
    const card = byName.get(layer.name)
    if (!card) continue
    const own = paintOfLayer(card, how, layer.slots, look)
    colour.set(own.colour, layer.start)
    mark.set(own.mark, layer.start)
    if (own.notch) notch?.set(own.notch, layer.start)
    if (own.peak) peak?.set(own.peak, layer.start)
  }
  return { colour, mark, notch, peak }
}

type Looks = (layer: string, slots: Slots | null, slot: number) => Look

/** What a slot of a layer looks like by an analysis; null in the colours of statistics. */
function looks(how: Colouring): Looks | null {
  const { health, selectivity, theme } = how
  if (how.mode !== "health" && how.mode !== "selectivity") return null
  if (how.mode === "health") {
    return (layer, slots, slot) => healthLook(mostOf(slots, slot, (unit) => health?.textOf("status", layer, unit) ?? ""), theme)
  }
  const classes = selectivity ? new Classes(selectivity, theme) : null
  return (layer, slots, slot) => {
    if (!selectivity || !classes) return { colour: -1, mark: NEUTRAL, notch: 0 }
    const best = mostOf(slots, slot, (unit) => selectivity.textOf("best", layer, unit))
    const of = membersOf(slots, slot).filter((unit) => selectivity.textOf("best", layer, unit) === best)
    const mean = (name: string): number => of.reduce((sum, unit) => sum + selectivity.of(name, layer, unit), 0) / of.length
    return classes.look(best, mean("best_auroc"), mean("replicated") >= 0.5, theme)
  }
}

/** Input features are neutral: their sizes are in their own units, not on the network's scale. */
export function paintOfLayer(card: LayerCard, how: Colouring, slots: Slots | null = null, look: Looks | null = looks(how)): Paint {
  if (look) {
    const all = Array.from({ length: slots?.count ?? card.units }, (_, slot) => look(card.name, slots, slot))
    return { colour: Int32Array.from(all, (one) => one.colour), mark: Uint8Array.from(all, (one) => one.mark), notch: Uint8Array.from(all, (one) => one.notch), peak: null }
  }
  const all = how.all?.layers.get(card.name)
  const a = how.a?.layers.get(card.name)
  const b = how.b?.layers.get(card.name)
  const usual = how.one && all ? usualSizes(all) : undefined
  const colourOf = card.kind === "input" || !a ? null : chooser(how, a, b, null, usual)
  if (!slots) {
    const colour = Int32Array.from({ length: card.units }, (_, unit) => colourOf?.(unit) ?? -1)
    return { colour, mark: Uint8Array.from(colour, (value, unit) => markOf(value, all ?? a, unit)), notch: null, peak: null }
  }
  const ofMean = colourOf && a ? chooser(how, a, b, slots, usual) : null
  const colour = Int32Array.from({ length: slots.count }, (_, slot) => ofMean?.(slot) ?? -1)
  const mark = Uint8Array.from(colour, (value, slot) => {
    const marks = [...membersOf(slots, slot)].map((unit) => markOf(value, all ?? a, unit))
    return marks.every((one) => one === DEAD) ? DEAD : marks.includes(NONFINITE) ? NONFINITE : value < 0 ? NEUTRAL : VALUE
  })
  const peak = Int32Array.from({ length: slots.count }, (_, slot) => {
    const members = membersOf(slots, slot)
    if (members.length < 2 || !a || !colourOf) return -1
    return colourOf(members.reduce((most, unit) => (a.meanAbs[unit]! > a.meanAbs[most]! ? unit : most), members[0]!))
  })
  return { colour, mark, notch: null, peak }
}

function markOf(colour: number, stats: LayerStats | undefined, unit: number): number {
  if (stats && stats.nonfinite[unit]! > 0) return NONFINITE
  if (colour < 0) return NEUTRAL
  if (stats && stats.n[unit]! > 0 && stats.meanAbs[unit] === 0) return DEAD
  return VALUE
}

/** How large values of each unit usually are at most: two standard deviations beyond the mean. */
function usualSizes({ mean, sd }: LayerStats): Float32Array {
  return mean.map((value, unit) => Math.abs(value) + 2 * sd[unit]!)
}

/** The scale is that of the units, also where groups of them are drawn. */
function chooser(how: Colouring, a: LayerStats, b: LayerStats | undefined, slots: Slots | null, usual?: Float32Array): (slot: number) => number {
  const [meanA, absA] = [perSlot(a.mean, slots), perSlot(a.meanAbs, slots)]
  if (how.mode === "signed") {
    const domain = commonScale(usual ? [usual] : [a.mean, b?.mean], usual ? 0.9 : 0.995)
    return (slot) => signed(meanA[slot]!, domain, how.theme)
  }
  const domain = commonScale([a.meanAbs, b?.meanAbs], 0.99)
  if (how.mode === "abs" || !b) return (slot) => magnitude(absA[slot]!, domain, how.theme)
  const [meanB, absB] = [perSlot(b.mean, slots), perSlot(b.meanAbs, slots)]
  const blend = how.blend === "purple" ? blendPurple : blendOklch
  return (slot) => {
    const [first, second] = sides(meanA[slot]!, absA[slot]!, meanB[slot]!, absB[slot]!)
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
