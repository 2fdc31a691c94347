/** Pairs: units of two layers and their partners, ranked and laid out. Pure. */

import type { LayerCard } from "../../contract/manifest"
import type { Result } from "../../engine/results"
import { formatAddress } from "../../state/address"
import { type Cell, csvOf, yesOrNo } from "../../ui/csv"
import { unitName } from "../../ui/format"

/** Numbers of a pair, under Python's names; NaN: not known. */
export const NUMBERS = [
  "correlation", "found", "heldout", "heldout_low", "heldout_high", "null", "q", "runner_up_heldout", "margin", "margin_low", "margin_high", "distinct", "replicated", "again", "mutual", "best_correlation",
  "mean", "other_mean", "level", "other_level", "level_change", "level_low", "level_high",
  "auroc", "other_auroc", "auroc_change", "auroc_low", "auroc_high",
] as const
/** Those of them that are 1 or 0. */
const TRUTHS: ReadonlySet<NumberName> = new Set(["distinct", "replicated", "again", "mutual"])
export type NumberName = (typeof NUMBERS)[number]

/** `unit` is -1 for a unit of the other layer that has no partner, `other` for one of this layer. */
export interface Pair {
  readonly unit: number
  readonly other: number
  readonly of: Readonly<Record<NumberName, number>>
  /** The address of the next best partner; empty for none. */
  readonly next: string
}

export type SortKey = "unit" | "other" | "heldout" | "auroc_change"

const UNKNOWN = Object.fromEntries(NUMBERS.map((name) => [name, Number.NaN])) as Record<NumberName, number>

/** Every unit of either layer once: pairs, then those of the first without a partner, then those of the other. */
export function pairsOf(found: Result): Pair[] {
  const addresses = found.coords["other_unit"] ?? []
  const places = new Map(addresses.map((address, place) => [address, place]))
  const partner = found.now("partner")
  const pairs = [...(partner?.data ?? [])].map((code, unit): Pair => {
    const of = { ...UNKNOWN }
    for (const name of NUMBERS) of[name] = found.now(name)?.data[unit] ?? Number.NaN
    const next = found.now("runner_up")
    return { unit, other: places.get(partner!.texts?.[code] ?? "") ?? -1, of, next: next?.texts?.[next.data[unit]!] ?? "" }
  })
  const taken = new Set(pairs.map(({ other }) => other))
  const left = addresses.flatMap((_, other) => (taken.has(other) ? [] : [{ unit: -1, other, of: UNKNOWN, next: "" }]))
  return [...pairs.filter(({ other }) => other >= 0), ...pairs.filter(({ other }) => other < 0), ...left]
}

/** Sorted copy: held-out correlation and size of a change from the largest, units as they are numbered; what is not known comes last. */
export function sorted(pairs: readonly Pair[], key: SortKey, turned: boolean): Pair[] {
  const value = ({ unit, other, of }: Pair): number => {
    if (key === "unit" || key === "other") return (key === "unit" ? unit : other) < 0 ? Number.NaN : key === "unit" ? unit : other
    if (other < 0) return Number.NaN
    if (key === "auroc_change") return -Math.abs(of.auroc_change)
    return -(Number.isNaN(of.heldout) ? of.correlation : of.heldout)
  }
  return [...pairs].sort((one, two) => {
    const [x, y] = [value(one), value(two)]
    const lost = Number(Number.isNaN(x)) - Number(Number.isNaN(y))
    return lost || (Number.isNaN(x) ? 0 : turned ? y - x : x - y)
  })
}

/** How a unit is drawn: whether its match was replicated, and for which side of the slice it is higher. */
export function kindOf({ unit, other, of }: Pair, auroc: number): string {
  const kind = unit < 0 || other < 0 ? "alone" : of.replicated === 1 ? "again" : "open"
  return kind + (auroc >= 0.6 ? " a" : auroc <= 0.4 ? " b" : "")
}

export type Spot = readonly [number, number]

/** The spots of both layers by how they are drawn; the other's units by their own AUROC. */
export function kindsOf(sides: readonly ReadonlyMap<Pair, Spot>[]): { readonly kind: string; readonly places: readonly Spot[] }[] {
  const kinds = new Map<string, Spot[]>()
  sides.forEach((side, other) => {
    for (const [pair, spot] of side) {
      const kind = kindOf(pair, other ? pair.of.other_auroc : pair.of.auroc)
      const places = kinds.get(kind)
      if (places) places.push(spot)
      else kinds.set(kind, [spot])
    }
  })
  return [...kinds].map(([kind, places]) => ({ kind, places }))
}

/** Where the units of a layer stand: in columns from the middle outwards, downwards in each; `gap` apart. */
export function spots(count: number, rows: number, gap: number, middle: number, side: -1 | 1): Spot[] {
  return Array.from({ length: count }, (_, at) => [middle + side * Math.floor(at / rows) * gap, ((at % rows) + 0.5) * gap] as const)
}

/** The largest gap at which so many units fit into a block: in one column, where they can be told apart in it. */
export function gapFor(count: number, width: number, height: number): number {
  if (height / Math.max(1, count) >= 10) return Math.min(26, height / Math.max(1, count))
  let gap = Math.min(14, Math.max(4, Math.sqrt((width * height) / Math.max(1, count))))
  while (gap > 4 && Math.ceil(count / Math.max(1, Math.floor(height / gap))) * gap > width) gap -= 0.5
  return gap
}

/** As CSV: who, and every number. */
export function pairsCsv(pairs: readonly Pair[], layers: readonly [LayerCard, LayerCard], names: readonly [string, string], slice: string): string {
  const who = (card: LayerCard, unit: number): Cell[] => (unit < 0 ? ["", ""] : [formatAddress(card.name, unit), unitName(card, unit)])
  const rows = pairs.map(({ unit, other, of }) => [...who(layers[0], unit), ...who(layers[1], other), ...NUMBERS.map((name) => (TRUTHS.has(name) ? yesOrNo(of[name]) : of[name])), ...names, slice])
  return csvOf([["unit", "name", "partner", "partner_name", ...NUMBERS, "recording", "other", "slice"], ...rows])
}
