/** Ranked: the units by how they differ between A and B. Pure. */

import type { LayerCard } from "../contract/manifest"
import type { PairStats } from "../engine/api"
import { formatAddress } from "../state/address"
import { type Cell, csvOf, yesOrNo } from "../ui/csv"
import { LEAST_CHANCE, unitName } from "../ui/format"
import { sideText } from "./table"

export interface RankedUnit {
  readonly layer: LayerCard
  /** Of the layer in the network. */
  readonly place: number
  readonly unit: number
  readonly g: number
  readonly low: number
  readonly high: number
  readonly q: number
  readonly auroc: number
  readonly replicated: number
}

export type RankKey = "place" | "g" | "q" | "replicated"

/** Which units: of one layer, of all but the inputs, or of all. */
export type Which = { readonly layer: string } | "inner" | "all"

export function ranked(pair: PairStats, layers: readonly LayerCard[], which: Which, onlyReplicated: boolean): RankedUnit[] {
  const found: RankedUnit[] = []
  layers.forEach((layer, place) => {
    const stats = isWanted(layer, which) ? pair.layers.get(layer.name) : undefined
    if (!stats) return
    for (let unit = 0; unit < layer.units; unit++) {
      if (onlyReplicated && stats.replicated[unit] !== 1) continue
      const [g, low, high] = [stats.g[unit]!, stats.gLow[unit]!, stats.gHigh[unit]!]
      const [q, auroc, replicated] = [stats.q[unit]!, stats.auroc[unit]!, stats.replicated[unit]!]
      found.push({ layer, place, unit, g, low, high, q, auroc, replicated })
    }
  })
  return found
}

/** Sorted copy: g by its size, q smallest first, ties by the size of g, the network's order as it is; what is not known comes last either way. */
export function byRank(units: readonly RankedUnit[], key: RankKey, turned: boolean): RankedUnit[] {
  const value = (one: RankedUnit): number => (key === "g" ? -Math.abs(one.g) : key === "replicated" ? -one.replicated : one[key])
  return [...units].sort((one, other) => {
    const [x, y] = [value(one), value(other)]
    const lost = Number(Number.isNaN(x)) - Number(Number.isNaN(y))
    if (lost !== 0) return lost
    return (turned ? y - x : x - y) || (key === "place" ? 0 : size(other) - size(one)) || one.place - other.place || one.unit - other.unit
  })
}

/** Whether it was found again on the other half of the samples; else which of three reasons there is for not knowing. */
export function heldOut({ g, replicated }: RankedUnit, { unfinished, exact }: PairStats, grouped: boolean): string {
  if (!Number.isNaN(replicated)) return replicated === 1 ? "yes" : "not"
  if (unfinished) return "not yet"
  if (Number.isNaN(g)) return "–"
  return grouped && !exact ? "not judged" : "too few"
}

/** Why layers that were asked for are not in the list; empty when all are. */
export function unlisted(pair: PairStats, layers: readonly LayerCard[], which: Which): string {
  const missing = layers.filter((layer) => isWanted(layer, which) && !pair.layers.has(layer.name))
  if (missing.length === 0) return ""
  const [one] = missing
  const named = missing.length === 1 ? one!.label : `${one!.label} and ${missing.length - 1} more`
  return pair.unfinished ? `${named}: not computed yet.` : `${named}: ${pair.problems.get(one!.name) ?? "no activations were recorded."}`
}

const isWanted = (layer: LayerCard, which: Which): boolean => which === "all" || (which === "inner" ? layer.kind !== "input" : which.layer === layer.name)

function size({ g }: RankedUnit): number {
  return Number.isNaN(g) ? -1 : Math.abs(g)
}

/** As CSV, with who is compared and how the numbers came. */
export function rankedCsv(units: readonly RankedUnit[], pair: PairStats): string {
  const heading = ["address", "layer", "unit", "hedges_g", "g_low", "g_high", "q", "auroc", "replicated", "a", "b", "exact"]
  const [a, b, exact] = [sideText(pair.a), sideText(pair.b), pair.exact ? "yes" : "no"]
  const rows = units.map((one): Cell[] => [
    formatAddress(one.layer.name, one.unit),
    one.layer.label,
    unitName(one.layer, one.unit),
    one.g,
    one.low,
    one.high,
    one.q < LEAST_CHANCE ? `<${LEAST_CHANCE}` : one.q,
    one.auroc,
    yesOrNo(one.replicated),
    a,
    b,
    exact,
  ])
  return csvOf([heading, ...rows])
}
