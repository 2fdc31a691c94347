/** Order: which unit of a layer stands where, by what is known of the units. Pure. */

import type { LayerCard } from "../contract/manifest"
import type { GroupStats, PairStats } from "../engine/api"
import type { Result } from "../engine/results"
import type { OrderMode } from "../state/view"

export interface OrderSources {
  /** The shown group. */
  readonly group: GroupStats | null
  readonly pair: PairStats | null
  /** By the label: `best`, `best_auroc`. */
  readonly selectivity: Result | null
  /** The order Result that was asked for. */
  readonly order: Result | null
}

/** Drawn order by layer; a layer that is not named keeps the model's. Inputs and outputs always keep theirs. */
export type Orders = ReadonlyMap<string, ArrayLike<number>>

export interface Crossings {
  readonly before: number
  readonly after: number
  readonly random: number
}

export const PERMUTATION = "permutation\t"

export function ordersOf(mode: OrderMode, cards: readonly LayerCard[], from: OrderSources): Orders {
  if (mode === "index") return new Map()
  return new Map(
    cards.flatMap((card) => {
      const order = mode === "crossings" || mode === "together" ? shipped(card, from.order) : moved(mode, card, from)
      return order ? [[card.name, order] as const] : []
    }),
  )
}

function shipped(card: LayerCard, result: Result | null): ArrayLike<number> | null {
  const order = result?.now(PERMUTATION + card.name)?.data
  return order && isOrder(order, card.units) ? order : null
}

/** Whether every unit is named once: a damaged order must not hide one. */
function isOrder(order: ArrayLike<number>, units: number): boolean {
  const seen = new Uint8Array(units)
  for (let place = 0; place < order.length; place++) seen[order[place]!] = 1
  return order.length === units && !seen.includes(0)
}

function moved(mode: OrderMode, card: LayerCard, from: OrderSources): ArrayLike<number> | null {
  if (card.kind === "input" || card.output) return null
  const stats = from.group?.layers.get(card.name)
  if (mode === "rate") return stats ? falling(stats.firingRate) : null
  if (mode === "mean") return stats ? falling(stats.mean) : null
  if (from.pair) {
    const preferred = from.pair.layers.get(card.name)?.auroc
    return preferred ? falling(preferred) : null
  }
  return byClass(card, from.selectivity)
}

/** The highest first; what is no number comes last, in the model's order. */
function falling(values: ArrayLike<number>): Uint32Array {
  const value = (unit: number): number => (Number.isNaN(values[unit]) ? -Infinity : values[unit]!)
  return Uint32Array.from({ length: values.length }, (_, unit) => unit).sort((one, other) => value(other) - value(one) || one - other)
}

/** Two classes: from one to the other; more: class by class, the strongest first. */
function byClass(card: LayerCard, result: Result | null): Uint32Array | null {
  const best = result?.part("best", card.name)
  const auroc = result?.part("best_auroc", card.name)
  const texts = result?.now("best")?.texts
  if (!best || !auroc || !texts) return null
  const two = texts.filter((text) => text !== "").length === 2
  const last = texts.findLastIndex((text) => text !== "")
  const strength = Float64Array.from(auroc, (share, unit) => {
    const strong = Math.abs(share - 0.5)
    return two ? (best[unit] === last ? -1 : 1) * (share - 0.5) : 2 * (texts.length - best[unit]!) + strong
  })
  return falling(strength)
}

/** Weighted crossings as the Result counted them; null where there are none to count. */
export function crossingsOf(result: Result | null): Crossings | null {
  if (!result) return null
  const [before, after, random] = ["before", "after", "random"].map((when) => result.number(`crossings_${when}`)) as [number, number, number]
  return Number.isFinite(before) ? { before, after, random } : null
}

/** Why an order cannot be had; null when it can. */
export function whyNot(mode: OrderMode, has: { readonly shipped: boolean; readonly comparing: boolean; readonly selectivity: boolean }): string | null {
  if ((mode === "crossings" || mode === "together") && !has.shipped) return "This page was made without this order"
  if (mode === "class" && !has.comparing && !has.selectivity) return "Set a group A or B first: this page knows no classes"
  return null
}
